/* SPDX-License-Identifier: MIT */
/*
 * Locking out a writer that has stopped with the lock, when that writer, and others, go on at the worst moment; and
 * changes of the geometry line by two at once.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <sys/resource.h>

#include "shared_stop.h"

static const uint64_t UNIT = 65536;
static const enum vmap_ring_policy OVERWRITE = VMAP_RING_OVERWRITE, BOUNDED = VMAP_RING_BOUNDED;

static int call_append(struct vmap_shared *ring, void *arg)
{
	return (int)ring_append(ring, *(size_t *)arg);
}

static int call_clear(struct vmap_shared *ring, void *arg)
{
	(void)arg;
	return vmap_shared_clear(ring);
}

static int call_append_within(struct vmap_shared *ring, void *arg)
{
	return (int)vmap_shared_append_within(ring, "x", 1, *(uint64_t *)arg);
}

static int call_revoke(struct vmap_shared *ring, void *arg)
{
	(void)arg;
	return vmap_shared_revoke(ring);
}

static int call_reshape(struct vmap_shared *ring, void *arg)
{
	return vmap_shared_reshape(ring, *(uint64_t *)arg, OVERWRITE);
}

static int call_set_attributes(struct vmap_shared *ring, void *arg)
{
	return vmap_shared_set_attributes(ring, *(uint64_t *)arg);
}

static int call_wait(struct vmap_shared *ring, void *arg)
{
	return vmap_shared_wait(ring, *(uint64_t *)arg, -1);
}

/* A ring with a window of @held bytes, and handles of three who use it. */
struct trio {
	int fd;
	struct vmap_shared *writer, *server, *other;
};

static struct trio trio_open(uint64_t capacity, enum vmap_ring_policy policy, size_t held)
{
	struct trio trio = {.fd = ring_fd_with(capacity, 0, policy)};
	trio.writer = ring_map(trio.fd);
	trio.server = ring_map(trio.fd);
	trio.other = ring_map(trio.fd);
	MUST(ring_append(trio.writer, held) == (ssize_t)held);
	return trio;
}

static void trio_close(struct trio *trio)
{
	vmap_shared_close(trio->writer);
	vmap_shared_close(trio->server);
	vmap_shared_close(trio->other);
	close(trio->fd);
}

/* All three find the same whole ring, and can append to it. */
static void expect_one_ring(struct trio *trio)
{
	struct vmap_shared *rings[] = {trio->writer, trio->server, trio->other};
	for (size_t i = 0; i < 3; i++)
		cr_assert(eq(int, vmap_shared_reattach(rings[i]), 0));
	for (size_t i = 0; i < 3; i++)
		cr_assert(eq(int, (int)ring_append(rings[i], 100 + i), (int)(100 + i)));
	struct vmap_shared_state state = ring_state(trio->writer);
	for (size_t i = 0; i < 3; i++) {
		struct vmap_shared_state same = ring_state(rings[i]);
		cr_expect(states_equal(&state, &same));
		cr_expect(ring_is_whole(rings[i]));
	}
}

Test(shared_lock_out, tells_the_writer_that_goes_on_meanwhile)
{
	const enum shared_fault points[] = {SHARED_FAULT_FOUND, SHARED_FAULT_DATA_COPIED, SHARED_FAULT_DATA_MOVED,
					    SHARED_FAULT_SYNCED, SHARED_FAULT_SWITCHED};
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		struct trio trio = trio_open(UNIT, OVERWRITE, 5000);
		struct stopped writer, server;
		size_t len = 700;
		stop_at(&writer, SHARED_FAULT_PREPARED, call_append, trio.writer, &len);
		stop_at(&server, points[i], call_revoke, trio.server, NULL);
		cr_expect(eq(int, go_on(&writer), -ESTALE));
		cr_expect(eq(int, go_on(&server), 0));
		cr_expect(eq(u64, ring_state(trio.server).head, 5000));
		expect_one_ring(&trio);
		trio_close(&trio);
	}
}

/* It has the lock of the old part for as long as it is stopped. */
Test(shared_lock_out, is_told_to_those_behind_the_writer)
{
	struct trio trio = trio_open(UNIT, OVERWRITE, 5000);
	struct stopped writer;
	size_t len = 700;
	stop_at(&writer, SHARED_FAULT_PREPARED, call_append, trio.writer, &len);
	cr_expect(eq(int, (int)vmap_shared_append_within(trio.other, "x", 1, 0), -EBUSY));
	cr_expect(eq(int, vmap_shared_revoke(trio.server), 0));
	cr_expect(eq(int, (int)vmap_shared_append_within(trio.other, "x", 1, 0), -ESTALE));
	cr_expect(eq(int, go_on(&writer), -ESTALE));
	expect_one_ring(&trio);
	trio_close(&trio);
}

Test(shared_end, is_told_to_those_behind_a_writer_that_has_stopped)
{
	struct trio trio = trio_open(UNIT, OVERWRITE, 5000);
	struct stopped writer;
	size_t len = 700;
	cr_assert(eq(int, vmap_shared_serve(trio.server), 0));
	stop_at(&writer, SHARED_FAULT_PREPARED, call_append, trio.writer, &len);
	vmap_shared_end(trio.server, true);
	cr_expect(eq(int, (int)vmap_shared_append_within(trio.other, "x", 1, 0), -EIDRM));
	cr_expect(eq(int, go_on(&writer), 700));
	trio_close(&trio);
}

/* The pages of the old part were given back, and what is there looks like damage. */
Test(shared_lock_out, is_not_taken_for_damage)
{
	struct trio trio = trio_open(UNIT, OVERWRITE, 5000);
	MUST(vmap_shared_reshape(trio.server, 2 * UNIT, OVERWRITE) == 0); /* out of the first unit, which stays */
	for (size_t i = 0; i < 2; i++)
		MUST(vmap_shared_reattach(i == 0 ? trio.writer : trio.other) == 0);
	struct stopped writer;
	size_t len = 700;
	stop_at(&writer, SHARED_FAULT_CHECKED, call_append, trio.writer, &len);
	cr_expect(eq(int, vmap_shared_revoke(trio.server), 0));
	cr_expect(eq(int, go_on(&writer), -ESTALE));
	expect_one_ring(&trio);
	trio_close(&trio);
}

Test(shared_lock_out, keeps_what_was_published_before_it_began)
{
	struct trio trio = trio_open(UNIT, OVERWRITE, 5000);
	struct stopped writer;
	size_t len = 700;
	stop_at(&writer, SHARED_FAULT_HEAD, call_append, trio.writer, &len);
	cr_expect(eq(int, vmap_shared_revoke(trio.server), 0));
	cr_expect(eq(int, go_on(&writer), -ESTALE));
	cr_expect(eq(u64, ring_state(trio.server).head, 5700));
	expect_one_ring(&trio);
	trio_close(&trio);
}

/* The lock is free when the writer has gone on, but what is appended now would not be in the ring. */
Test(shared_lock_out, keeps_others_out_until_it_is_done)
{
	struct trio trio = trio_open(UNIT, OVERWRITE, 5000);
	struct stopped writer, server;
	size_t len = 700;
	stop_at(&writer, SHARED_FAULT_PREPARED, call_append, trio.writer, &len);
	stop_at(&server, SHARED_FAULT_DATA_MOVED, call_revoke, trio.server, NULL);
	cr_expect(eq(int, go_on(&writer), -ESTALE));
	uint8_t byte = 'x';
	cr_expect(eq(int, (int)vmap_shared_append_within(trio.other, &byte, 1, 0), -EBUSY));
	cr_expect(eq(int, (int)vmap_shared_append_within(trio.other, &byte, 1, 20000000), -EBUSY));
	struct vmap_shared *opened = ring_map(trio.fd);
	vmap_shared_close(opened);
	cr_expect(eq(int, go_on(&server), 0));
	cr_expect(eq(int, (int)vmap_shared_append(trio.other, &byte, 1), -ESTALE));
	expect_one_ring(&trio);
	trio_close(&trio);
}

Test(shared_lock_out, keeps_consumers_out_until_it_is_done)
{
	struct trio trio = trio_open(UNIT, BOUNDED, 5000);
	struct stopped writer, server;
	size_t len = 700;
	stop_at(&writer, SHARED_FAULT_PREPARED, call_append, trio.writer, &len);
	stop_at(&server, SHARED_FAULT_DATA_MOVED, call_revoke, trio.server, NULL);
	cr_expect(eq(int, go_on(&writer), -ESTALE));
	cr_expect(eq(int, vmap_shared_wait_writer(trio.other, 0), -EBUSY));
	cr_expect(eq(int, vmap_shared_consume(trio.other, 0, 1000), -EBUSY));
	cr_expect(eq(int, go_on(&server), 0));
	cr_expect(eq(int, vmap_shared_consume(trio.other, 0, 1000), -ESTALE));
	cr_assert(eq(int, vmap_shared_reattach(trio.other), 0));
	cr_expect(eq(int, vmap_shared_consume(trio.other, 0, 1000), 0));
	expect_one_ring(&trio);
	trio_close(&trio);
}

/* Its clear comes too late, and must not let consumers in where nothing is consumed any more. */
Test(shared_lock_out, keeps_consumers_out_although_the_writer_clears)
{
	struct trio trio = trio_open(UNIT, BOUNDED, 5000);
	struct stopped writer, server;
	stop_at(&writer, SHARED_FAULT_CHECKED, call_clear, trio.writer, NULL);
	stop_at(&server, SHARED_FAULT_DATA_MOVED, call_revoke, trio.server, NULL);
	cr_expect(eq(int, go_on(&writer), -ESTALE));
	cr_expect(eq(int, vmap_shared_consume(trio.other, 5000, 0), -EBUSY));
	cr_expect(eq(int, go_on(&server), 0));
	cr_expect(eq(int, vmap_shared_consume(trio.other, 5000, 0), -ESTALE));
	cr_expect(eq(u64, ring_state(trio.server).tail, 0));
	expect_one_ring(&trio);
	trio_close(&trio);
}

/* The lock is had, but not the shape; and then somebody else has the lock and stops with that. */
Test(shared_lock_out, that_lasts_ends_a_writers_patience)
{
	struct trio trio = trio_open(UNIT, OVERWRITE, 5000);
	struct vmap_shared *fourth = ring_map(trio.fd);
	struct stopped writer, server, last, other;
	size_t len = 700;
	uint64_t patience = 300000000, hours = 36000000000000;
	stop_at(&writer, SHARED_FAULT_PREPARED, call_append, trio.writer, &len);
	stop_at(&server, SHARED_FAULT_DATA_MOVED, call_revoke, trio.server, NULL);
	cr_expect(eq(int, go_on(&writer), -ESTALE));
	stop_at(&other, SHARED_FAULT_LOCKED, call_append_within, trio.other, &patience);
	sem_post(&other.go); /* from here on it tries again and again */
	stop_at(&last, SHARED_FAULT_LOCKED, call_append_within, fourth, &hours);
	cr_expect(eq(int, go_on(&other), -EBUSY));
	cr_expect(eq(int, go_on(&server), 0));
	cr_expect(eq(int, go_on(&last), -ESTALE));
	vmap_shared_close(fourth);
	expect_one_ring(&trio);
	trio_close(&trio);
}

/* The ring is full: what the writer stores when it goes on is in place of what is being copied. */
Test(shared_lock_out, does_not_keep_what_the_writer_overwrites_meanwhile)
{
	struct trio trio = trio_open(UNIT, OVERWRITE, 3 * UNIT);
	struct stopped writer, server;
	size_t len = 30000;
	stop_at(&writer, SHARED_FAULT_PREPARED, call_append, trio.writer, &len);
	stop_at(&server, SHARED_FAULT_FOUND, call_revoke, trio.server, NULL);
	cr_expect(eq(int, go_on(&writer), -ESTALE));
	cr_expect(eq(int, go_on(&server), 0));
	cr_expect(eq(u64, ring_state(trio.server).head, 3 * UNIT));
	cr_expect(eq(u64, ring_state(trio.server).tail, 2 * UNIT + len));
	expect_one_ring(&trio);
	trio_close(&trio);
}

Test(shared_lock_out, does_not_see_what_the_writer_stores_later)
{
	struct trio trio = trio_open(UNIT, OVERWRITE, 3 * UNIT);
	struct stopped writer;
	size_t len = 30000;
	stop_at(&writer, SHARED_FAULT_HALF_COPIED, call_append, trio.writer, &len);
	cr_expect(eq(int, vmap_shared_revoke(trio.server), 0));
	MUST(ring_append(trio.server, 12345) == 12345);
	struct vmap_shared_state before = ring_state(trio.server);
	cr_expect(eq(int, go_on(&writer), -ESTALE));
	struct vmap_shared_state after = ring_state(trio.server);
	cr_expect(states_equal(&before, &after));
	cr_expect(ring_is_whole(trio.server));
	expect_one_ring(&trio);
	trio_close(&trio);
}

/* Its late write(2) would bring the place back that everybody has left. */
Test(shared_lock_out, of_who_replaces_the_geometry_is_ebusy)
{
	struct trio trio = trio_open(UNIT, OVERWRITE, 5000);
	struct stopped writer;
	uint64_t attributes = 7;
	stop_at(&writer, SHARED_FAULT_ATTRIBUTES, call_set_attributes, trio.writer, &attributes);
	cr_expect(eq(int, vmap_shared_revoke(trio.server), -EBUSY));
	cr_expect(eq(int, vmap_shared_reshape(trio.other, 3 * UNIT, OVERWRITE), -EBUSY));
	cr_expect(eq(int, go_on(&writer), 0));
	cr_expect(eq(u64, vmap_shared_attributes(trio.writer), 7));
	cr_expect(eq(int, vmap_shared_revoke(trio.server), 0));
	expect_one_ring(&trio);
	trio_close(&trio);
}

/* A lock for reading, which whoever can only read the file can have: it keeps the server out no more than it lets others in. */
Test(shared_lock_out, by_the_server_is_not_disturbed_by_readers)
{
	const uint64_t shape_byte = ((uint64_t)1 << 40) + 64;
	struct trio trio = trio_open(UNIT, OVERWRITE, 5000);
	vmap_shared_close(trio.server);
	MUST(vmap_shared_open_serve(trio.fd, &trio.server) == 0);
	char path[32];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", trio.fd);
	int reader = open(path, O_RDONLY | O_CLOEXEC);
	MUST(reader >= 0 && vmap_os_byte_lock_beside_readers(reader, shape_byte) == 0);
	struct stopped writer, server;
	size_t len = 700;
	stop_at(&writer, SHARED_FAULT_PREPARED, call_append, trio.writer, &len);
	stop_at(&server, SHARED_FAULT_DATA_MOVED, call_revoke, trio.server, NULL);
	close(reader);
	cr_expect(eq(int, vmap_shared_revoke(trio.other), -EBUSY));
	cr_expect(eq(int, go_on(&server), 0));
	cr_expect(eq(int, go_on(&writer), -ESTALE));
	expect_one_ring(&trio);
	trio_close(&trio);
}

/* Two that lock the same writer out would put their rings into the same place. */
Test(shared_lock_out, by_two_at_once_is_one)
{
	struct trio trio = trio_open(UNIT, OVERWRITE, 5000);
	struct stopped writer, server;
	size_t len = 700;
	stop_at(&writer, SHARED_FAULT_PREPARED, call_append, trio.writer, &len);
	stop_at(&server, SHARED_FAULT_DATA_MOVED, call_revoke, trio.server, NULL);
	cr_expect(eq(int, vmap_shared_revoke(trio.other), -EBUSY));
	cr_expect(eq(int, go_on(&server), 0));
	cr_expect(eq(int, vmap_shared_revoke(trio.other), -ESTALE));
	cr_expect(eq(int, go_on(&writer), -ESTALE));
	expect_one_ring(&trio);
	trio_close(&trio);
}

Test(shared_lock_out, that_was_killed_is_taken_back_by_the_next_writer)
{
	struct trio trio = trio_open(UNIT, BOUNDED, 5000);
	/* as a kill leaves it, behind the freeze */
	uint32_t moved = SHARED_MOVED;
	file_put(trio.fd, offsetof(struct shared_header, state), &moved, sizeof(moved));
	file_put64(trio.fd, AT_TAIL, SHARED_TAIL_FROZEN);
	file_put64(trio.fd, offsetof(struct shared_header, moved_head), 5000);
	cr_expect(eq(int, vmap_shared_consume(trio.other, 0, 1000), -EBUSY));
	cr_expect(eq(int, (int)ring_append(trio.writer, 100), 100));
	cr_expect(eq(int, vmap_shared_consume(trio.other, 0, 1000), 0));
	expect_one_ring(&trio);
	trio_close(&trio);
}

/* What is not the ring's is given back after the change, when somebody else may change the shape again. */
Test(shared_reshape, that_still_gives_back_holds_the_next_one_up)
{
	struct trio trio = trio_open(UNIT, OVERWRITE, 5000);
	struct stopped first;
	uint64_t capacity = 4 * UNIT;
	stop_at(&first, SHARED_FAULT_TRIMS, call_reshape, trio.writer, &capacity);
	cr_assert(eq(int, vmap_shared_reattach(trio.other), 0));
	int r = vmap_shared_reshape(trio.other, 9 * UNIT, OVERWRITE);
	cr_expect(eq(int, r, -EBUSY));
	cr_expect(eq(int, go_on(&first), 0));
	if (r == -EBUSY)
		cr_expect(eq(int, vmap_shared_reshape(trio.other, 9 * UNIT, OVERWRITE), 0));
	cr_expect(eq(int, (int)ring_append(trio.other, 9 * UNIT), (int)(9 * UNIT)));
	expect_one_ring(&trio);
	trio_close(&trio);
}

/* One that was woken by the first change of two, and comes to count itself out when data lies where its count was. */
Test(shared_wait, of_one_who_sleeps_through_two_changes_spoils_nothing)
{
	struct trio trio = trio_open(3 * UNIT, OVERWRITE, 1);
	cr_assert(eq(int, vmap_shared_reshape(trio.server, 5 * UNIT, OVERWRITE), 0)); /* header in unit 4 */
	cr_assert(eq(int, vmap_shared_reattach(trio.other), 0));
	struct stopped sleeper;
	uint64_t head = 1;
	stop_at(&sleeper, SHARED_FAULT_SLEEPS, call_wait, trio.other, &head);
	cr_assert(eq(int, vmap_shared_reshape(trio.server, 2 * UNIT, OVERWRITE), 0));
	cr_assert(eq(int, vmap_shared_reshape(trio.server, 8 * UNIT, OVERWRITE), 0)); /* data from unit 4 on */
	MUST(ring_append(trio.server, 8 * UNIT) == (ssize_t)(8 * UNIT));
	int r = go_on(&sleeper);
	cr_expect(r == -ESTALE || r == 0, "waiting gave %d", r);
	cr_expect(ring_is_whole(trio.server));
	expect_one_ring(&trio);
	trio_close(&trio);
}

Test(shared_end, is_told_again_when_the_shape_has_changed)
{
	struct trio trio = trio_open(UNIT, OVERWRITE, 5000);
	MUST(vmap_shared_serve(trio.server) == 0);
	vmap_shared_end(trio.server, true);
	cr_expect(eq(int, vmap_shared_status(trio.other), -EIDRM));
	cr_expect(eq(int, vmap_shared_reshape(trio.server, 3 * UNIT, OVERWRITE), 0));
	cr_expect(eq(int, vmap_shared_status(trio.other), -ESTALE));
	cr_assert(eq(int, vmap_shared_reattach(trio.other), 0));
	cr_expect(eq(int, vmap_shared_status(trio.other), -EIDRM));
	cr_expect(eq(int, (int)ring_append(trio.other, 1), -EIDRM));
	cr_expect(eq(int, (int)ring_append(trio.server, 1), 1));
	cr_expect(eq(int, vmap_shared_reshape(trio.server, 3 * UNIT, BOUNDED), 0));
	cr_assert(eq(int, vmap_shared_reattach(trio.other), 0));
	cr_expect(eq(int, vmap_shared_status(trio.other), -EIDRM));
	trio_close(&trio);
}

/* Who is told that nothing was appended appends it elsewhere, once more. */
Test(shared_end, behind_the_check_of_an_append_is_told_to_the_next_one)
{
	const enum shared_fault points[] = {SHARED_FAULT_CHECKED, SHARED_FAULT_INTENT, SHARED_FAULT_HEAD, SHARED_FAULT_UNLOCKED};
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		struct trio trio = trio_open(UNIT, OVERWRITE, 5000);
		MUST(vmap_shared_serve(trio.server) == 0);
		struct stopped writer;
		size_t len = 700;
		stop_at(&writer, points[i], call_append, trio.writer, &len);
		vmap_shared_end(trio.server, true);
		cr_expect(eq(int, go_on(&writer), 700));
		cr_expect(eq(u64, ring_state(trio.other).head, 5700));
		cr_expect(eq(int, (int)ring_append(trio.writer, 1), -EIDRM));
		trio_close(&trio);
	}
}

/* The server's own appends must not go to the old part, nor the end be forgotten. */
Test(shared_end, in_the_middle_of_a_change_of_shape_is_told_after_it)
{
	struct trio trio = trio_open(UNIT, OVERWRITE, 5000);
	MUST(vmap_shared_serve(trio.server) == 0);
	struct stopped reshape;
	uint64_t capacity = 3 * UNIT;
	stop_at(&reshape, SHARED_FAULT_SYNCED, call_reshape, trio.writer, &capacity);
	vmap_shared_end(trio.server, true);
	cr_expect(eq(int, go_on(&reshape), 0));
	cr_expect(eq(int, (int)ring_append(trio.server, 1), -ESTALE));
	cr_assert(eq(int, vmap_shared_reattach(trio.server), 0));
	cr_expect(eq(int, (int)ring_append(trio.server, 1), 1));
	cr_expect(eq(int, vmap_shared_status(trio.writer), -EIDRM));
	cr_assert(eq(int, vmap_shared_reattach(trio.other), 0));
	cr_expect(eq(int, vmap_shared_status(trio.other), -EIDRM));
	trio_close(&trio);
}

Test(shared_reshape, keeps_the_attributes_that_somebody_else_has_set)
{
	struct trio trio = trio_open(UNIT, OVERWRITE, 5000);
	cr_assert(eq(int, vmap_shared_set_attributes(trio.other, 7), 0));
	uint64_t generation = ring_state(trio.other).generation;
	cr_assert(eq(int, vmap_shared_reshape(trio.server, 2 * UNIT, OVERWRITE), 0));
	cr_expect(eq(u64, vmap_shared_attributes(trio.server), 7));
	cr_expect(gt(u64, ring_state(trio.server).generation, generation));
	expect_one_ring(&trio);
	trio_close(&trio);
}

/* Whoever began it has died: the next writer would find the ring open. */
Test(shared_end, is_told_where_a_change_of_shape_was_killed)
{
	const enum vmap_ring_policy policies[] = {OVERWRITE, BOUNDED};
	for (size_t i = 0; i < 2; i++) {
		struct trio trio = trio_open(UNIT, policies[i], 5000);
		MUST(vmap_shared_serve(trio.server) == 0);
		uint32_t moved = SHARED_MOVED;
		file_put(trio.fd, offsetof(struct shared_header, state), &moved, sizeof(moved));
		file_put64(trio.fd, AT_TAIL, SHARED_TAIL_FROZEN);
		file_put64(trio.fd, offsetof(struct shared_header, moved_head), 5000);
		vmap_shared_end(trio.server, true);
		cr_expect(eq(int, vmap_shared_status(trio.other), -EIDRM));
		cr_expect(eq(int, (int)ring_append(trio.writer, 1), -EIDRM));
		cr_expect(eq(int, (int)ring_append(trio.server, 1), 1));
		cr_expect(eq(u64, file_get64(trio.fd, AT_TAIL), 0));
		trio_close(&trio);
	}
}

/* It can still write a new geometry line, and then it is settled by nobody else. */
Test(shared_end, does_not_settle_what_somebody_is_changing)
{
	struct trio trio = trio_open(UNIT, OVERWRITE, 5000);
	MUST(vmap_shared_serve(trio.server) == 0);
	struct stopped reshape;
	uint64_t capacity = 3 * UNIT;
	stop_at(&reshape, SHARED_FAULT_SYNCED, call_reshape, trio.writer, &capacity);
	vmap_shared_end(trio.server, true);
	cr_expect(eq(int, (int)vmap_shared_append_within(trio.other, "x", 1, 0), -EBUSY));
	cr_expect(eq(int, go_on(&reshape), 0));
	trio_close(&trio);
}

/* Two changes of shape later it may still store to the lock of a part that it has mapped. */
Test(shared_reshape, keeps_clear_of_old_parts_for_a_server_that_found_no_slot)
{
	struct trio trio = trio_open(UNIT, OVERWRITE, 5000);
	struct vmap_shared *others[SHARED_SLOTS - 3], *server;
	for (size_t i = 0; i < SHARED_SLOTS - 3; i++)
		others[i] = ring_map(trio.fd);
	MUST(vmap_shared_open_serve(trio.fd, &server) == 0);
	for (size_t i = 0; i < SHARED_SLOTS - 3; i++)
		vmap_shared_close(others[i]);
	vmap_shared_close(trio.other);
	vmap_shared_close(trio.server);
	uint64_t first;
	cr_assert(eq(int, vmap_shared_reshape(trio.writer, 2 * UNIT, OVERWRITE), 0));
	first = file_get64(trio.fd, offsetof(struct shared_geometry, first_offset));
	cr_expect(eq(u64, first, 2 * UNIT)); /* behind the part that the server has mapped */
	vmap_shared_close(server);
	cr_assert(eq(int, vmap_shared_reshape(trio.writer, UNIT, OVERWRITE), 0));
	first = file_get64(trio.fd, offsetof(struct shared_geometry, first_offset));
	cr_expect(eq(u64, first, 0));
	vmap_shared_close(trio.writer);
	close(trio.fd);
}

/* The file is cut meanwhile. Each page that is missing is a signal and a system call: they must not be met one by one. */
Test(shared_reshape, gives_a_file_up_that_is_cut_short)
{
	if (getenv("VMAP_TEST_EMULATED"))
		cr_skip_test("an emulator is asked, not the system");
	MUST(vmap_shared_guard() == 0);
	const uint64_t capacity = 256 * UNIT;
	int fd = ring_fd(capacity, 0);
	struct vmap_shared *ring = ring_map(fd);
	MUST(vmap_shared_reshape(ring, capacity + UNIT, OVERWRITE) == 0); /* behind the place that it moves to now */
	MUST(ring_append(ring, capacity) == (ssize_t)capacity);
	struct stopped reshape;
	struct rusage before, after;
	uint64_t to = capacity;
	stop_at(&reshape, SHARED_FAULT_FOUND, call_reshape, ring, &to);
	MUST(ftruncate(fd, (off_t)file_get64(fd, AT_DATA_OFFSET)) == 0);
	MUST(getrusage(RUSAGE_SELF, &before) == 0);
	cr_expect(eq(int, go_on(&reshape), -EIO));
	MUST(getrusage(RUSAGE_SELF, &after) == 0);
	cr_expect(lt(u64, (uint64_t)(after.ru_minflt - before.ru_minflt), capacity / system_page_size() / 2));
	vmap_shared_close(ring);
	close(fd);
}
