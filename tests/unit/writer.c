/* SPDX-License-Identifier: MIT */
/* A buffered writer: what each call promises. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>

#include "bufio_helpers.h"

static void expect_text(int fd, const char *text)
{
	char bytes[100] = "";
	ssize_t n = pipe_is_empty(fd) ? 0 : read(fd, bytes, sizeof(bytes));
	cr_expect(eq(int, (int)n, (int)strlen(text)));
	cr_expect(eq(int, memcmp(bytes, text, strlen(text)), 0));
}

/* Write the @len bytes that belong at @pos. */
static ssize_t write_pattern(struct vmap_writer *writer, uint64_t pos, size_t len)
{
	uint8_t *bytes = xmalloc(len);
	pattern_fill(bytes, pos, len);
	ssize_t n = vmap_writer_write(writer, bytes, len);
	free(bytes);
	return n;
}

static bool holds_pattern(const struct vmap_writer *writer, uint64_t pos, size_t len)
{
	struct vmap_span span = vmap_writer_buffer(writer);
	return span.len == len && pattern_matches(span.data, pos, len);
}

Test(writer_create, rounds_the_capacity_up_and_is_empty)
{
	struct unsure side = {0};
	struct vmap_writer *writer = writer_over(unsure_sink(&side), 1);
	cr_expect(eq(sz, vmap_writer_capacity(writer), vmap_allocation_size()));
	cr_expect(eq(sz, vmap_writer_buffer(writer).len, 0));
	cr_expect(eq(ptr, vmap_writer_sink(writer).context, &side));
	cr_expect(eq(int, vmap_writer_destroy(writer), 0));
	cr_expect(eq(sz, side.n_calls, 0));
}

Test(writer_create, refuses_what_a_ring_refuses)
{
	struct vmap_writer *const untouched = (struct vmap_writer *)(uintptr_t)0x5a5a;
	struct vmap_writer *writer = untouched;
	struct holdings before = holdings_now();
	expect_noted(vmap_writer_create(vmap_sink_fd(1), 0, &writer), -EINVAL, VMAP_OPERATION_RING_ALLOCATE);
	expect_noted(vmap_writer_create(vmap_sink_fd(1), SIZE_MAX, &writer), -EOVERFLOW, VMAP_OPERATION_RING_ALLOCATE);
	cr_expect(eq(ptr, writer, untouched));
	cr_expect(holdings_equal(before, holdings_now()));
}

/* The crate's example, through a descriptor. */
Test(writer_flush, writes_what_was_collected)
{
	int fds[2];
	MUST(pipe(fds) == 0);
	struct holdings before = holdings_now();
	struct vmap_writer *writer = writer_over(vmap_sink_fd(fds[1]), 4000);
	cr_expect(eq(int, vmap_writer_write_all(writer, "hello\n", 6), 0));
	cr_expect(eq(int, vmap_writer_write_all(writer, "world\n", 6), 0));
	cr_expect(pipe_is_empty(fds[0]));
	cr_expect(eq(int, vmap_writer_flush(writer), 0));
	expect_text(fds[0], "hello\nworld\n");
	cr_expect(eq(int, vmap_writer_write_all(writer, "last", 4), 0));
	cr_expect(eq(int, vmap_writer_destroy(writer), 0));
	expect_text(fds[0], "last");
	cr_expect(holdings_equal(before, holdings_now()));
	close(fds[0]);
	close(fds[1]);
}

Test(writer_flush, lets_the_sink_flush_last)
{
	struct unsure side = {0};
	struct vmap_writer *writer = writer_over(unsure_sink(&side), 4096);
	MUST(write_pattern(writer, 0, 10) == 10);
	cr_expect(eq(int, vmap_writer_flush(writer), 0));
	cr_expect(eq(u64, side.pos, 10));
	cr_expect(eq(sz, side.n_flushes, 1));
	side.error = -ENOSPC;
	expect_noted(vmap_writer_flush(writer), -ENOSPC, VMAP_OPERATION_SINK_FLUSH);
	MUST(write_pattern(writer, 10, 10) == 10);
	side.error = -ENOSPC;
	expect_noted(vmap_writer_flush(writer), -ENOSPC, VMAP_OPERATION_SINK_WRITE);
	cr_expect(eq(sz, side.n_flushes, 2));
	cr_expect(holds_pattern(writer, 10, 10));
	cr_expect(eq(int, vmap_writer_destroy(writer), 0));
	cr_expect(not(side.wrong));
}

Test(writer_write, empties_the_buffer_when_more_does_not_fit)
{
	struct unsure side = {0};
	struct vmap_writer *writer = writer_over(unsure_sink(&side), 4096);
	size_t capacity = vmap_writer_capacity(writer);
	cr_expect(eq(sz, (size_t)write_pattern(writer, 0, capacity - 10), capacity - 10));
	cr_expect(eq(sz, side.n_calls, 0));
	cr_expect(eq(int, (int)write_pattern(writer, capacity - 10, 11), 11));
	cr_expect(eq(u64, side.pos, capacity - 10));
	cr_expect(holds_pattern(writer, capacity - 10, 11));
	cr_expect(eq(int, vmap_writer_destroy(writer), 0));
	cr_expect(eq(u64, side.pos, capacity + 1));
	cr_expect(not(side.wrong));
}

Test(writer_write, of_the_capacity_or_more_goes_straight_to_the_sink)
{
	struct unsure side = {0};
	struct vmap_writer *writer = writer_over(unsure_sink(&side), 4096);
	size_t capacity = vmap_writer_capacity(writer);
	cr_expect(eq(sz, (size_t)write_pattern(writer, 0, capacity), capacity));
	cr_expect(eq(u64, side.pos, capacity));
	cr_expect(eq(int, (int)write_pattern(writer, capacity, 5), 5));
	cr_expect(eq(sz, (size_t)write_pattern(writer, capacity + 5, 3 * capacity), 3 * capacity));
	cr_expect(eq(u64, side.pos, 4 * capacity + 5));
	cr_expect(eq(sz, side.n_calls, 3));
	cr_expect(eq(int, vmap_writer_destroy(writer), 0));
	cr_expect(not(side.wrong));
}

Test(writer_write, keeps_what_a_short_write_left)
{
	struct unsure side = {.most = 100};
	struct vmap_writer *writer = writer_over(unsure_sink(&side), 4096);
	size_t capacity = vmap_writer_capacity(writer);
	cr_expect(eq(sz, (size_t)write_pattern(writer, 0, capacity), capacity));
	cr_expect(eq(u64, side.pos, 100));
	cr_expect(holds_pattern(writer, 100, capacity - 100));
	cr_expect(eq(int, vmap_writer_destroy(writer), 0));
	cr_expect(eq(u64, side.pos, capacity));
	cr_expect(not(side.wrong));
}

Test(writer_write, takes_nothing_when_the_sink_fails)
{
	struct unsure side = {0};
	struct vmap_writer *writer = writer_over(unsure_sink(&side), 4096);
	size_t capacity = vmap_writer_capacity(writer);
	MUST(write_pattern(writer, 0, capacity - 1) == (ssize_t)capacity - 1);
	const int errors[] = {-EPIPE, -EAGAIN, -ENOSPC};
	for (size_t i = 0; i < N_OF(errors); i++) {
		side.error = errors[i];
		expect_noted((int)write_pattern(writer, capacity - 1, 2), errors[i], VMAP_OPERATION_SINK_WRITE);
		cr_expect(holds_pattern(writer, 0, capacity - 1));
		side.error = errors[i];
		expect_noted(vmap_writer_write_all(writer, "xx", 2), errors[i], VMAP_OPERATION_SINK_WRITE);
		cr_expect(holds_pattern(writer, 0, capacity - 1));
	}
	cr_expect(eq(int, (int)write_pattern(writer, capacity - 1, 2), 2)); /* and goes on as if nothing had been */
	cr_expect(eq(int, vmap_writer_destroy(writer), 0));
	cr_expect(eq(u64, side.pos, capacity + 1));
	cr_expect(not(side.wrong));
}

/* What a sink without room leaves over fits into the buffer: there is no reason to refuse it. */
Test(writer_write, buffers_what_fits_when_the_sink_has_no_room_now)
{
	struct unsure side = {.error = -EAGAIN};
	struct vmap_writer *writer = writer_over(unsure_sink(&side), 4096);
	size_t capacity = vmap_writer_capacity(writer);
	cr_expect(eq(sz, (size_t)write_pattern(writer, 0, capacity), capacity));
	cr_expect(holds_pattern(writer, 0, capacity));
	side.error = -EAGAIN;
	expect_noted((int)write_pattern(writer, capacity, capacity), -EAGAIN, VMAP_OPERATION_SINK_WRITE);
	cr_expect(eq(int, vmap_writer_destroy(writer), 0));
	cr_expect(not(side.wrong));
}

/* Takes a number of bytes, then has no room. */
static ssize_t write_until_full(void *context, const void *src, size_t len)
{
	size_t *room = context;
	(void)src;
	size_t n = len < *room ? len : *room;
	*room -= n;
	return n > 0 ? (ssize_t)n : -EAGAIN;
}

Test(writer_write, of_more_than_the_capacity_tells_how_much_was_taken)
{
	size_t room = 50;
	struct vmap_writer *writer = writer_over(vmap_sink_call(write_until_full, NULL, &room), 4096);
	size_t capacity = vmap_writer_capacity(writer);
	cr_expect(eq(int, (int)write_pattern(writer, 0, 3 * capacity), 50));
	expect_noted((int)write_pattern(writer, 50, 3 * capacity - 50), -EAGAIN, VMAP_OPERATION_SINK_WRITE);
	room = 2 * capacity;
	cr_expect(eq(sz, (size_t)write_pattern(writer, 50, 3 * capacity - 50), 3 * capacity - 50));
	cr_expect(holds_pattern(writer, 2 * capacity + 50, capacity - 50));
	room = 100;
	/* Enough room has come for this one, though not for all that was buffered. */
	cr_expect(eq(int, (int)write_pattern(writer, 3 * capacity, 120), 120));
	cr_expect(holds_pattern(writer, 2 * capacity + 150, capacity - 150 + 120));
	uint8_t *bytes = xmalloc(2 * capacity);
	pattern_fill(bytes, 3 * capacity + 120, 2 * capacity);
	room = capacity;
	expect_noted(vmap_writer_write_all(writer, bytes, 2 * capacity), -EAGAIN, VMAP_OPERATION_SINK_WRITE);
	free(bytes);
	cr_expect(eq(sz, vmap_writer_buffer(writer).len, 0)); /* what was buffered went first */
	cr_expect(eq(int, vmap_writer_destroy(writer), 0));
}

Test(writer_write, refuses_lengths_above_ssize_max)
{
	struct unsure side = {0};
	struct vmap_writer *writer = writer_over(unsure_sink(&side), 1);
	volatile size_t len = (size_t)SSIZE_MAX + 1;
	expect_noted((int)vmap_writer_write(writer, "x", len), -EINVAL, VMAP_OPERATION_RING_WRITE);
	expect_noted(vmap_writer_write_all(writer, "x", len), -EINVAL, VMAP_OPERATION_RING_WRITE);
	/* Of no bytes the address may be any: nothing is added to it, which the sanitizers would see. */
	cr_expect(eq(int, (int)vmap_writer_write(writer, NULL, 0), 0));
	cr_expect(eq(int, vmap_writer_write_all(writer, NULL, 0), 0));
	cr_expect(eq(int, vmap_writer_destroy(writer), 0));
	cr_expect(eq(sz, side.n_calls, 0));
}

Test(writer_errors, eintr_is_tried_again)
{
	struct unsure side = {.error = -EINTR};
	struct vmap_writer *writer = writer_over(unsure_sink(&side), 4096);
	MUST(write_pattern(writer, 0, 10) == 10);
	cr_expect(eq(int, vmap_writer_flush(writer), 0));
	cr_expect(eq(u64, side.pos, 10));
	side.error = -EINTR; /* what meets it now is the sink's flush */
	cr_expect(eq(int, vmap_writer_flush(writer), 0));
	cr_expect(eq(sz, side.n_flushes, 3));
	cr_expect(eq(int, vmap_writer_destroy(writer), 0));
}

static ssize_t write_count(void *context, const void *src, size_t len)
{
	(void)src;
	return *(const bool *)context ? (ssize_t)len + 1 : 0;
}

/* The same result once; then everything is taken, so that no test hangs. */
static ssize_t write_no_errno(void *context, const void *src, size_t len)
{
	(void)src;
	ssize_t result = *(ssize_t *)context;
	*(ssize_t *)context = (ssize_t)len;
	return result;
}

Test(writer_errors, what_is_no_errno_is_eio)
{
	const ssize_t results[] = {-SSIZE_MAX - 1, (ssize_t)INT_MIN};
	for (size_t i = 0; i < N_OF(results); i++) {
		ssize_t result = results[i];
		struct vmap_writer *writer = writer_over(vmap_sink_call(write_no_errno, NULL, &result), 4096);
		MUST(write_pattern(writer, 0, 10) == 10);
		expect_noted(vmap_writer_flush(writer), -EIO, VMAP_OPERATION_SINK_WRITE);
		cr_expect(holds_pattern(writer, 0, 10));
		cr_expect(eq(int, vmap_writer_destroy(writer), 0));
	}
}

Test(writer_errors, a_count_that_cannot_be_is_eio)
{
	for (int too_much = 0; too_much <= 1; too_much++) {
		bool context = too_much;
		struct vmap_writer *writer = writer_over(vmap_sink_call(write_count, NULL, &context), 4096);
		MUST(write_pattern(writer, 0, 10) == 10);
		expect_noted(vmap_writer_flush(writer), -EIO, VMAP_OPERATION_SINK_WRITE);
		cr_expect(holds_pattern(writer, 0, 10));
		expect_noted(vmap_writer_destroy(writer), -EIO, VMAP_OPERATION_SINK_WRITE);
	}
}

Test(writer_errors, of_descriptors_are_passed_on_and_lose_nothing)
{
#ifdef SIGPIPE
	MUST(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
#endif
	int null = null_open(O_RDONLY);
	int full = full_open();
	int fds[2];
	MUST(null >= 0 && pipe(fds) == 0);
	close(fds[0]);
	const struct {
		int fd;
		int error;
	} cases[] = {{-1, -EBADF}, {null, -EBADF}, {full, full < 0 ? -EBADF : -ENOSPC}, {fds[1], -EPIPE}};
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct vmap_writer *writer = writer_over(vmap_sink_fd(cases[i].fd), 4096);
		MUST(write_pattern(writer, 0, 10) == 10);
		expect_noted(vmap_writer_flush(writer), cases[i].error, VMAP_OPERATION_SINK_WRITE);
		cr_expect(holds_pattern(writer, 0, 10));
		expect_noted(vmap_writer_destroy(writer), cases[i].error, VMAP_OPERATION_SINK_WRITE);
	}
	close(null);
	if (full >= 0)
		close(full);
	close(fds[1]);
}

/* The crate's example of a writer that fails in the middle: nothing is lost, nothing comes twice. */
Test(writer_into_inner, lives_on_when_the_sink_fails)
{
	size_t room = 6;
	struct vmap_sink sink = vmap_sink_call(write_until_full, NULL, &room);
	struct vmap_writer *writer = writer_over(sink, 4096);
	MUST(vmap_writer_write_all(writer, "hello\nworld\n", 12) == 0);
	struct vmap_sink inner = vmap_sink_fd(99);
	expect_noted(vmap_writer_into_inner(writer, &inner), -EAGAIN, VMAP_OPERATION_SINK_WRITE);
	cr_expect(eq(int, inner.fd, 99));
	cr_expect(span_is(vmap_writer_buffer(writer), "world\n"));
	room = 3;
	expect_noted(vmap_writer_into_inner(writer, &inner), -EAGAIN, VMAP_OPERATION_SINK_WRITE);
	cr_expect(span_is(vmap_writer_buffer(writer), "ld\n"));
	room = 3;
	cr_expect(eq(int, vmap_writer_into_inner(writer, &inner), 0));
	cr_expect(eq(ptr, inner.context, &room));
	cr_expect(eq(sz, room, 0));
}

Test(writer_into_parts, hands_out_what_was_not_written)
{
	size_t room = 6;
	struct vmap_writer *writer = writer_over(vmap_sink_call(write_until_full, NULL, &room), 4096);
	MUST(vmap_writer_write_all(writer, "hello\nworld\n", 12) == 0);
	MUST(vmap_writer_flush(writer) == -EAGAIN);
	struct vmap_ring *ring = NULL;
	vmap_writer_into_parts(writer, NULL, &ring);
	cr_expect(span_is(vmap_ring_readable(ring), "world\n"));
	/* Another sink gets the rest. */
	int fds[2];
	MUST(pipe(fds) == 0);
	cr_assert(eq(int, vmap_writer_from_parts(vmap_sink_fd(fds[1]), ring, &writer), 0));
	MUST(vmap_writer_write_all(writer, "again\n", 6) == 0);
	struct vmap_sink sink;
	cr_expect(eq(int, vmap_writer_into_inner(writer, &sink), 0));
	cr_expect(eq(int, sink.fd, fds[1]));
	expect_text(fds[0], "world\nagain\n");
	close(fds[0]);
	close(fds[1]);
}

Test(writer_into_parts, need_a_bounded_ring)
{
	struct vmap_ring *ring = NULL;
	MUST(vmap_ring_create(1, VMAP_RING_OVERWRITE, &ring) == 0);
	struct vmap_writer *writer = NULL;
	expect_noted(vmap_writer_from_parts(vmap_sink_fd(1), ring, &writer), -EINVAL, VMAP_OPERATION_RING_ALLOCATE);
	cr_expect(eq(ptr, writer, NULL));
	vmap_ring_destroy(ring);
}

Test(writer_destroy, takes_null_and_says_what_was_lost)
{
	cr_expect(eq(int, vmap_writer_destroy(NULL), 0));
	struct holdings before = holdings_now();
	for (int i = 0; i < 8; i++) {
		struct unsure side = {.error = -ENOSPC};
		struct vmap_writer *writer = writer_over(unsure_sink(&side), 1);
		MUST(write_pattern(writer, 0, 10) == 10);
		expect_noted(vmap_writer_destroy(writer), -ENOSPC, VMAP_OPERATION_SINK_WRITE);
	}
	cr_expect(holdings_equal(before, holdings_now()));
}
