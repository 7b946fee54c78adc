/* SPDX-License-Identifier: MIT */
/* What other handles of a ring may still do when it has been given another place in its file, and what they must not. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <sys/wait.h>

#include "helpers.h"

static const uint64_t UNIT = 65536;

static void reshape(struct vmap_shared *ring, uint64_t n_units)
{
	cr_assert(eq(int, vmap_shared_reshape(ring, n_units * UNIT, VMAP_RING_OVERWRITE), 0));
}

/* A reader that has not looked since: the ring was at the end of the file then, and is in front now. */
Test(shared_peers, of_a_ring_that_moved_to_the_front_are_told_estale)
{
	int fd = ring_fd(2 * UNIT, 0);
	struct vmap_shared *ring = ring_map(fd);
	reshape(ring, 5);
	struct vmap_shared *peer = ring_map(fd);
	MUST(ring_append(ring, 1000) == 1000);
	reshape(ring, 2);
	uint8_t bytes[100];
	uint64_t cursor = 0;
	cr_expect(eq(int, (int)vmap_shared_read(peer, &cursor, bytes, sizeof(bytes)), -ESTALE));
	cr_expect(eq(int, vmap_shared_status(peer), -ESTALE));
	cr_expect(eq(int, (int)vmap_shared_append(peer, bytes, sizeof(bytes)), -ESTALE));
	cr_assert(eq(int, vmap_shared_reattach(peer), 0));
	cr_expect(ring_is_whole(peer));
	vmap_shared_close(peer);
	vmap_shared_close(ring);
	close(fd);
}

/* Where a peer has the header of an earlier shape mapped, there may be data by now. */
Test(shared_peers, that_count_or_append_do_not_spoil_data_that_lies_where_their_header_was)
{
	int fd = ring_fd(3 * UNIT, 0);
	struct vmap_shared *ring = ring_map(fd);
	reshape(ring, 5); /* header in unit 4 */
	struct vmap_shared *peer = ring_map(fd);
	reshape(ring, 2);
	reshape(ring, 8); /* header in unit 3, data from unit 4 on */
	MUST(ring_append(ring, 8 * UNIT) == (ssize_t)(8 * UNIT));
	vmap_shared_count_lost(peer, 77);
	vmap_shared_count_dropped(peer);
	cr_expect(ring_is_whole(ring));
	/* What is not 0 looks like the lock of somebody dead. */
	cr_expect(eq(int, (int)vmap_shared_append(peer, "x", 1), -ESTALE));
	cr_expect(eq(int, vmap_shared_wait_room(peer, 1, 0), 0));
	cr_expect(ring_is_whole(ring));
	/* And what is 0 like a lock that is free. */
	uint8_t *zeros = calloc(1, 8 * UNIT);
	MUST(vmap_shared_append(ring, zeros, 8 * UNIT) == (ssize_t)(8 * UNIT));
	cr_expect(eq(int, (int)vmap_shared_append(peer, "x", 1), -ESTALE));
	free(zeros);
	vmap_shared_close(peer);
	vmap_shared_close(ring);
	close(fd);
}

/* The slot's previous owner has died with the lock of a shape that came when its next owner had mapped the one before. */
Test(shared_peers, that_follow_the_ring_release_what_the_owner_of_their_slot_died_with)
{
	int fd = ring_fd(UNIT, 0);
	struct vmap_shared *ring = ring_map(fd), *peer = ring_map(fd);
	reshape(ring, 3);
	uint32_t word = (1 + 1) | 0x70000; /* slot 1, the peer's */
	file_put(fd, file_get64(fd, AT_DATA_OFFSET) - UNIT + 0x080, &word, sizeof(word));
	cr_expect(eq(int, vmap_shared_wait_writer(ring, 0), -EBUSY));
	cr_assert(eq(int, vmap_shared_reattach(peer), 0));
	cr_expect(eq(int, (int)ring_append(ring, 10), 10));
	cr_expect(eq(u32, ring_state(ring).steals, 1));
	cr_expect(eq(int, (int)ring_append(peer, 10), 10));
	vmap_shared_close(peer);
	vmap_shared_close(ring);
	close(fd);
}

/* What another handle has changed meanwhile is not as it was when this one was opened. */
Test(shared_peers, that_ask_for_what_they_believe_the_ring_is_change_it)
{
	int fd = ring_fd(UNIT, 0);
	struct vmap_shared *ring = ring_map(fd), *peer = ring_map(fd);
	struct vmap_shared_state state;
	MUST(vmap_shared_set_attributes(peer, 0x70) == 0);
	cr_expect(eq(int, vmap_shared_set_attributes(ring, 0), 0));
	MUST(vmap_shared_probe(fd, &state) == 0);
	cr_expect(eq(u64, state.attributes, 0));
	cr_expect(eq(int, vmap_shared_set_attributes(ring, 0), 0));
	cr_expect(eq(u64, ring_state(ring).generation, state.generation));
	reshape(peer, 2);
	cr_expect(eq(int, vmap_shared_reshape(ring, UNIT, VMAP_RING_OVERWRITE), -ESTALE));
	cr_assert(eq(int, vmap_shared_reattach(ring), 0));
	reshape(ring, 1);
	cr_expect(eq(u64, ring_state(ring).capacity, UNIT));
	vmap_shared_close(peer);
	vmap_shared_close(ring);
	close(fd);
}

/* Who locks a writer out says how much of the ring goes with it. */
Test(shared_probe, sees_no_more_than_moves_in_whatever_shape)
{
	for (uint64_t n_units = 1; n_units <= 3; n_units += 2) {
		int fd = ring_fd(UNIT, 0);
		struct vmap_shared *ring = ring_map(fd);
		reshape(ring, n_units);
		MUST(ring_append(ring, 5000) == 5000);
		uint64_t header = file_get64(fd, AT_DATA_OFFSET) - UNIT;
		uint32_t moved = (uint32_t)(n_units > 1) << 2 | 1;
		file_put64(fd, header + 0x138, 4000);
		file_put(fd, header + 0x11c, &moved, sizeof(moved));
		struct vmap_shared_state probed;
		cr_assert(eq(int, vmap_shared_probe(fd, &probed), 0));
		cr_expect(eq(u64, probed.head, 4000));
		cr_expect(eq(u64, ring_state(ring).head, 4000));
		vmap_shared_close(ring);
		close(fd);
	}
}
