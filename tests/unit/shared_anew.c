/* SPDX-License-Identifier: MIT */
/* Rings whose positions are of no use any more: damaged, or used up. Locking out begins them anew. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "shared_stop.h"

static const uint64_t UNIT = 65536;
/* Nobody has written so much; and above it as much again can be. */
static const uint64_t ANEW_FROM = (uint64_t)1 << 61, ANEW_TO = (uint64_t)1 << 62;

struct damage {
	uint64_t at[2], value[2];
};
static const struct damage damages[] = {
	{{AT_INTENT, AT_HEAD}, {UINT64_MAX, UINT64_MAX}},
	{{AT_INTENT, AT_HEAD}, {1, 1}}, /* below what was seen */
	{{AT_HEAD, AT_HEAD}, {0, (uint64_t)1 << 40}},
	{{AT_INTENT, AT_INTENT}, {0, (uint64_t)1 << 62}},
	{{AT_FLOOR, AT_TAIL}, {(uint64_t)1 << 50, (uint64_t)1 << 50}},
};
#define N_DAMAGES (sizeof(damages) / sizeof(damages[0]))

/* To the header of a ring that was never moved. */
static void do_damage(int fd, const struct damage *damage)
{
	for (size_t i = 0; i < 2; i++)
		file_put64(fd, damage->at[i], damage->value[i]);
}

static int call_append(struct vmap_shared *ring, void *arg)
{
	return (int)ring_append(ring, *(size_t *)arg);
}

/* @ring is empty, somewhere new; it and @other, which finds it there, go on. */
static void expect_anew(struct vmap_shared *ring, struct vmap_shared *other)
{
	struct vmap_shared_state state = ring_state(ring);
	cr_expect(eq(u64, state.tail, state.head));
	cr_expect(eq(u64, state.floor, state.head));
	cr_expect(ge(u64, state.head, ANEW_FROM));
	cr_expect(lt(u64, state.head, ANEW_TO));
	cr_expect(eq(int, (int)ring_append(other, 1), -ESTALE));
	cr_assert(eq(int, vmap_shared_reattach(other), 0));
	cr_expect(eq(int, (int)ring_append(other, 3000), 3000));
	cr_expect(eq(int, (int)ring_append(ring, 1000), 1000));
	cr_expect(eq(u64, ring_state(other).head, state.head + 4000));
	cr_expect(ring_is_whole(ring));
	cr_expect(ring_is_whole(other));
}

Test(shared_anew, is_how_a_damaged_ring_goes_on_whoever_has_its_lock)
{
	const enum vmap_ring_policy policies[] = {VMAP_RING_OVERWRITE, VMAP_RING_BOUNDED};
	for (size_t i = 0; i < 2 * N_DAMAGES; i++) {
		int fd = ring_fd_with(UNIT, 0, policies[i % 2]);
		struct vmap_shared *writer = ring_map(fd), *server = ring_map(fd), *other = ring_map(fd);
		MUST(ring_append(server, 5000) == 5000);
		struct stopped stopped;
		size_t len = 700;
		stop_at(&stopped, SHARED_FAULT_INTENT, call_append, writer, &len);
		do_damage(fd, &damages[i / 2]);
		cr_assert(eq(int, vmap_shared_revoke(server), 0), "damage %zu", i / 2);
		cr_expect(eq(int, go_on(&stopped), -ESTALE));
		expect_anew(server, other);
		vmap_shared_close(writer);
		vmap_shared_close(server);
		vmap_shared_close(other);
		close(fd);
	}
}

/* In place, who is in the middle of a copy would not notice. */
Test(shared_anew, is_not_what_a_clear_does)
{
	for (size_t i = 0; i < N_DAMAGES; i++) {
		int fd = ring_fd(UNIT, 0);
		struct vmap_shared *ring = ring_map(fd), *other = ring_map(fd);
		MUST(ring_append(ring, 5000) == 5000);
		do_damage(fd, &damages[i]);
		cr_expect(eq(int, vmap_shared_clear(ring), -EBADMSG));
		cr_expect(eq(int, vmap_shared_reshape(ring, 2 * UNIT, VMAP_RING_OVERWRITE), -EBADMSG));
		cr_assert(eq(int, vmap_shared_revoke(ring), 0));
		expect_anew(ring, other);
		vmap_shared_close(ring);
		vmap_shared_close(other);
		close(fd);
	}
}

Test(shared_anew, a_readers_cursor_is_overrun_and_nothing_is_called_lost)
{
	int fd = ring_fd(UNIT, 0);
	struct vmap_shared *ring = ring_map(fd), *reader = ring_map(fd);
	MUST(ring_append(ring, 5000) == 5000);
	do_damage(fd, &damages[0]);
	uint64_t cursor = 4000;
	char bytes[100];
	cr_expect(eq(int, (int)vmap_shared_read(reader, &cursor, bytes, sizeof(bytes)), -EBADMSG));
	cr_assert(eq(int, vmap_shared_revoke(ring), 0));
	MUST(vmap_shared_append(ring, "anew", 4) == 4);
	cr_expect(eq(int, (int)vmap_shared_read(reader, &cursor, bytes, sizeof(bytes)), -ESTALE));
	cr_assert(eq(int, vmap_shared_reattach(reader), 0));
	cr_expect(eq(int, (int)vmap_shared_read(reader, &cursor, bytes, sizeof(bytes)), -EPIPE));
	cr_expect(eq(u64, vmap_shared_lost_between(reader, 4000, cursor), 0));
	cr_expect(eq(int, (int)vmap_shared_read(reader, &cursor, bytes, sizeof(bytes)), 4));
	cr_expect(memcmp(bytes, "anew", 4) == 0);
	uint64_t beyond = VMAP_SHARED_POSITION_MAX - 5; /* where it was before the ring began anew */
	cr_expect(eq(int, (int)vmap_shared_read(reader, &beyond, bytes, sizeof(bytes)), -ERANGE));
	vmap_shared_close(ring);
	vmap_shared_close(reader);
	close(fd);
}

Test(shared_anew, is_how_used_up_positions_end_once_nothing_is_there)
{
	const enum vmap_ring_policy policies[] = {VMAP_RING_OVERWRITE, VMAP_RING_BOUNDED};
	for (size_t i = 0; i < 2; i++) {
		int fd = ring_fd_with(UNIT, VMAP_SHARED_POSITION_MAX - 1000, policies[i]);
		struct vmap_shared *ring = ring_map(fd), *other = ring_map(fd);
		MUST(ring_append(ring, 900) == 900);
		cr_assert(eq(int, vmap_shared_revoke(ring), 0));
		cr_expect(eq(u64, ring_state(ring).head, VMAP_SHARED_POSITION_MAX - 100)); /* what can be read stays */
		cr_expect(ring_is_whole(ring));
		cr_expect(eq(int, (int)ring_append(ring, 101), -EFBIG));
		cr_assert(eq(int, vmap_shared_clear(ring), 0));
		cr_assert(eq(int, vmap_shared_revoke(ring), 0));
		expect_anew(ring, other);
		vmap_shared_close(ring);
		vmap_shared_close(other);
		close(fd);
	}
}

/* Nobody else can open it then. */
Test(shared_anew, a_damaged_ring_is_opened_by_its_server_for_that)
{
	for (size_t i = 0; i < N_DAMAGES; i++) {
		int fd = ring_fd_with(UNIT, 0, VMAP_RING_BOUNDED);
		struct vmap_shared *ring = ring_map(fd), *none = NULL;
		MUST(ring_append(ring, 5000) == 5000);
		vmap_shared_close(ring);
		do_damage(fd, &damages[i]);
		if (i != 1) /* nobody has seen more than is there */
			cr_expect(eq(int, vmap_shared_open(fd, &none), -EBADMSG));
		cr_assert(eq(int, vmap_shared_open_serve(fd, &ring), 0));
		if (i != 1)
			cr_expect(eq(int, (int)ring_append(ring, 1), -EBADMSG));
		cr_assert(eq(int, vmap_shared_revoke(ring), 0));
		cr_expect(eq(int, (int)ring_append(ring, 1000), 1000));
		cr_expect(ring_is_whole(ring));
		cr_assert(eq(int, vmap_shared_open(fd, &none), 0));
		vmap_shared_close(none);
		vmap_shared_close(ring);
		close(fd);
	}
}
