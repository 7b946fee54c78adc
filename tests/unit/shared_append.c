/* SPDX-License-Identifier: MIT */
/* Appending, clearing, times and the position limit of a shared ring. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "helpers.h"

static struct vmap_shared_state state_of(const struct vmap_shared *ring)
{
	struct vmap_shared_state state;
	vmap_shared_get_state(ring, &state);
	return state;
}

static ssize_t append_pattern(struct vmap_shared *ring, size_t len)
{
	uint8_t *bytes = xmalloc(len);
	pattern_fill(bytes, state_of(ring).head, len);
	ssize_t n = vmap_shared_append(ring, bytes, len);
	free(bytes);
	return n;
}

/* The whole window [tail, head) can be read and is what belongs there. */
static bool window_is_whole(const struct vmap_shared *ring)
{
	struct vmap_shared_state state = state_of(ring);
	size_t len = (size_t)(state.head - state.tail);
	uint8_t *bytes = xmalloc(len + 1);
	uint64_t cursor = state.tail;
	ssize_t n = vmap_shared_read(ring, &cursor, bytes, len + 1);
	bool whole = n == (len > 0 ? (ssize_t)len : -EAGAIN) && cursor == state.head &&
		     pattern_matches(bytes, state.tail, len);
	free(bytes);
	return whole;
}

Test(shared_append, moves_the_head_and_counts)
{
	struct vmap_shared *ring = ring_open(65536, 0);
	cr_expect(eq(int, (int)append_pattern(ring, 100), 100));
	cr_expect(eq(int, (int)append_pattern(ring, 1), 1));
	struct vmap_shared_state state = state_of(ring);
	cr_expect(eq(u64, state.head, 101));
	cr_expect(eq(u64, state.tail, 0));
	cr_expect(eq(u64, state.records, 2));
	cr_expect(eq(u64, state.bytes, 101));
	cr_expect(eq(u64, state.capacity, 65536));
	cr_expect(window_is_whole(ring));
	vmap_shared_close(ring);
}

Test(shared_append, of_nothing_changes_nothing)
{
	struct vmap_shared *ring = ring_open(65536, 0);
	append_pattern(ring, 10);
	struct vmap_shared_state before = state_of(ring);
	cr_expect(eq(int, (int)vmap_shared_append(ring, "", 0), 0));
	struct vmap_shared_state after = state_of(ring);
	cr_expect(states_equal(&before, &after));
	vmap_shared_close(ring);
}

/* Regression: a write that ends exactly at the capacity left a peer's ring empty. */
Test(shared_append, ending_exactly_at_the_capacity_keeps_all)
{
	struct vmap_shared *ring = ring_open(3 * 65536, 0);
	append_pattern(ring, 1000);
	append_pattern(ring, 3 * 65536 - 1000);
	cr_expect(eq(u64, state_of(ring).tail, 0));
	cr_expect(eq(u64, state_of(ring).head, 3 * 65536));
	cr_expect(window_is_whole(ring));
	vmap_shared_close(ring);
}

Test(shared_append, of_exactly_the_capacity_keeps_all)
{
	struct vmap_shared *ring = ring_open(65536, 0);
	for (int i = 1; i <= 3; i++) {
		cr_expect(eq(int, (int)append_pattern(ring, 65536), 65536));
		cr_expect(eq(u64, state_of(ring).head, (uint64_t)i * 65536));
		cr_expect(eq(u64, state_of(ring).tail, (uint64_t)(i - 1) * 65536));
		cr_expect(window_is_whole(ring));
	}
	vmap_shared_close(ring);
}

Test(shared_append, across_the_seam_is_one_run)
{
	struct vmap_shared *ring = ring_open(3 * 65536, 0);
	append_pattern(ring, 3 * 65536 - 1); /* the next record starts on the last byte */
	append_pattern(ring, 30000);
	cr_expect(eq(u64, state_of(ring).tail, 29999));
	cr_expect(window_is_whole(ring));
	vmap_shared_close(ring);
}

Test(shared_append, one_byte_beyond_the_seam_loses_one_byte)
{
	struct vmap_shared *ring = ring_open(65536, 0);
	append_pattern(ring, 65535);
	append_pattern(ring, 2);
	cr_expect(eq(u64, state_of(ring).tail, 1));
	cr_expect(window_is_whole(ring));
	vmap_shared_close(ring);
}

/* Regression: the excess is dropped, at the front, and not the record. */
Test(shared_append, beyond_the_capacity_keeps_the_last_bytes)
{
	const size_t lens[] = {65537, 2 * 65536, 5 * 65536 + 77, 3 * MIB + 1};
	struct vmap_shared *ring = ring_open(65536, 0);
	uint64_t head = 0;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		append_pattern(ring, 13);
		cr_expect(eq(sz, (size_t)append_pattern(ring, lens[i]), lens[i]));
		head += 13 + lens[i];
		cr_expect(eq(u64, state_of(ring).head, head));
		cr_expect(eq(u64, state_of(ring).tail, head - 65536));
		cr_expect(eq(u64, state_of(ring).bytes, head));
		cr_expect(window_is_whole(ring));
	}
	vmap_shared_close(ring);
}

Test(shared_append, refuses_lengths_above_ssize_max)
{
	struct vmap_shared *ring = ring_open(65536, 0);
	volatile size_t len = (size_t)SSIZE_MAX + 1;
	cr_expect(eq(int, (int)vmap_shared_append(ring, "x", len), -EINVAL));
	cr_expect(eq(u64, state_of(ring).head, 0));
	vmap_shared_close(ring);
}

/* 32-bit arithmetic anywhere would show here. */
static void expect_crossing(uint64_t limit)
{
	const uint64_t capacity = 3 * 65536;
	struct vmap_shared *ring = ring_open(capacity, limit - 70000);
	for (int i = 0; i < 20; i++) {
		cr_expect(eq(int, (int)append_pattern(ring, 12345), 12345));
		cr_expect(window_is_whole(ring), "limit %llu append %d", (unsigned long long)limit, i);
	}
	cr_expect(eq(u64, state_of(ring).head, limit - 70000 + 20 * 12345));
	cr_expect(eq(u64, state_of(ring).tail, limit - 70000 + 20 * 12345 - capacity));
	vmap_shared_close(ring);
}

Test(shared_append, passes_2_to_the_31)
{
	expect_crossing((uint64_t)1 << 31);
}

Test(shared_append, passes_2_to_the_32)
{
	expect_crossing((uint64_t)1 << 32);
}

Test(shared_append, passes_2_to_the_62)
{
	expect_crossing((uint64_t)1 << 62);
}

Test(shared_append, beyond_the_position_limit_is_efbig_and_changes_nothing)
{
	int fd = ring_fd(65536, VMAP_SHARED_POSITION_MAX - 1000);
	struct vmap_shared *ring = NULL;
	cr_assert(eq(int, vmap_shared_open(fd, &ring), 0));
	append_pattern(ring, 500);
	struct vmap_shared_state before = state_of(ring);
	uint64_t intent = file_get64(fd, AT_INTENT);
	cr_expect(eq(int, (int)append_pattern(ring, 501), -EFBIG));
	cr_expect(eq(int, (int)append_pattern(ring, 200000), -EFBIG));
	volatile size_t longest = SSIZE_MAX;
	cr_expect(eq(int, (int)vmap_shared_append(ring, "x", longest), -EFBIG));
	struct vmap_shared_state after = state_of(ring);
	cr_expect(states_equal(&before, &after));
	cr_expect(eq(u64, file_get64(fd, AT_INTENT), intent));
	cr_expect(window_is_whole(ring));
	cr_expect(eq(int, (int)append_pattern(ring, 499), 499));
	cr_expect(window_is_whole(ring));
	cr_expect(eq(int, (int)append_pattern(ring, 2), -EFBIG));
	vmap_shared_close(ring);
	close(fd);
}

Test(shared_append, at_the_position_limit_can_be_opened_again)
{
	int fd = ring_fd(65536, VMAP_SHARED_POSITION_MAX - 100);
	struct vmap_shared *ring = NULL;
	cr_assert(eq(int, vmap_shared_open(fd, &ring), 0));
	append_pattern(ring, 99);
	vmap_shared_close(ring);
	cr_assert(eq(int, vmap_shared_open(fd, &ring), 0));
	cr_expect(window_is_whole(ring));
	cr_expect(eq(int, (int)append_pattern(ring, 100), -EFBIG));
	vmap_shared_close(ring);
	close(fd);
}

Test(shared_append, is_there_after_a_reopen)
{
	int fd = ring_fd(3 * 65536, 0);
	for (int i = 0; i < 50; i++) {
		struct vmap_shared *ring = NULL;
		cr_assert(eq(int, vmap_shared_open(fd, &ring), 0));
		cr_expect(window_is_whole(ring));
		append_pattern(ring, 10007);
		struct vmap_shared_state before = state_of(ring), after;
		vmap_shared_close(ring);
		cr_assert(eq(int, vmap_shared_open(fd, &ring), 0));
		after = state_of(ring);
		cr_expect(states_equal(&before, &after));
		vmap_shared_close(ring);
	}
	close(fd);
}

Test(shared_mtime, grows_with_every_append)
{
	struct vmap_shared *ring = ring_open(65536, 0);
	uint64_t last = state_of(ring).mtime_ns;
	for (int i = 0; i < 10000; i++) {
		append_pattern(ring, 7);
		uint64_t now = state_of(ring).mtime_ns;
		if (now <= last)
			cr_fatal("append %d", i);
		last = now;
	}
	vmap_shared_clear(ring);
	cr_expect(gt(u64, state_of(ring).mtime_ns, last));
	vmap_shared_close(ring);
}

Test(shared_mtime, is_what_was_set_and_grows_from_there)
{
	struct vmap_shared *ring = ring_open(65536, 0);
	const uint64_t future = UINT64_C(4102444800000000000); /* the year 2100 */
	vmap_shared_set_mtime(ring, future);
	cr_expect(eq(u64, state_of(ring).mtime_ns, future));
	append_pattern(ring, 1);
	cr_expect(gt(u64, state_of(ring).mtime_ns, future));
	uint64_t last = state_of(ring).mtime_ns;
	vmap_shared_clear(ring);
	cr_expect(gt(u64, state_of(ring).mtime_ns, last));
	vmap_shared_set_mtime(ring, 1);
	cr_expect(eq(u64, state_of(ring).mtime_ns, 1));
	append_pattern(ring, 1);
	cr_expect(gt(u64, state_of(ring).mtime_ns, 1));
	vmap_shared_close(ring);
}

Test(shared_mtime, grows_across_a_reopen)
{
	int fd = ring_fd(65536, 0);
	struct vmap_shared *ring = NULL;
	cr_assert(eq(int, vmap_shared_open(fd, &ring), 0));
	vmap_shared_set_mtime(ring, UINT64_C(4102444800000000000));
	append_pattern(ring, 1);
	uint64_t last = state_of(ring).mtime_ns;
	vmap_shared_close(ring);
	cr_assert(eq(int, vmap_shared_open(fd, &ring), 0));
	append_pattern(ring, 1);
	cr_expect(gt(u64, state_of(ring).mtime_ns, last));
	vmap_shared_close(ring);
	close(fd);
}

Test(shared_clear, drops_the_bytes_and_keeps_the_positions)
{
	struct vmap_shared *ring = ring_open(65536, 0);
	append_pattern(ring, 100000);
	struct vmap_shared_state before = state_of(ring);
	vmap_shared_clear(ring);
	struct vmap_shared_state state = state_of(ring);
	cr_expect(eq(u64, state.head, 100000));
	cr_expect(eq(u64, state.tail, 100000));
	cr_expect(eq(u64, state.floor, 100000));
	cr_expect(eq(u64, state.bytes, before.bytes));
	cr_expect(eq(u64, state.records, before.records));
	append_pattern(ring, 65535);
	cr_expect(eq(u64, state_of(ring).tail, 100000));
	cr_expect(window_is_whole(ring));
	append_pattern(ring, 2);
	cr_expect(eq(u64, state_of(ring).tail, 100001));
	cr_expect(window_is_whole(ring));
	vmap_shared_close(ring);
}

Test(shared_clear, is_there_after_a_reopen)
{
	int fd = ring_fd(65536, 0);
	struct vmap_shared *ring = NULL;
	cr_assert(eq(int, vmap_shared_open(fd, &ring), 0));
	append_pattern(ring, 1000);
	vmap_shared_clear(ring);
	append_pattern(ring, 10);
	vmap_shared_close(ring);
	cr_assert(eq(int, vmap_shared_open(fd, &ring), 0));
	cr_expect(eq(u64, state_of(ring).tail, 1000));
	cr_expect(eq(u64, state_of(ring).head, 1010));
	cr_expect(window_is_whole(ring));
	vmap_shared_close(ring);
	close(fd);
}

Test(shared_clear, of_an_empty_ring_is_no_harm)
{
	struct vmap_shared *ring = ring_open(65536, 500);
	vmap_shared_clear(ring);
	vmap_shared_clear(ring);
	cr_expect(eq(u64, state_of(ring).head, 500));
	cr_expect(window_is_whole(ring));
	vmap_shared_close(ring);
}

Test(shared_sync, succeeds_on_a_file)
{
	char path[] = "/tmp/ring-under-test-XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC);
	MUST(fd >= 0);
	MUST(unlink(path) == 0);
	struct vmap_shared_options options = {.capacity = 65536};
	cr_assert(eq(int, vmap_shared_format(fd, &options), 0));
	struct vmap_shared *ring = NULL;
	cr_assert(eq(int, vmap_shared_open(fd, &ring), 0));
	append_pattern(ring, 100000);
	cr_expect(eq(int, vmap_shared_sync(ring), 0));
	cr_expect(window_is_whole(ring));
	vmap_shared_close(ring);
	close(fd);
}
