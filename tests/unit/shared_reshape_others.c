/* SPDX-License-Identifier: MIT */
/* What handles that have slept through one or several changes of shape do to the ring, and find. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>

#include "helpers.h"

static const uint64_t capacities[] = {1048576, 65536, 196608, 65536, 262144, 131072, 65536, 524288};
#define N_CAPACITIES (sizeof(capacities) / sizeof(capacities[0]))

/* Give it the shapes from @first to below @end, and fill it with the pattern after each. */
static void reshape(struct vmap_shared *ring, size_t first, size_t end)
{
	for (size_t i = first; i < end; i++) {
		cr_assert(eq(int, vmap_shared_reshape(ring, capacities[i], VMAP_RING_OVERWRITE), 0));
		for (uint64_t done = 0; done < capacities[i]; done += 4096)
			MUST(ring_append(ring, 4096) == 4096);
		cr_assert(ring_is_whole(ring));
	}
}

Test(shared_reshape_others, a_writer_that_slept_through_several_spoils_nothing)
{
	/* From the first shape on and from the second, whose header is where data can come. */
	for (size_t n = 1; n <= 2 * N_CAPACITIES; n++) {
		int fd = ring_fd(262144, 0);
		struct vmap_shared *ring = ring_map(fd);
		size_t first = n > N_CAPACITIES;
		size_t end = (n - 1) % N_CAPACITIES + 1;
		MUST(ring_append(ring, 5000) == 5000);
		reshape(ring, 0, first);
		if (end <= first)
			end = first + 1;
		struct vmap_shared *sleeper = ring_map(fd);
		reshape(ring, first, end);
		cr_expect(eq(int, (int)vmap_shared_append(sleeper, "late\n", 5), -ESTALE));
		cr_expect(eq(int, vmap_shared_clear(sleeper), -ESTALE));
		cr_expect(ring_is_whole(ring));
		cr_expect(eq(int, vmap_shared_reattach(sleeper), 0));
		cr_expect(ring_is_whole(sleeper));
		MUST(ring_append(sleeper, 77) == 77);
		cr_expect(ring_is_whole(ring));
		vmap_shared_close(sleeper);
		vmap_shared_close(ring);
		close(fd);
	}
}

Test(shared_reshape_others, a_reader_that_slept_through_several_finds_the_ring)
{
	cr_assert(eq(int, vmap_shared_guard(), 0));
	for (size_t n = 1; n <= N_CAPACITIES; n++) {
		int fd = ring_fd(262144, 0);
		char path[64];
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		int read_fd = open(path, O_RDONLY | O_CLOEXEC);
		MUST(read_fd >= 0);
		struct vmap_shared *ring = ring_map(fd);
		struct vmap_shared *sleeper = ring_map(read_fd);
		MUST(ring_append(ring, 5000) == 5000);
		reshape(ring, 0, n);
		char byte;
		uint64_t cursor = ring_state(ring).tail;
		cr_expect(eq(int, (int)vmap_shared_read(sleeper, &cursor, &byte, 1), -ESTALE));
		cr_expect(eq(int, vmap_shared_status(sleeper), -ESTALE));
		cr_expect(eq(int, vmap_shared_reattach(sleeper), 0));
		cr_expect(eq(int, vmap_shared_status(sleeper), 0));
		cr_expect(ring_is_whole(sleeper));
		vmap_shared_close(sleeper);
		vmap_shared_close(ring);
		close(read_fd);
		close(fd);
	}
}

/* Nobody left who could store to an older part: all of the file is free again. */
Test(shared_reshape_others, space_is_used_again_when_the_other_writers_have_gone)
{
	int fd = ring_fd(262144, 0);
	struct vmap_shared *ring = ring_map(fd);
	struct vmap_shared *other = ring_map(fd);
	reshape(ring, 0, 3);
	uint64_t beside_another = file_get64(fd, AT_DATA_OFFSET);
	vmap_shared_close(other);
	cr_assert(eq(int, vmap_shared_reshape(ring, 65536, VMAP_RING_OVERWRITE), 0));
	cr_expect(lt(u64, file_get64(fd, AT_DATA_OFFSET), beside_another));
	cr_expect(eq(u64, file_get64(fd, AT_DATA_OFFSET), 65536));
	cr_expect(ring_is_whole(ring));
	vmap_shared_close(ring);
	close(fd);
}
