/* SPDX-License-Identifier: MIT */
/* Another capacity or policy for a ring that holds bytes: positions go on, nothing is lost that has room. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <sys/resource.h>

#include "helpers.h"

static const enum vmap_ring_policy OVERWRITE = VMAP_RING_OVERWRITE, BOUNDED = VMAP_RING_BOUNDED;

static struct vmap_shared *open_with_fd(uint64_t capacity, uint64_t start, enum vmap_ring_policy policy, int *ret_fd)
{
	*ret_fd = ring_fd_with(capacity, start, policy);
	return ring_map(*ret_fd);
}

static uint64_t file_bytes(int fd)
{
	struct stat st;
	MUST(fstat(fd, &st) == 0);
	return (uint64_t)st.st_blocks * 512;
}

/* The window as given, every byte of it, in this mapping, in the file, and after a reopen. */
static void expect_window(struct vmap_shared **ring, int fd, uint64_t tail, uint64_t head, uint64_t capacity)
{
	struct vmap_shared_state state = ring_state(*ring), probed;
	cr_expect(eq(u64, state.tail, tail));
	cr_expect(eq(u64, state.head, head));
	cr_expect(eq(u64, state.capacity, capacity));
	cr_expect(ring_is_whole(*ring));
	cr_assert(eq(int, vmap_shared_probe(fd, &probed), 0));
	cr_expect(states_equal(&state, &probed));
	cr_expect(nothing_is_behind(fd, file_get64(fd, AT_DATA_OFFSET) + capacity));
	vmap_shared_close(*ring);
	*ring = ring_map(fd);
	struct vmap_shared_state reopened = ring_state(*ring);
	cr_expect(states_equal(&state, &reopened));
	cr_expect(ring_is_whole(*ring));
	uint32_t crc;
	uint8_t geometry[AT_CRC32C];
	file_get(fd, 0, geometry, sizeof(geometry));
	file_get(fd, AT_CRC32C, &crc, sizeof(crc));
	cr_expect(eq(u32, crc, crc32c_reference(geometry, sizeof(geometry))));
}

static void append_line(struct vmap_shared *ring, size_t len)
{
	char *line = xmalloc(len);
	memset(line, 'x', len);
	line[len - 1] = '\n';
	MUST(vmap_shared_append(ring, line, len) == (ssize_t)len);
	free(line);
}

Test(shared_reshape, that_grows_keeps_all)
{
	int fd;
	struct vmap_shared *ring = open_with_fd(65536, 1000, OVERWRITE, &fd);
	cr_expect(eq(int, (int)ring_append(ring, 200000), 200000));
	uint64_t tail = 201000 - 65536;
	struct vmap_shared_state before = ring_state(ring);
	cr_expect(eq(int, vmap_shared_reshape(ring, 7 * 65536, OVERWRITE), 0));
	struct vmap_shared_state after = ring_state(ring);
	cr_expect(gt(u64, after.generation, before.generation));
	after.generation = before.generation;
	after.capacity = before.capacity;
	cr_expect(states_equal(&before, &after));
	expect_window(&ring, fd, tail, 201000, 7 * 65536);
	/* and the new room is used before anything gives way */
	cr_expect(eq(int, (int)ring_append(ring, 6 * 65536), 6 * 65536));
	expect_window(&ring, fd, tail, 201000 + 6 * 65536, 7 * 65536);
	cr_expect(eq(int, (int)ring_append(ring, 1), 1));
	expect_window(&ring, fd, tail + 1, 201001 + 6 * 65536, 7 * 65536);
	vmap_shared_close(ring);
	close(fd);
}

Test(shared_reshape, that_shrinks_keeps_the_newest_and_counts_the_rest)
{
	int fd;
	struct vmap_shared *ring = open_with_fd(7 * 65536, 1000, OVERWRITE, &fd);
	cr_expect(eq(int, (int)ring_append(ring, 300000), 300000));
	cr_expect(eq(int, vmap_shared_reshape(ring, 3 * 65536, OVERWRITE), 0));
	uint64_t gone = 300000 - 3 * 65536;
	cr_expect(eq(u64, ring_state(ring).overwritten, gone));
	cr_expect(eq(u64, ring_state(ring).bytes, 300000));
	expect_window(&ring, fd, 1000 + gone, 301000, 3 * 65536);
	cr_expect(eq(int, (int)ring_append(ring, 10), 10));
	cr_expect(eq(u64, ring_state(ring).overwritten, gone + 10));
	expect_window(&ring, fd, 1010 + gone, 301010, 3 * 65536);
	vmap_shared_close(ring);
	close(fd);
}

/* What is gone stays gone, though the positions would have room again. */
Test(shared_reshape, that_grows_after_a_shrink_does_not_bring_back)
{
	int fd;
	struct vmap_shared *ring = open_with_fd(3 * 65536, 0, OVERWRITE, &fd);
	cr_expect(eq(int, (int)ring_append(ring, 150000), 150000));
	cr_expect(eq(int, vmap_shared_reshape(ring, 65536, OVERWRITE), 0));
	cr_expect(eq(int, vmap_shared_reshape(ring, 5 * 65536, OVERWRITE), 0));
	expect_window(&ring, fd, 150000 - 65536, 150000, 5 * 65536);
	vmap_shared_close(ring);
	close(fd);
}

Test(shared_reshape, that_has_room_for_all_keeps_all_of_a_shrunk_ring)
{
	int fd;
	struct vmap_shared *ring = open_with_fd(5 * 65536, 3 * 65536 - 5, OVERWRITE, &fd);
	cr_expect(eq(int, (int)ring_append(ring, 65536), 65536));
	cr_expect(eq(int, vmap_shared_reshape(ring, 65536, OVERWRITE), 0));
	cr_expect(eq(u64, ring_state(ring).overwritten, 0));
	expect_window(&ring, fd, 3 * 65536 - 5, 4 * 65536 - 5, 65536);
	vmap_shared_close(ring);
	close(fd);
}

Test(shared_reshape, of_an_empty_ring_moves_nothing)
{
	const uint64_t starts[] = {0, 1, 4096, 65535, VMAP_SHARED_POSITION_MAX - 70000};
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		int fd;
		struct vmap_shared *ring = open_with_fd(65536, starts[i], OVERWRITE, &fd);
		cr_expect(eq(int, vmap_shared_reshape(ring, 3 * 65536, BOUNDED), 0));
		expect_window(&ring, fd, starts[i], starts[i], 3 * 65536);
		cr_expect(eq(int, (int)ring_append(ring, 70000), 70000));
		expect_window(&ring, fd, starts[i], starts[i] + 70000, 3 * 65536);
		vmap_shared_close(ring);
		close(fd);
	}
}

Test(shared_reshape, to_the_same_shape_is_nothing)
{
	int fd;
	struct vmap_shared *ring = open_with_fd(65536, 0, OVERWRITE, &fd);
	cr_expect(eq(int, (int)ring_append(ring, 100000), 100000));
	struct vmap_shared_state before = ring_state(ring);
	cr_expect(eq(int, vmap_shared_reshape(ring, 65536, OVERWRITE), 0));
	cr_expect(eq(int, vmap_shared_reshape(ring, 1, OVERWRITE), 0)); /* rounded up */
	struct vmap_shared_state after = ring_state(ring);
	cr_expect(states_equal(&before, &after));
	vmap_shared_close(ring);
	close(fd);
}

Test(shared_reshape, rounds_the_capacity_up)
{
	int fd;
	struct vmap_shared *ring = open_with_fd(65536, 0, OVERWRITE, &fd);
	cr_expect(eq(int, vmap_shared_reshape(ring, 65537, OVERWRITE), 0));
	expect_window(&ring, fd, 0, 0, 131072);
	vmap_shared_close(ring);
	close(fd);
}

Test(shared_reshape, after_a_clear_keeps_it)
{
	int fd;
	struct vmap_shared *ring = open_with_fd(65536, 0, OVERWRITE, &fd);
	cr_expect(eq(int, (int)ring_append(ring, 60000), 60000));
	vmap_shared_clear(ring);
	cr_expect(eq(int, (int)ring_append(ring, 100), 100));
	cr_expect(eq(int, vmap_shared_reshape(ring, 3 * 65536, OVERWRITE), 0));
	expect_window(&ring, fd, 60000, 60100, 3 * 65536);
	cr_expect(eq(u64, vmap_shared_oldest(ring, VMAP_ALIGN_LINE), 60000));
	vmap_shared_clear(ring);
	expect_window(&ring, fd, 60100, 60100, 3 * 65536);
	vmap_shared_close(ring);
	close(fd);
}

/* Up by one unit, down by one, up by many: the free places in the file are used again. */
Test(shared_reshape, again_and_again_does_not_make_the_file_grow)
{
	int fd;
	struct vmap_shared *ring = open_with_fd(65536, 0, OVERWRITE, &fd);
	struct rng rng = {.state = 4200};
	bool gives_back = space_is_given_back();
	uint64_t largest = 0;
	for (int i = 0; i < 300; i++) {
		uint64_t more = i < 100 ? (uint64_t)i % 2 : i < 140 ? (uint64_t)i - 100 : rng_below(&rng, 20);
		uint64_t before = ring_state(ring).capacity, capacity = 65536 * (1 + more);
		cr_assert(eq(int, vmap_shared_reshape(ring, capacity, OVERWRITE), 0));
		cr_assert(gt(int, (int)ring_append(ring, 1 + rng_below(&rng, 100000)), 0));
		cr_assert(ring_is_whole(ring));
		/* what is unused in front of the data was too short for it */
		uint64_t size = 2 * 65536 + 2 * capacity + before;
		largest = size > largest ? size : largest;
		cr_assert(le(u64, file_size(fd), largest));
		if (gives_back)
			cr_assert(le(u64, file_bytes(fd), 65536 + capacity));
	}
	vmap_shared_close(ring);
	close(fd);
}

/* 64 lines of 1 KiB to a unit: the new tail is the start of a line, whose '\n' in front goes with the old data. */
Test(shared_reshape, that_shrinks_to_the_start_of_a_line_knows_it)
{
	int fd;
	struct vmap_shared *ring = open_with_fd(4 * 65536, 0, OVERWRITE, &fd);
	for (int i = 0; i < 200; i++)
		append_line(ring, 1024);
	cr_expect(eq(int, vmap_shared_reshape(ring, 2 * 65536, OVERWRITE), 0));
	uint64_t tail = 200 * 1024 - 2 * 65536;
	cr_expect(eq(u64, vmap_shared_oldest(ring, VMAP_ALIGN_LINE), tail));
	vmap_shared_close(ring);
	ring = ring_map(fd);
	cr_expect(eq(u64, vmap_shared_oldest(ring, VMAP_ALIGN_LINE), tail));
	/* a growth knows it still */
	cr_expect(eq(int, vmap_shared_reshape(ring, 3 * 65536, OVERWRITE), 0));
	cr_expect(eq(u64, vmap_shared_oldest(ring, VMAP_ALIGN_LINE), tail));
	vmap_shared_close(ring);
	close(fd);
}

Test(shared_reshape, that_shrinks_into_a_line_skips_its_rest)
{
	int fd;
	struct vmap_shared *ring = open_with_fd(4 * 65536, 0, OVERWRITE, &fd);
	for (int i = 0; i < 200; i++)
		append_line(ring, 1000);
	cr_expect(eq(int, vmap_shared_reshape(ring, 2 * 65536, OVERWRITE), 0));
	uint64_t tail = 200 * 1000 - 2 * 65536;
	cr_expect(eq(u64, ring_state(ring).tail, tail));
	cr_expect(eq(u64, vmap_shared_oldest(ring, VMAP_ALIGN_LINE), (tail + 999) / 1000 * 1000));
	vmap_shared_close(ring);
	close(fd);
}

Test(shared_reshape, to_bounded_and_back_keeps_the_contents)
{
	int fd;
	struct vmap_shared *ring = open_with_fd(3 * 65536, 0, OVERWRITE, &fd);
	cr_expect(eq(int, (int)ring_append(ring, 300000), 300000));
	uint64_t tail = 300000 - 3 * 65536;
	cr_expect(eq(int, vmap_shared_reshape(ring, 3 * 65536, BOUNDED), 0));
	cr_expect(eq(int, ring_state(ring).policy, BOUNDED));
	expect_window(&ring, fd, tail, 300000, 3 * 65536);
	cr_expect(eq(int, (int)ring_append(ring, 1), -EAGAIN));
	cr_expect(eq(int, vmap_shared_consume(ring, tail, 1000), 0));
	cr_expect(eq(int, (int)ring_append(ring, 400), 400));
	expect_window(&ring, fd, tail + 1000, 300400, 3 * 65536);
	cr_expect(eq(int, vmap_shared_reshape(ring, 3 * 65536, OVERWRITE), 0));
	cr_expect(eq(int, ring_state(ring).policy, OVERWRITE));
	/* what was consumed stays so, though its bytes are there */
	expect_window(&ring, fd, tail + 1000, 300400, 3 * 65536);
	cr_expect(eq(int, vmap_shared_consume(ring, tail + 1000, 1), -EINVAL));
	cr_expect(eq(int, (int)ring_append(ring, 601), 601));
	expect_window(&ring, fd, tail + 1001, 301001, 3 * 65536);
	cr_expect(eq(int, vmap_shared_reshape(ring, 3 * 65536, BOUNDED), 0));
	expect_window(&ring, fd, tail + 1001, 301001, 3 * 65536);
	cr_expect(eq(u64, ring_state(ring).overwritten, tail + 1));
	vmap_shared_close(ring);
	close(fd);
}

Test(shared_reshape, of_capacity_and_policy_at_once)
{
	int fd;
	struct vmap_shared *ring = open_with_fd(5 * 65536, 0, OVERWRITE, &fd);
	cr_expect(eq(int, (int)ring_append(ring, 300000), 300000));
	cr_expect(eq(int, vmap_shared_reshape(ring, 65536, BOUNDED), 0));
	expect_window(&ring, fd, 300000 - 65536, 300000, 65536);
	cr_expect(eq(int, (int)ring_append(ring, 1), -EAGAIN));
	cr_expect(eq(int, vmap_shared_reshape(ring, 131072, OVERWRITE), 0));
	expect_window(&ring, fd, 300000 - 65536, 300000, 131072);
	vmap_shared_close(ring);
	close(fd);
}

Test(shared_reshape, of_a_bounded_ring_keeps_what_waits)
{
	int fd;
	struct vmap_shared *ring = open_with_fd(3 * 65536, 0, BOUNDED, &fd);
	cr_expect(eq(int, (int)ring_append(ring, 190000), 190000));
	cr_expect(eq(int, vmap_shared_consume(ring, 0, 150000), 0));
	cr_expect(eq(int, vmap_shared_reshape(ring, 65536, BOUNDED), 0));
	expect_window(&ring, fd, 150000, 190000, 65536);
	cr_expect(eq(int, (int)ring_append(ring, 25537), -EAGAIN));
	cr_expect(eq(int, (int)ring_append(ring, 25536), 25536));
	cr_expect(eq(int, vmap_shared_reshape(ring, 5 * 65536, BOUNDED), 0));
	expect_window(&ring, fd, 150000, 150000 + 65536, 5 * 65536);
	cr_expect(eq(int, (int)ring_append(ring, 4 * 65536 + 1), -EAGAIN));
	cr_expect(eq(int, (int)ring_append(ring, 4 * 65536), 4 * 65536));
	cr_expect(eq(u64, ring_state(ring).overwritten, 0));
	vmap_shared_close(ring);
	close(fd);
}

/* The error, and nothing else. */
static void expect_error(struct vmap_shared *ring, uint64_t capacity, int policy, int error)
{
	struct vmap_shared_state before = ring_state(ring);
	uint64_t oldest = vmap_shared_oldest(ring, VMAP_ALIGN_LINE);
	size_t n_fds = count_fds(), n_maps = count_maps("ring-under-test");
	cr_expect(eq(int, vmap_shared_reshape(ring, capacity, (enum vmap_ring_policy)policy), error));
	struct vmap_shared_state after = ring_state(ring);
	cr_expect(states_equal(&before, &after));
	cr_expect(eq(u64, vmap_shared_oldest(ring, VMAP_ALIGN_LINE), oldest));
	cr_expect(eq(sz, count_fds(), n_fds));
	cr_expect(eq(sz, count_maps("ring-under-test"), n_maps));
	cr_expect(ring_is_whole(ring));
}

Test(shared_reshape, of_a_bounded_ring_that_holds_more_is_ebusy)
{
	int fd;
	struct vmap_shared *ring = open_with_fd(3 * 65536, 0, BOUNDED, &fd);
	cr_expect(eq(int, (int)ring_append(ring, 65537), 65537));
	expect_error(ring, 65536, BOUNDED, -EBUSY);
	expect_error(ring, 65536, OVERWRITE, -EBUSY);
	cr_expect(eq(int, vmap_shared_consume(ring, 0, 1), 0));
	cr_expect(eq(int, vmap_shared_reshape(ring, 65536, BOUNDED), 0));
	expect_window(&ring, fd, 1, 65537, 65536);
	vmap_shared_close(ring);
	close(fd);
}

Test(shared_reshape, to_no_capacity_or_an_unknown_policy_is_einval)
{
	struct vmap_shared *ring = ring_open(65536, 0);
	cr_expect(eq(int, (int)ring_append(ring, 100), 100));
	expect_error(ring, 0, OVERWRITE, -EINVAL);
	expect_error(ring, 65536, 0, -EINVAL);
	expect_error(ring, 65536, 3, -EINVAL);
	expect_error(ring, 131072, -1, -EINVAL);
	vmap_shared_close(ring);
}

Test(shared_reshape, above_the_maximum_is_efbig)
{
	struct vmap_shared *ring = ring_open(65536, 0);
	cr_expect(eq(int, (int)ring_append(ring, 100), 100));
	expect_error(ring, VMAP_SHARED_CAPACITY_MAX + 1, OVERWRITE, -EFBIG);
	expect_error(ring, UINT64_MAX, OVERWRITE, -EFBIG);
	vmap_shared_close(ring);
}

/* The limit of the process stands for that of a file system. */
Test(shared_reshape, beyond_the_largest_file_is_efbig)
{
	int fd;
	struct vmap_shared *ring = open_with_fd(65536, 0, OVERWRITE, &fd);
	cr_expect(eq(int, (int)ring_append(ring, 100000), 100000));
	signal(SIGXFSZ, SIG_IGN);
	struct rlimit limit;
	MUST(getrlimit(RLIMIT_FSIZE, &limit) == 0);
	struct rlimit small = {.rlim_cur = 5 * 65536, .rlim_max = limit.rlim_max};
	MUST(setrlimit(RLIMIT_FSIZE, &small) == 0);
	expect_error(ring, 3 * 65536, OVERWRITE, -EFBIG);
	cr_expect(eq(u64, file_size(fd), 2 * 65536));
	cr_expect(eq(int, vmap_shared_reshape(ring, 2 * 65536, OVERWRITE), 0));
	MUST(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	expect_window(&ring, fd, 100000 - 65536, 100000, 2 * 65536);
	vmap_shared_close(ring);
	close(fd);
}

Test(shared_reshape, of_a_sealed_memfd_is_eperm)
{
	int fd;
	struct vmap_shared *ring = open_with_fd(65536, 0, OVERWRITE, &fd);
	cr_expect(eq(int, (int)ring_append(ring, 100000), 100000));
	MUST(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW) == 0);
	expect_error(ring, 3 * 65536, OVERWRITE, -EPERM);
	/* a policy needs no more file */
	cr_expect(eq(int, vmap_shared_reshape(ring, 65536, BOUNDED), 0));
	vmap_shared_close(ring);
	close(fd);
}

Test(shared_reshape, without_address_space_is_enomem)
{
	if (!space_ends_with_enomem())
		cr_skip_test("too large a mapping is not ENOMEM here");
	if (getenv("VMAP_TEST_EMULATED"))
		cr_skip_test("an emulator keeps no limit of address space");
	struct vmap_shared *ring = ring_open(65536, 0);
	cr_expect(eq(int, (int)ring_append(ring, 100000), 100000));
	struct rlimit limit;
	MUST(getrlimit(RLIMIT_AS, &limit) == 0);
	struct rlimit small = {.rlim_cur = address_space() + 64 * MIB, .rlim_max = limit.rlim_max};
	MUST(setrlimit(RLIMIT_AS, &small) == 0);
	expect_error(ring, 1024 * MIB, OVERWRITE, -ENOMEM);
	MUST(setrlimit(RLIMIT_AS, &limit) == 0);
	vmap_shared_close(ring);
}

/* A line start at the tail is known by one word of the header; an attempt must not use it up. */
Test(shared_reshape, that_fails_still_knows_the_oldest_line)
{
	int fd;
	struct vmap_shared *ring = open_with_fd(4 * 65536, 0, OVERWRITE, &fd);
	for (int i = 0; i < 300; i++)
		append_line(ring, 1024);
	uint64_t tail = 300 * 1024 - 4 * 65536;
	cr_expect(eq(u64, vmap_shared_oldest(ring, VMAP_ALIGN_LINE), tail));
	MUST(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW) == 0);
	cr_expect(eq(int, vmap_shared_reshape(ring, 2 * 65536, OVERWRITE), -EPERM));
	cr_expect(eq(u64, vmap_shared_oldest(ring, VMAP_ALIGN_LINE), tail));
	vmap_shared_close(ring);
	close(fd);
}

/* A ring of @policy that a writer died in: @ahead bytes behind its head were announced and are newlines now. */
static struct vmap_shared *killed(enum vmap_ring_policy policy, uint64_t consumed, uint64_t ahead, int *ret_fd)
{
	const uint64_t capacity = 65536, head = 100000;
	struct vmap_shared *ring = open_with_fd(capacity, 0, policy, ret_fd);
	MUST(ring_append(ring, 50000) == 50000);
	if (policy == BOUNDED)
		MUST(vmap_shared_consume(ring, 0, 50000) == 0);
	MUST(ring_append(ring, 50000) == 50000);
	if (policy == BOUNDED)
		MUST(vmap_shared_consume(ring, 50000, consumed) == 0);
	vmap_shared_close(ring);
	for (uint64_t pos = head; pos < head + ahead; pos++)
		file_put(*ret_fd, AT_DATA + pos % capacity, "\n", 1);
	file_put64(*ret_fd, AT_INTENT, head + ahead);
	return ring_map(*ret_fd);
}

/* No shape makes readable what the dead writer spoilt. */
Test(shared_reshape, after_a_dead_writer_keeps_the_spoilt_hidden)
{
	const uint64_t capacities[] = {65536, 2 * 65536, 7 * 65536};
	for (size_t i = 0; i < sizeof(capacities) / sizeof(capacities[0]); i++) {
		for (int policy = VMAP_RING_OVERWRITE; policy <= (int)VMAP_RING_BOUNDED; policy++) {
			int fd;
			struct vmap_shared *ring = killed(OVERWRITE, 0, 5000, &fd);
			uint64_t tail = 105000 - 65536;
			cr_expect(eq(u64, ring_state(ring).tail, tail));
			cr_expect(eq(int, vmap_shared_reshape(ring, capacities[i], (enum vmap_ring_policy)policy), 0));
			expect_window(&ring, fd, tail, 100000, capacities[i]);
			cr_expect(eq(int, (int)ring_append(ring, 500), 500));
			expect_window(&ring, fd, tail, 100500, capacities[i]);
			cr_expect(eq(int, vmap_shared_reshape(ring, 65536, OVERWRITE), 0));
			expect_window(&ring, fd, tail, 100500, 65536);
			vmap_shared_close(ring);
			close(fd);
		}
	}
}

Test(shared_reshape, after_a_writer_that_died_in_a_whole_capacity_leaves_an_empty_ring)
{
	int fd;
	struct vmap_shared *ring = killed(OVERWRITE, 0, 65536, &fd);
	cr_expect(eq(int, vmap_shared_reshape(ring, 3 * 65536, OVERWRITE), 0));
	expect_window(&ring, fd, 100000, 100000, 3 * 65536);
	cr_expect(eq(int, (int)ring_append(ring, 10), 10));
	expect_window(&ring, fd, 100000, 100010, 3 * 65536);
	vmap_shared_close(ring);
	close(fd);
}

Test(shared_reshape, of_a_bounded_ring_after_a_dead_writer_loses_nothing)
{
	const uint64_t capacities[] = {65536, 2 * 65536, 7 * 65536};
	for (size_t i = 0; i < sizeof(capacities) / sizeof(capacities[0]); i++) {
		for (int policy = VMAP_RING_OVERWRITE; policy <= (int)VMAP_RING_BOUNDED; policy++) {
			int fd;
			struct vmap_shared *ring = killed(BOUNDED, 10000, 65536 - 40000, &fd);
			cr_expect(eq(int, vmap_shared_reshape(ring, capacities[i], (enum vmap_ring_policy)policy), 0));
			expect_window(&ring, fd, 60000, 100000, capacities[i]);
			cr_expect(eq(int, (int)ring_append(ring, 25536), 25536));
			expect_window(&ring, fd, 60000, 125536, capacities[i]);
			vmap_shared_close(ring);
			close(fd);
		}
	}
}

/* The last byte consumed tells whether a line starts behind it, but not when a dead writer wrote over it. */
Test(shared_reshape, to_overwrite_does_not_take_spoilt_bytes_for_a_line_end)
{
	MUST(pattern_at(59999) != '\n');
	uint64_t expected = 60000;
	while (pattern_at(expected++) != '\n')
		;
	int fd;
	struct vmap_shared *ring = killed(BOUNDED, 10000, 65536 - 40000, &fd);
	cr_expect(eq(int, vmap_shared_reshape(ring, 65536, OVERWRITE), 0));
	cr_expect(eq(u64, vmap_shared_oldest(ring, VMAP_ALIGN_LINE), expected));
	vmap_shared_close(ring);
	close(fd);
}

Test(shared_reshape, to_overwrite_knows_a_line_behind_what_was_consumed)
{
	int fd;
	struct vmap_shared *ring = open_with_fd(65536, 0, BOUNDED, &fd);
	for (int i = 0; i < 60; i++)
		append_line(ring, 1000);
	cr_expect(eq(int, vmap_shared_consume(ring, 0, 3000), 0));
	cr_expect(eq(int, vmap_shared_reshape(ring, 65536, OVERWRITE), 0));
	cr_expect(eq(u64, vmap_shared_oldest(ring, VMAP_ALIGN_LINE), 3000));
	cr_expect(eq(int, vmap_shared_reshape(ring, 65536, BOUNDED), 0));
	cr_expect(eq(int, vmap_shared_consume(ring, 3000, 500), 0));
	cr_expect(eq(int, vmap_shared_reshape(ring, 131072, OVERWRITE), 0));
	cr_expect(eq(u64, vmap_shared_oldest(ring, VMAP_ALIGN_LINE), 4000));
	vmap_shared_close(ring);
	close(fd);
}

Test(shared_reshape, near_the_position_limit_keeps_all)
{
	int fd;
	struct vmap_shared *ring = open_with_fd(3 * 65536, VMAP_SHARED_POSITION_MAX - 100000, OVERWRITE, &fd);
	cr_expect(eq(int, (int)ring_append(ring, 99000), 99000));
	cr_expect(eq(int, vmap_shared_reshape(ring, 65536, BOUNDED), 0));
	expect_window(&ring, fd, VMAP_SHARED_POSITION_MAX - 1000 - 65536, VMAP_SHARED_POSITION_MAX - 1000, 65536);
	cr_expect(eq(int, vmap_shared_reshape(ring, 7 * 65536, OVERWRITE), 0));
	cr_expect(eq(int, (int)ring_append(ring, 1001), -EFBIG));
	cr_expect(eq(int, (int)ring_append(ring, 1000), 1000));
	expect_window(&ring, fd, VMAP_SHARED_POSITION_MAX - 1000 - 65536, VMAP_SHARED_POSITION_MAX, 7 * 65536);
	vmap_shared_close(ring);
	close(fd);
}

/* On a disk, where pages, blocks and the order of writes are another matter than in a memfd. */
Test(shared_reshape, of_a_file_on_disk_keeps_all_that_has_room)
{
	char path[] = "/tmp/ring-under-test-XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC);
	MUST(fd >= 0);
	MUST(unlink(path) == 0);
	struct vmap_shared_options options = {.capacity = 65536};
	cr_assert(eq(int, vmap_shared_format(fd, &options), 0));
	struct vmap_shared *ring = ring_map(fd);
	struct rng rng = {.state = 4201};
	for (int i = 0; i < 20; i++) {
		cr_assert(gt(int, (int)ring_append(ring, 1 + rng_below(&rng, 200000)), 0));
		struct vmap_shared_state state = ring_state(ring);
		uint64_t capacity = 65536 * (1 + rng_below(&rng, 7)), held = state.head - state.tail;
		cr_assert(eq(int, vmap_shared_reshape(ring, capacity, OVERWRITE), 0));
		expect_window(&ring, fd, state.head - (held < capacity ? held : capacity), state.head, capacity);
	}
	vmap_shared_close(ring);
	close(fd);
}

/* By who can write the file: a larger ring than anybody has mapped. */
Test(shared_reshape, believes_no_line_but_its_own)
{
	const uint64_t said = 4 * 65536;
	for (size_t i = 0; i < 2; i++) {
		int fd;
		struct vmap_shared *ring = open_with_fd(65536, 0, OVERWRITE, &fd);
		MUST(ring_append(ring, 5000) == 5000);
		MUST(ftruncate(fd, (off_t)(65536 + said)) == 0);
		file_put64(fd, AT_CAPACITY, said);
		header_seal(fd);
		if (i == 1)
			cr_expect(eq(int, vmap_shared_set_attributes(ring, 7), 0));
		cr_expect(eq(int, vmap_shared_reshape(ring, said, OVERWRITE), 0));
		cr_expect(eq(int, (int)ring_append(ring, said - 5000), (int)(said - 5000)));
		expect_window(&ring, fd, 0, said, said);
		vmap_shared_close(ring);
		close(fd);
	}
}
