/* SPDX-License-Identifier: MIT */
/* A ring in the memory of one process: what each call promises. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <vmap/ring.h>

#include "helpers.h"

static struct vmap_ring *create(size_t capacity, enum vmap_ring_policy policy, uint64_t start)
{
	struct vmap_ring *ring = NULL;
	int r = vmap_ring_create_at(capacity, policy, start, &ring);
	errno = -r;
	MUST(r == 0);
	return ring;
}

/* Write the bytes that belong at the head. */
static ssize_t write_pattern(struct vmap_ring *ring, size_t len)
{
	uint8_t *bytes = xmalloc(len);
	pattern_fill(bytes, vmap_ring_head(ring), len);
	ssize_t n = vmap_ring_write(ring, bytes, len);
	free(bytes);
	return n;
}

static bool holds_pattern(const struct vmap_ring *ring)
{
	struct vmap_span span = vmap_ring_readable(ring);
	return span.len == (size_t)(vmap_ring_head(ring) - vmap_ring_tail(ring)) &&
	       pattern_matches(span.data, vmap_ring_tail(ring), span.len);
}

Test(ring_create, is_empty_at_position_zero)
{
	struct vmap_ring *ring = NULL;
	cr_assert(eq(int, vmap_ring_create(1, VMAP_RING_BOUNDED, &ring), 0));
	cr_expect(eq(u64, vmap_ring_head(ring), 0));
	cr_expect(eq(u64, vmap_ring_tail(ring), 0));
	cr_expect(eq(u64, vmap_ring_overwritten(ring), 0));
	cr_expect(eq(sz, vmap_ring_readable(ring).len, 0));
	cr_expect(eq(sz, vmap_ring_writable(ring).len, vmap_ring_capacity(ring)));
	vmap_ring_destroy(ring);
}

Test(ring_create, rounds_the_capacity_up)
{
	size_t unit = vmap_allocation_size();
	const size_t asked[] = {1, unit - 1, unit, unit + 1, 3 * unit, 3 * unit - 7, 5 * unit + 1};
	const size_t given[] = {unit, unit, unit, 2 * unit, 3 * unit, 3 * unit, 6 * unit};
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		struct vmap_ring *ring = create(asked[i], VMAP_RING_OVERWRITE, 0);
		cr_expect(eq(sz, vmap_ring_capacity(ring), given[i]));
		vmap_ring_destroy(ring);
	}
}

static void expect_create_error(size_t capacity, int policy, int error)
{
	struct vmap_ring *const untouched = (struct vmap_ring *)(uintptr_t)0x5a5a;
	struct vmap_ring *ring = untouched;
	size_t n_fds = count_fds();
	size_t n_maps = count_maps("memfd:");
	uint64_t space = address_space();
	for (int i = 0; i < 8; i++)
		cr_expect(eq(int, vmap_ring_create(capacity, (enum vmap_ring_policy)policy, &ring), error));
	cr_expect(eq(int, vmap_last_error().result, error));
	cr_expect(eq(int, (int)vmap_last_error().operation, VMAP_OPERATION_RING_ALLOCATE));
	cr_expect(eq(ptr, ring, untouched));
	cr_expect(eq(sz, count_fds(), n_fds));
	cr_expect(eq(sz, count_maps("memfd:"), n_maps));
	cr_expect(lt(u64, address_space() - space, 64 * MIB));
}

Test(ring_create, refuses_a_capacity_of_zero)
{
	expect_create_error(0, VMAP_RING_BOUNDED, -EINVAL);
	expect_create_error(0, VMAP_RING_OVERWRITE, -EINVAL);
}

Test(ring_create, refuses_an_unknown_policy)
{
	expect_create_error(4096, 0, -EINVAL);
	expect_create_error(4096, 3, -EINVAL);
}

Test(ring_create, refuses_what_does_not_fit_twice_into_size_t)
{
	expect_create_error(SIZE_MAX, VMAP_RING_BOUNDED, -EOVERFLOW);
	expect_create_error(SIZE_MAX - vmap_allocation_size() + 1, VMAP_RING_BOUNDED, -EOVERFLOW);
	expect_create_error(SIZE_MAX / 2 + 1, VMAP_RING_BOUNDED, -EOVERFLOW);
	expect_create_error(SIZE_MAX / 2, VMAP_RING_BOUNDED, -EOVERFLOW);
}

Test(ring_create, without_address_space_is_enomem)
{
	if (!space_ends_with_enomem())
		cr_skip_test("too large a mapping is not ENOMEM here");
	expect_create_error(TOO_MUCH_SPACE, VMAP_RING_OVERWRITE, -ENOMEM);
}

static int create_bounded(void *ret_ring)
{
	return vmap_ring_create(4096, VMAP_RING_BOUNDED, ret_ring);
}

Test(ring_create, without_descriptors_is_emfile)
{
	struct vmap_ring *ring = NULL;
	int r = 0;
	if (!without_descriptors(create_bounded, &ring, &r))
		cr_skip_test("nothing limits descriptors here");
	cr_assert(eq(int, r, -EMFILE));
	cr_expect(eq(int, (int)vmap_last_error().operation, VMAP_OPERATION_MEMORY_FD));
	cr_assert(ring == NULL);
}

Test(ring_create, keeps_no_descriptor)
{
	size_t n_fds = count_fds();
	struct vmap_ring *ring = create(4096, VMAP_RING_BOUNDED, 0);
	cr_expect(eq(sz, count_fds(), n_fds));
	vmap_ring_destroy(ring);
}

Test(ring_destroy, takes_null)
{
	vmap_ring_destroy(NULL);
}

Test(ring_destroy, gives_everything_back)
{
	vmap_ring_destroy(create(4096, VMAP_RING_BOUNDED, 0));
	size_t n_maps = count_maps("memfd:");
	uint64_t space = address_space();
	for (int i = 0; i < 8; i++)
		vmap_ring_destroy(create(64 * MIB, VMAP_RING_OVERWRITE, 0));
	cr_expect(eq(sz, count_maps("memfd:"), n_maps));
	cr_expect(lt(u64, address_space() - space, 64 * MIB));
}

Test(ring_readable, is_one_span_across_the_seam)
{
	struct vmap_ring *ring = create(3 * vmap_page_size(), VMAP_RING_BOUNDED, 0);
	size_t capacity = vmap_ring_capacity(ring);
	cr_assert(eq(sz, (size_t)write_pattern(ring, capacity - 10), capacity - 10));
	cr_assert(eq(int, vmap_ring_consume(ring, capacity - 10), 0));
	cr_assert(eq(sz, (size_t)write_pattern(ring, 1000), 1000));
	struct vmap_span span = vmap_ring_readable(ring);
	cr_assert(eq(sz, span.len, 1000));
	cr_assert(pattern_matches(span.data, capacity - 10, 1000));
	vmap_ring_destroy(ring);
}

Test(ring_writable, is_one_span_across_the_seam)
{
	struct vmap_ring *ring = create(3 * vmap_page_size(), VMAP_RING_BOUNDED, 0);
	size_t capacity = vmap_ring_capacity(ring);
	write_pattern(ring, capacity - 10);
	vmap_ring_consume(ring, capacity - 100);
	struct vmap_span_mut space = vmap_ring_writable(ring);
	cr_assert(eq(sz, space.len, capacity - 90));
	pattern_fill(space.data, vmap_ring_head(ring), space.len);
	cr_assert(eq(int, vmap_ring_feed(ring, space.len), 0));
	cr_assert(eq(sz, vmap_ring_readable(ring).len, capacity));
	cr_assert(holds_pattern(ring));
	vmap_ring_destroy(ring);
}

Test(ring_writable, of_an_overwrite_ring_is_the_capacity)
{
	struct vmap_ring *ring = create(4096, VMAP_RING_OVERWRITE, 0);
	size_t capacity = vmap_ring_capacity(ring);
	cr_expect(eq(sz, vmap_ring_writable(ring).len, capacity));
	write_pattern(ring, capacity);
	cr_expect(eq(sz, vmap_ring_writable(ring).len, capacity));
	vmap_ring_destroy(ring);
}

Test(ring_feed, refuses_more_than_is_writable)
{
	struct vmap_ring *ring = create(4096, VMAP_RING_BOUNDED, 0);
	size_t capacity = vmap_ring_capacity(ring);
	write_pattern(ring, 100);
	cr_expect(eq(int, vmap_ring_feed(ring, capacity - 99), -EINVAL));
	cr_expect(eq(int, vmap_ring_feed(ring, SIZE_MAX), -EINVAL));
	cr_expect(eq(u64, vmap_ring_head(ring), 100));
	cr_expect(holds_pattern(ring));
	cr_expect(eq(int, vmap_ring_feed(ring, capacity - 100), 0));
	cr_expect(eq(sz, vmap_ring_writable(ring).len, 0));
	vmap_ring_destroy(ring);
}

Test(ring_feed, of_an_overwrite_ring_refuses_more_than_the_capacity)
{
	struct vmap_ring *ring = create(4096, VMAP_RING_OVERWRITE, 0);
	size_t capacity = vmap_ring_capacity(ring);
	write_pattern(ring, 100);
	cr_expect(eq(int, vmap_ring_feed(ring, capacity + 1), -EINVAL));
	cr_expect(eq(u64, vmap_ring_head(ring), 100));
	cr_expect(eq(u64, vmap_ring_overwritten(ring), 0));
	vmap_ring_destroy(ring);
}

Test(ring_feed, counts_what_gave_way)
{
	struct vmap_ring *ring = create(4096, VMAP_RING_OVERWRITE, 0);
	size_t capacity = vmap_ring_capacity(ring);
	write_pattern(ring, 100);
	struct vmap_span_mut space = vmap_ring_writable(ring);
	pattern_fill(space.data, vmap_ring_head(ring), capacity);
	cr_assert(eq(int, vmap_ring_feed(ring, capacity), 0));
	cr_expect(eq(u64, vmap_ring_overwritten(ring), 100));
	cr_expect(eq(u64, vmap_ring_tail(ring), 100));
	cr_expect(holds_pattern(ring));
	vmap_ring_destroy(ring);
}

Test(ring_consume, refuses_more_than_is_readable)
{
	struct vmap_ring *ring = create(4096, VMAP_RING_BOUNDED, 0);
	cr_expect(eq(int, vmap_ring_consume(ring, 1), -EINVAL));
	write_pattern(ring, 100);
	cr_expect(eq(int, vmap_ring_consume(ring, 101), -EINVAL));
	cr_expect(eq(int, vmap_ring_consume(ring, SIZE_MAX), -EINVAL));
	cr_expect(eq(u64, vmap_ring_tail(ring), 0));
	cr_expect(eq(int, vmap_ring_consume(ring, 100), 0));
	cr_expect(eq(u64, vmap_ring_tail(ring), 100));
	cr_expect(eq(u64, vmap_ring_overwritten(ring), 0));
	vmap_ring_destroy(ring);
}

/* Regression: a write that ends exactly at the capacity left a peer's ring empty. */
static void expect_full_after_capacity(enum vmap_ring_policy policy, uint64_t start)
{
	struct vmap_ring *ring = create(3 * vmap_page_size(), policy, start);
	size_t capacity = vmap_ring_capacity(ring);
	cr_expect(eq(sz, (size_t)write_pattern(ring, capacity), capacity));
	cr_expect(eq(sz, vmap_ring_readable(ring).len, capacity));
	cr_expect(eq(u64, vmap_ring_overwritten(ring), 0));
	cr_expect(holds_pattern(ring));
	vmap_ring_destroy(ring);
}

Test(ring_write, of_exactly_the_capacity_fills_it)
{
	expect_full_after_capacity(VMAP_RING_BOUNDED, 0);
	expect_full_after_capacity(VMAP_RING_OVERWRITE, 0);
	expect_full_after_capacity(VMAP_RING_BOUNDED, 4711);
	expect_full_after_capacity(VMAP_RING_OVERWRITE, 4711);
}

Test(ring_write, beyond_the_capacity_keeps_the_last_bytes)
{
	struct vmap_ring *ring = create(4096, VMAP_RING_OVERWRITE, 0);
	size_t capacity = vmap_ring_capacity(ring);
	write_pattern(ring, 100);
	cr_expect(eq(sz, (size_t)write_pattern(ring, 3 * capacity + 5), 3 * capacity + 5));
	cr_expect(eq(u64, vmap_ring_head(ring), 3 * capacity + 105));
	cr_expect(eq(u64, vmap_ring_tail(ring), 2 * capacity + 105));
	cr_expect(eq(u64, vmap_ring_overwritten(ring), 2 * capacity + 105));
	cr_expect(holds_pattern(ring));
	vmap_ring_destroy(ring);
}

Test(ring_write, to_a_bounded_ring_takes_what_fits)
{
	struct vmap_ring *ring = create(4096, VMAP_RING_BOUNDED, 0);
	size_t capacity = vmap_ring_capacity(ring);
	write_pattern(ring, 100);
	cr_expect(eq(sz, (size_t)write_pattern(ring, capacity), capacity - 100));
	cr_expect(eq(sz, vmap_ring_readable(ring).len, capacity));
	cr_expect(holds_pattern(ring));
	vmap_ring_destroy(ring);
}

Test(ring_write, to_a_full_bounded_ring_is_eagain)
{
	struct vmap_ring *ring = create(4096, VMAP_RING_BOUNDED, 0);
	size_t capacity = vmap_ring_capacity(ring);
	write_pattern(ring, capacity);
	cr_expect(eq(int, (int)vmap_ring_write(ring, "x", 1), -EAGAIN));
	cr_expect(eq(u64, vmap_ring_head(ring), capacity));
	cr_expect(holds_pattern(ring));
	vmap_ring_destroy(ring);
}

Test(ring_write, of_nothing_is_zero)
{
	struct vmap_ring *ring = create(4096, VMAP_RING_BOUNDED, 0);
	cr_expect(eq(int, (int)vmap_ring_write(ring, "", 0), 0));
	write_pattern(ring, vmap_ring_capacity(ring));
	cr_expect(eq(int, (int)vmap_ring_write(ring, "", 0), 0));
	vmap_ring_destroy(ring);
}

Test(ring_write, refuses_lengths_above_ssize_max)
{
	for (int policy = VMAP_RING_OVERWRITE; policy <= VMAP_RING_BOUNDED; policy++) {
		struct vmap_ring *ring = create(4096, (enum vmap_ring_policy)policy, 0);
		volatile size_t len = (size_t)SSIZE_MAX + 1;
		cr_expect(eq(int, (int)vmap_ring_write(ring, "x", len), -EINVAL));
		cr_expect(eq(int, vmap_ring_write_all(ring, "x", len), -EINVAL));
		char byte;
		cr_expect(eq(int, (int)vmap_ring_read(ring, &byte, len), -EINVAL));
		cr_expect(eq(u64, vmap_ring_head(ring), 0));
		vmap_ring_destroy(ring);
	}
}

Test(ring_write_all, takes_all_or_nothing)
{
	struct vmap_ring *ring = create(4096, VMAP_RING_BOUNDED, 0);
	size_t capacity = vmap_ring_capacity(ring);
	uint8_t *bytes = xmalloc(2 * capacity);
	pattern_fill(bytes, 0, 2 * capacity);
	cr_expect(eq(int, vmap_ring_write_all(ring, bytes, capacity + 1), -EMSGSIZE));
	cr_expect(eq(int, vmap_ring_write_all(ring, bytes, 10), 0));
	cr_expect(eq(int, vmap_ring_write_all(ring, bytes + 10, capacity - 9), -EAGAIN));
	cr_expect(eq(u64, vmap_ring_head(ring), 10));
	cr_expect(eq(int, vmap_ring_write_all(ring, bytes + 10, capacity - 10), 0));
	cr_expect(eq(int, vmap_ring_write_all(ring, bytes, 1), -EAGAIN));
	cr_expect(eq(int, vmap_ring_write_all(ring, bytes, capacity + 1), -EMSGSIZE));
	cr_expect(eq(int, vmap_ring_write_all(ring, bytes, 0), 0));
	cr_expect(eq(u64, vmap_ring_head(ring), capacity));
	cr_expect(holds_pattern(ring));
	free(bytes);
	vmap_ring_destroy(ring);
}

Test(ring_write_all, to_an_overwrite_ring_always_succeeds)
{
	struct vmap_ring *ring = create(4096, VMAP_RING_OVERWRITE, 0);
	size_t capacity = vmap_ring_capacity(ring);
	uint8_t *bytes = xmalloc(2 * capacity);
	pattern_fill(bytes, 0, 2 * capacity);
	cr_expect(eq(int, vmap_ring_write_all(ring, bytes, 2 * capacity), 0));
	cr_expect(eq(u64, vmap_ring_tail(ring), capacity));
	cr_expect(holds_pattern(ring));
	free(bytes);
	vmap_ring_destroy(ring);
}

Test(ring_read, consumes_the_oldest_bytes)
{
	struct vmap_ring *ring = create(4096, VMAP_RING_BOUNDED, 0);
	uint8_t bytes[200];
	cr_expect(eq(int, (int)vmap_ring_read(ring, bytes, sizeof(bytes)), 0));
	write_pattern(ring, 150);
	cr_expect(eq(int, (int)vmap_ring_read(ring, bytes, 100), 100));
	cr_expect(pattern_matches(bytes, 0, 100));
	cr_expect(eq(u64, vmap_ring_tail(ring), 100));
	cr_expect(eq(int, (int)vmap_ring_read(ring, bytes, sizeof(bytes)), 50));
	cr_expect(pattern_matches(bytes, 100, 50));
	cr_expect(eq(int, (int)vmap_ring_read(ring, bytes, sizeof(bytes)), 0));
	cr_expect(eq(int, (int)vmap_ring_read(ring, bytes, 0), 0));
	vmap_ring_destroy(ring);
}

/* Records of every length go in and out whole; the bytes around the copy stay as they are. */
Test(ring_read, copies_records_of_every_length)
{
	enum { MAX = 300 };
	for (size_t len = 0; len <= MAX; len++) {
		struct vmap_ring *ring = create(4096, VMAP_RING_BOUNDED, 0);
		size_t lead = vmap_ring_capacity(ring) - len / 2; /* the record lies across the seam */
		write_pattern(ring, lead);
		MUST(vmap_ring_consume(ring, lead) == 0);
		cr_expect(eq(sz, (size_t)write_pattern(ring, len), len));
		cr_expect(holds_pattern(ring), "length %zu", len);
		uint8_t bytes[MAX + 2];
		memset(bytes, 0x5a, sizeof(bytes));
		cr_expect(eq(sz, (size_t)vmap_ring_read(ring, bytes + 1, len), len));
		cr_expect(pattern_matches(bytes + 1, lead, len), "length %zu", len);
		cr_expect(bytes[0] == 0x5a && bytes[len + 1] == 0x5a, "length %zu", len);
		vmap_ring_destroy(ring);
	}
}

static void write_text(struct vmap_ring *ring, const char *text)
{
	MUST(vmap_ring_write_all(ring, text, strlen(text)) == 0);
}

static bool is_text(struct vmap_span span, const char *text)
{
	return span.len == strlen(text) && memcmp(span.data, text, span.len) == 0;
}

Test(ring_take_until, takes_up_to_and_with_the_delimiter)
{
	for (int policy = VMAP_RING_OVERWRITE; policy <= VMAP_RING_BOUNDED; policy++) {
		struct vmap_ring *ring = create(4096, (enum vmap_ring_policy)policy, 0);
		write_text(ring, "one;two\n;;three");
		cr_expect(is_text(vmap_ring_take_until(ring, ';'), "one;"));
		cr_expect(is_text(vmap_ring_take_line(ring), "two\n"));
		cr_expect(is_text(vmap_ring_take_until(ring, ';'), ";"));
		cr_expect(is_text(vmap_ring_take_until(ring, ';'), ";"));
		cr_expect(is_text(vmap_ring_take_until(ring, ';'), "three"));
		cr_expect(is_text(vmap_ring_take_until(ring, ';'), ""));
		cr_expect(eq(u64, vmap_ring_tail(ring), vmap_ring_head(ring)));
		vmap_ring_destroy(ring);
	}
}

Test(ring_take_line, is_one_span_across_the_seam)
{
	for (int policy = VMAP_RING_OVERWRITE; policy <= VMAP_RING_BOUNDED; policy++) {
		struct vmap_ring *ring = create(4096, (enum vmap_ring_policy)policy, 0);
		size_t lead = vmap_ring_capacity(ring) - 7;
		write_pattern(ring, lead);
		MUST(vmap_ring_consume(ring, lead) == 0);
		write_text(ring, "across the seam\nand on\n");
		cr_expect(is_text(vmap_ring_take_line(ring), "across the seam\n"));
		cr_expect(is_text(vmap_ring_take_line(ring), "and on\n"));
		vmap_ring_destroy(ring);
	}
}

/* The crate's example of a Ring: lines go in until there is no room, and out one by one. */
Test(ring_read_line, makes_room_for_more)
{
	struct vmap_ring *ring = create(4000, VMAP_RING_BOUNDED, 0);
	char text[64];
	int n_lines = 1;
	while (vmap_ring_writable(ring).len > 22) {
		snprintf(text, sizeof(text), "this is test line %d\n", n_lines++);
		write_text(ring, text);
	}
	snprintf(text, sizeof(text), "this is test line %d, which is longer\n", n_lines);
	cr_expect(eq(int, vmap_ring_write_all(ring, text, strlen(text)), -EAGAIN));
	char line[40];
	for (int i = 1; i <= 2; i++) {
		char expected[40];
		snprintf(expected, sizeof(expected), "this is test line %d\n", i);
		ssize_t len = vmap_ring_read_line(ring, line, sizeof(line));
		cr_expect(eq(sz, (size_t)len, strlen(expected)));
		cr_expect(eq(int, memcmp(line, expected, strlen(expected)), 0));
	}
	cr_expect(eq(int, vmap_ring_write_all(ring, text, strlen(text)), 0));
	vmap_ring_destroy(ring);
}

/* The crate's example of an InfiniteRing: the first line was overwritten in part, the next is whole. */
Test(ring_read_line, skips_what_was_overwritten)
{
	struct vmap_ring *ring = create(4000, VMAP_RING_OVERWRITE, 0);
	char text[64];
	for (int i = 1; vmap_ring_overwritten(ring) == 0; i++) {
		snprintf(text, sizeof(text), "this is line %6d\n", i);
		write_text(ring, text);
	}
	MUST(vmap_ring_overwritten(ring) < 20);
	cr_expect(eq(int, vmap_ring_consume(ring, 20 - (size_t)vmap_ring_tail(ring)), 0));
	char line[40];
	cr_expect(eq(int, (int)vmap_ring_read_line(ring, line, sizeof(line)), 20));
	cr_expect(eq(int, memcmp(line, "this is line      2\n", 20), 0));
	vmap_ring_destroy(ring);
}

Test(ring_read_until, copies_all_or_nothing)
{
	struct vmap_ring *ring = create(4096, VMAP_RING_BOUNDED, 0);
	char bytes[8] = "#######";
	cr_expect(eq(int, (int)vmap_ring_read_until(ring, ';', bytes, sizeof(bytes)), 0));
	write_text(ring, "abcd;efg");
	cr_expect(eq(int, (int)vmap_ring_read_until(ring, ';', bytes, 4), -EMSGSIZE));
	cr_expect(eq(int, (int)vmap_last_error().operation, VMAP_OPERATION_RING_READ));
	cr_expect(eq(int, memcmp(bytes, "#######", 8), 0));
	cr_expect(eq(u64, vmap_ring_tail(ring), 0));
	cr_expect(eq(int, (int)vmap_ring_read_until(ring, ';', bytes, 5), 5));
	cr_expect(eq(int, memcmp(bytes, "abcd;##", 8), 0));
	cr_expect(eq(int, (int)vmap_ring_read_until(ring, ';', bytes, 2), -EMSGSIZE));
	cr_expect(eq(int, (int)vmap_ring_read_until(ring, ';', bytes, 3), 3));
	cr_expect(eq(int, memcmp(bytes, "efgd;##", 8), 0));
	vmap_ring_destroy(ring);
}

static void expect_noted(int result, int error, enum vmap_operation operation)
{
	struct vmap_error noted = vmap_last_error();
	cr_expect(eq(int, result, error));
	cr_expect(eq(int, noted.result, error));
	cr_expect(eq(int, (int)noted.operation, (int)operation));
	cr_expect(eq(int, (int)noted.input, VMAP_INPUT_INVALID_RANGE));
}

Test(ring_errors, name_their_operation)
{
	struct vmap_ring *ring = create(4096, VMAP_RING_BOUNDED, 0);
	volatile size_t too_long = (size_t)SSIZE_MAX + 1;
	char byte = 'x';
	expect_noted(vmap_ring_feed(ring, SIZE_MAX), -EINVAL, VMAP_OPERATION_RING_WRITE);
	expect_noted(vmap_ring_consume(ring, 1), -EINVAL, VMAP_OPERATION_RING_READ);
	expect_noted((int)vmap_ring_write(ring, &byte, too_long), -EINVAL, VMAP_OPERATION_RING_WRITE);
	expect_noted(vmap_ring_write_all(ring, &byte, vmap_ring_capacity(ring) + 1), -EMSGSIZE,
		     VMAP_OPERATION_RING_WRITE);
	expect_noted((int)vmap_ring_read(ring, &byte, too_long), -EINVAL, VMAP_OPERATION_RING_READ);
	expect_noted(vmap_ring_write_all(ring, &byte, too_long), -EINVAL, VMAP_OPERATION_RING_WRITE);
	vmap_ring_destroy(ring);
}

Test(ring_policy, can_be_asked_for)
{
	struct vmap_ring *bounded = create(1, VMAP_RING_BOUNDED, 0);
	struct vmap_ring *overwrite = create(1, VMAP_RING_OVERWRITE, 0);
	cr_expect(vmap_ring_is_bounded(bounded));
	cr_expect(not(vmap_ring_is_bounded(overwrite)));
	vmap_ring_destroy(bounded);
	vmap_ring_destroy(overwrite);
}

Test(ring_clear, drops_the_bytes_and_keeps_the_positions)
{
	for (int policy = VMAP_RING_OVERWRITE; policy <= VMAP_RING_BOUNDED; policy++) {
		struct vmap_ring *ring = create(4096, (enum vmap_ring_policy)policy, 0);
		write_pattern(ring, 100);
		vmap_ring_clear(ring);
		cr_expect(eq(u64, vmap_ring_head(ring), 100));
		cr_expect(eq(u64, vmap_ring_tail(ring), 100));
		cr_expect(eq(sz, vmap_ring_writable(ring).len, vmap_ring_capacity(ring)));
		cr_expect(eq(sz, (size_t)write_pattern(ring, 4000), 4000));
		cr_expect(holds_pattern(ring));
		vmap_ring_destroy(ring);
	}
}

/* Any capacity may be prefaulted, whatever the ring holds. */
Test(ring_prefault, keeps_what_the_ring_holds)
{
	size_t page = vmap_page_size();
	const size_t sizes[] = {page, 7 * page, 2 * MIB - page, 2 * MIB, 2 * MIB + page, 6 * MIB};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct vmap_ring *ring = create(sizes[i], VMAP_RING_BOUNDED, 0);
		size_t capacity = vmap_ring_capacity(ring);
		uint8_t *bytes = xmalloc(capacity);
		pattern_fill(bytes, 0, capacity);
		MUST(vmap_ring_write_all(ring, bytes, capacity) == 0);
		MUST(vmap_ring_consume(ring, capacity / 2) == 0);
		MUST(vmap_ring_write_all(ring, bytes, capacity / 2) == 0);
		cr_assert(eq(int, vmap_ring_prefault(ring), 0));
		size_t kept = capacity - capacity / 2;
		struct vmap_span span = vmap_ring_readable(ring);
		cr_expect(eq(sz, span.len, capacity));
		cr_expect(pattern_matches(span.data, capacity / 2, kept));
		cr_expect(pattern_matches((const uint8_t *)span.data + kept, 0, capacity / 2));
		cr_assert(eq(int, vmap_ring_prefault(ring), 0));
		free(bytes);
		vmap_ring_destroy(ring);
	}
}

Test(ring_positions, pass_the_wrap_at_2_to_the_64)
{
	for (int policy = VMAP_RING_OVERWRITE; policy <= VMAP_RING_BOUNDED; policy++) {
		struct vmap_ring *ring = create(3 * vmap_page_size(), (enum vmap_ring_policy)policy, UINT64_MAX - 99);
		size_t capacity = vmap_ring_capacity(ring);
		cr_expect(eq(u64, vmap_ring_head(ring), UINT64_MAX - 99));
		cr_expect(eq(sz, (size_t)write_pattern(ring, capacity), capacity));
		cr_expect(eq(u64, vmap_ring_head(ring), capacity - 100));
		cr_expect(eq(u64, vmap_ring_tail(ring), UINT64_MAX - 99));
		cr_expect(holds_pattern(ring));
		cr_expect(eq(int, vmap_ring_consume(ring, 150), 0));
		cr_expect(eq(u64, vmap_ring_tail(ring), 50));
		cr_expect(eq(sz, (size_t)write_pattern(ring, 150), 150));
		cr_expect(holds_pattern(ring));
		vmap_ring_destroy(ring);
	}
}

Test(ring_positions, pass_the_wrap_in_an_over_long_write)
{
	struct vmap_ring *ring = create(3 * vmap_page_size(), VMAP_RING_OVERWRITE, UINT64_MAX - 9999);
	size_t capacity = vmap_ring_capacity(ring);
	cr_expect(eq(sz, (size_t)write_pattern(ring, 2 * capacity), 2 * capacity));
	cr_expect(eq(u64, vmap_ring_head(ring), 2 * capacity - 10000));
	cr_expect(eq(u64, vmap_ring_overwritten(ring), capacity));
	cr_expect(holds_pattern(ring));
	vmap_ring_destroy(ring);
}
