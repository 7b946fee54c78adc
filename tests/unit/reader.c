/* SPDX-License-Identifier: MIT */
/* A buffered reader: what each call promises. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <signal.h>

#include "bufio_helpers.h"

/* A pipe that holds @text; both ends are the caller's. */
static void pipe_with(const char *text, int fds[2])
{
	MUST(pipe(fds) == 0);
	MUST(write(fds[1], text, strlen(text)) == (ssize_t)strlen(text));
}

static void pipe_close(const int fds[2])
{
	close(fds[0]);
	close(fds[1]);
}

Test(reader_create, rounds_the_capacity_up_and_is_empty)
{
	struct unsure side = {.end = 10};
	struct vmap_reader *reader = reader_over(unsure_source(&side), 1);
	cr_expect(eq(sz, vmap_reader_capacity(reader), vmap_allocation_size()));
	cr_expect(eq(sz, vmap_reader_buffer(reader).len, 0));
	cr_expect(eq(sz, vmap_reader_lowat(reader), 0));
	cr_expect(eq(ptr, vmap_reader_source(reader).context, &side));
	cr_expect(eq(sz, side.n_calls, 0));
	vmap_reader_destroy(reader);
}

Test(reader_create, refuses_what_a_ring_refuses)
{
	struct vmap_reader *const untouched = (struct vmap_reader *)(uintptr_t)0x5a5a;
	struct vmap_reader *reader = untouched;
	struct holdings before = holdings_now();
	expect_noted(vmap_reader_create(vmap_source_fd(0), 0, &reader), -EINVAL, VMAP_OPERATION_RING_ALLOCATE);
	expect_noted(vmap_reader_create(vmap_source_fd(0), SIZE_MAX, &reader), -EOVERFLOW, VMAP_OPERATION_RING_ALLOCATE);
	cr_expect(eq(ptr, reader, untouched));
	cr_expect(holdings_equal(before, holdings_now()));
}

Test(reader_destroy, takes_null_and_gives_everything_back)
{
	vmap_reader_destroy(NULL);
	int fds[2];
	pipe_with("left over", fds);
	struct holdings before = holdings_now();
	for (int i = 0; i < 8; i++) {
		struct vmap_reader *reader = reader_over(vmap_source_fd(fds[0]), 1);
		vmap_reader_set_lowat(reader, 3);
		vmap_reader_destroy(reader);
	}
	cr_expect(holdings_equal(before, holdings_now()));
	char byte;
	cr_expect(eq(int, (int)read(fds[0], &byte, 1), 1)); /* the descriptor is the caller's still */
	pipe_close(fds);
}

/* The crate's example: two lines through a descriptor. */
Test(reader_read_line, gives_line_after_line)
{
	int fds[2];
	pipe_with("hello\nworld\nend", fds);
	struct vmap_reader *reader = reader_over(vmap_source_fd(fds[0]), 4000);
	char line[16];
	cr_expect(eq(int, (int)vmap_reader_read_line(reader, line, sizeof(line)), 6));
	cr_expect(eq(int, memcmp(line, "hello\n", 6), 0));
	close(fds[1]);
	cr_expect(eq(int, (int)vmap_reader_read_line(reader, line, sizeof(line)), 6));
	cr_expect(eq(int, memcmp(line, "world\n", 6), 0));
	cr_expect(eq(int, (int)vmap_reader_read_line(reader, line, sizeof(line)), 3));
	cr_expect(eq(int, memcmp(line, "end", 3), 0));
	cr_expect(eq(int, (int)vmap_reader_read_line(reader, line, sizeof(line)), 0));
	vmap_reader_destroy(reader);
	close(fds[0]);
}

/* The other end of the pipe stays open: a reader that asked for more would wait for ever. */
Test(reader_take_line, does_not_ask_while_a_line_is_there, .timeout = 30)
{
	int fds[2];
	pipe_with("one\ntwo\n", fds);
	struct vmap_reader *reader = reader_over(vmap_source_fd(fds[0]), 4096);
	vmap_reader_set_lowat(reader, SIZE_MAX);
	struct vmap_span line;
	cr_expect(eq(int, vmap_reader_take_line(reader, &line), 0));
	cr_expect(span_is(line, "one\n"));
	cr_expect(eq(int, vmap_reader_take_line(reader, &line), 0));
	cr_expect(span_is(line, "two\n"));
	vmap_reader_destroy(reader);
	pipe_close(fds);
}

Test(reader_take_until, gives_the_rest_at_the_end)
{
	int fds[2];
	pipe_with("a;b", fds);
	close(fds[1]);
	struct vmap_reader *reader = reader_over(vmap_source_fd(fds[0]), 4096);
	struct vmap_span span;
	cr_expect(eq(int, vmap_reader_take_until(reader, ';', &span), 0));
	cr_expect(span_is(span, "a;"));
	cr_expect(eq(int, vmap_reader_take_until(reader, ';', &span), 0));
	cr_expect(span_is(span, "b"));
	cr_expect(eq(int, vmap_reader_take_until(reader, ';', &span), 0));
	cr_expect(span_is(span, ""));
	vmap_reader_destroy(reader);
	close(fds[0]);
}

#ifdef O_NONBLOCK
/* A line that comes in pieces, with nothing between them for a while, is given when it is whole. */
Test(reader_take_line, keeps_the_beginning_when_there_is_no_more_now)
{
	int fds[2];
	pipe_with("half a", fds);
	MUST(fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0);
	struct vmap_reader *reader = reader_over(vmap_source_fd(fds[0]), 4096);
	struct vmap_span line = {"untouched", 9};
	char bytes[20];
	for (int i = 0; i < 3; i++) {
		expect_noted(vmap_reader_take_line(reader, &line), -EAGAIN, VMAP_OPERATION_SOURCE_READ);
		expect_noted((int)vmap_reader_read_line(reader, bytes, sizeof(bytes)), -EAGAIN,
			     VMAP_OPERATION_SOURCE_READ);
	}
	cr_expect(span_is(line, "untouched"));
	cr_expect(span_is(vmap_reader_buffer(reader), "half a"));
	MUST(write(fds[1], " line\n", 6) == 6);
	cr_expect(eq(int, vmap_reader_take_line(reader, &line), 0));
	cr_expect(span_is(line, "half a line\n"));
	vmap_reader_destroy(reader);
	pipe_close(fds);
}
#endif

Test(reader_read_line, refuses_a_line_longer_than_the_room)
{
	int fds[2];
	pipe_with("seven..\n", fds);
	struct vmap_reader *reader = reader_over(vmap_source_fd(fds[0]), 4096);
	char bytes[9] = "########";
	expect_noted((int)vmap_reader_read_line(reader, bytes, 7), -EMSGSIZE, VMAP_OPERATION_RING_READ);
	cr_expect(eq(int, memcmp(bytes, "########", 8), 0));
	cr_expect(eq(int, (int)vmap_reader_read_line(reader, bytes, 8), 8));
	cr_expect(eq(int, memcmp(bytes, "seven..\n", 8), 0));
	vmap_reader_destroy(reader);
	pipe_close(fds);
}

static ssize_t read_zeros(void *context, void *dst, size_t len)
{
	(void)context;
	memset(dst, 0, len);
	return (ssize_t)len;
}

Test(reader_take_line, refuses_a_line_longer_than_the_buffer)
{
	struct vmap_reader *reader = reader_over(vmap_source_call(read_zeros, NULL), 4096);
	size_t capacity = vmap_reader_capacity(reader);
	struct vmap_span line = {NULL, 7};
	expect_noted(vmap_reader_take_line(reader, &line), -EMSGSIZE, VMAP_OPERATION_RING_READ);
	cr_expect(eq(sz, line.len, 7));
	cr_expect(eq(sz, vmap_reader_buffer(reader).len, capacity));
	/* Nothing is lost: it can be read in pieces. */
	uint8_t *bytes = xmalloc(capacity);
	cr_expect(eq(sz, (size_t)vmap_reader_read(reader, bytes, capacity), capacity));
	free(bytes);
	vmap_reader_destroy(reader);
}

Test(reader_fill, asks_once_at_or_below_the_low_water_mark)
{
	struct unsure side = {.end = 1000000, .most = 10};
	struct vmap_reader *reader = reader_over(unsure_source(&side), 4096);
	cr_expect(eq(int, (int)vmap_reader_fill(reader), 10));
	cr_expect(eq(int, (int)vmap_reader_fill(reader), 0)); /* 10 is above the mark of 0 */
	cr_expect(eq(sz, side.n_calls, 1));
	vmap_reader_set_lowat(reader, 20);
	cr_expect(eq(sz, vmap_reader_lowat(reader), 20));
	cr_expect(eq(int, (int)vmap_reader_fill(reader), 10));
	cr_expect(eq(int, (int)vmap_reader_fill(reader), 10)); /* 20 is at the mark */
	cr_expect(eq(int, (int)vmap_reader_fill(reader), 0));
	cr_expect(eq(int, vmap_reader_consume(reader, 5), 0));
	cr_expect(eq(int, (int)vmap_reader_fill(reader), 0)); /* 25 */
	cr_expect(eq(int, vmap_reader_consume(reader, 5), 0));
	cr_expect(eq(int, (int)vmap_reader_fill(reader), 10));
	struct vmap_span span = vmap_reader_buffer(reader);
	cr_expect(eq(sz, span.len, 30));
	cr_expect(pattern_matches(span.data, 10, 30));
	vmap_reader_destroy(reader);
}

Test(reader_fill, asks_always_with_the_highest_mark_until_full)
{
	struct unsure side = {.end = 1000000, .most = 1000};
	struct vmap_reader *reader = reader_over(unsure_source(&side), 4096);
	size_t capacity = vmap_reader_capacity(reader);
	vmap_reader_set_lowat(reader, SIZE_MAX);
	for (size_t left = capacity; left > 0;) {
		size_t expected = left < 1000 ? left : 1000;
		cr_assert(eq(sz, (size_t)vmap_reader_fill(reader), expected));
		left -= expected;
	}
	size_t n_calls = side.n_calls;
	cr_expect(eq(int, (int)vmap_reader_fill(reader), 0));
	cr_expect(eq(sz, side.n_calls, n_calls));
	vmap_reader_destroy(reader);
}

Test(reader_fill, tells_the_end_from_enough)
{
	struct unsure side = {.end = 7};
	struct vmap_reader *reader = reader_over(unsure_source(&side), 4096);
	vmap_reader_set_lowat(reader, 9);
	cr_expect(eq(int, (int)vmap_reader_fill(reader), 7));
	cr_expect(eq(int, (int)vmap_reader_fill(reader), 0));
	cr_expect(eq(sz, vmap_reader_buffer(reader).len, 7));
	side.end = 12; /* as a file that grows, or a terminal after an end */
	cr_expect(eq(int, (int)vmap_reader_fill(reader), 5));
	vmap_reader_destroy(reader);
}

Test(reader_consume, refuses_more_than_is_buffered)
{
	struct unsure side = {.end = 10};
	struct vmap_reader *reader = reader_over(unsure_source(&side), 4096);
	MUST(vmap_reader_fill(reader) == 10);
	expect_noted(vmap_reader_consume(reader, 11), -EINVAL, VMAP_OPERATION_RING_READ);
	cr_expect(eq(sz, vmap_reader_buffer(reader).len, 10));
	vmap_reader_destroy(reader);
}

Test(reader_read, gives_what_is_buffered_and_large_reads_directly)
{
	struct unsure side = {.end = 1000000};
	struct vmap_reader *reader = reader_over(unsure_source(&side), 4096);
	size_t capacity = vmap_reader_capacity(reader);
	uint8_t *bytes = xmalloc(2 * capacity);
	cr_expect(eq(int, (int)vmap_reader_read(reader, bytes, 100), 100));
	cr_expect(pattern_matches(bytes, 0, 100));
	cr_expect(eq(sz, side.n_calls, 1));
	cr_expect(eq(sz, (size_t)vmap_reader_read(reader, bytes, 2 * capacity), capacity - 100));
	cr_expect(pattern_matches(bytes, 100, capacity - 100));
	cr_expect(eq(sz, side.n_calls, 1));
	cr_expect(eq(sz, (size_t)vmap_reader_read(reader, bytes, 2 * capacity), 2 * capacity));
	cr_expect(pattern_matches(bytes, capacity, 2 * capacity));
	cr_expect(eq(sz, side.n_calls, 2));
	cr_expect(eq(sz, vmap_reader_buffer(reader).len, 0));
	cr_expect(eq(int, (int)vmap_reader_read(reader, bytes, 0), 0));
	volatile size_t len = (size_t)SSIZE_MAX + 1;
	expect_noted((int)vmap_reader_read(reader, bytes, len), -EINVAL, VMAP_OPERATION_RING_READ);
	free(bytes);
	vmap_reader_destroy(reader);
}

Test(reader_read, gives_what_is_buffered_when_there_is_no_more_now)
{
	struct unsure side = {.end = 10};
	struct vmap_reader *reader = reader_over(unsure_source(&side), 4096);
	vmap_reader_set_lowat(reader, 100);
	uint8_t bytes[10];
	cr_expect(eq(int, (int)vmap_reader_read(reader, bytes, 4), 4));
	side.error = -EAGAIN;
	cr_expect(eq(int, (int)vmap_reader_read(reader, bytes, 4), 4));
	cr_expect(pattern_matches(bytes, 4, 4));
	/* Another error is told at once, and the bytes wait behind it. */
	side.error = -ECONNRESET;
	expect_noted((int)vmap_reader_read(reader, bytes, 4), -ECONNRESET, VMAP_OPERATION_SOURCE_READ);
	cr_expect(eq(int, (int)vmap_reader_read(reader, bytes, 4), 2));
	cr_expect(pattern_matches(bytes, 8, 2));
	side.error = -EAGAIN;
	expect_noted((int)vmap_reader_read(reader, bytes, 4), -EAGAIN, VMAP_OPERATION_SOURCE_READ);
	cr_expect(eq(int, (int)vmap_reader_read(reader, bytes, 4), 0));
	vmap_reader_destroy(reader);
}

Test(reader_errors, of_the_source_keep_what_is_buffered)
{
	struct unsure side = {.end = 1000, .most = 10};
	struct vmap_reader *reader = reader_over(unsure_source(&side), 4096);
	vmap_reader_set_lowat(reader, SIZE_MAX);
	MUST(vmap_reader_fill(reader) == 10);
	const int errors[] = {-EIO, -EAGAIN, -ECANCELED};
	for (size_t i = 0; i < N_OF(errors); i++) {
		side.error = errors[i];
		expect_noted((int)vmap_reader_fill(reader), errors[i], VMAP_OPERATION_SOURCE_READ);
		cr_expect(eq(int, vmap_last_error().system_code, -errors[i]));
		cr_expect(eq(sz, vmap_reader_buffer(reader).len, 10));
	}
	side.error = -EINTR;
	cr_expect(eq(int, (int)vmap_reader_fill(reader), 10));
	cr_expect(pattern_matches(vmap_reader_buffer(reader).data, 0, 20));
	vmap_reader_destroy(reader);
}

static ssize_t read_too_much(void *context, void *dst, size_t len)
{
	(void)context;
	(void)dst;
	return (ssize_t)len + 1;
}

Test(reader_errors, a_count_that_cannot_be_is_eio)
{
	struct vmap_reader *reader = reader_over(vmap_source_call(read_too_much, NULL), 4096);
	expect_noted((int)vmap_reader_fill(reader), -EIO, VMAP_OPERATION_SOURCE_READ);
	cr_expect(eq(sz, vmap_reader_buffer(reader).len, 0));
	vmap_reader_destroy(reader);
}

static ssize_t read_no_errno(void *context, void *dst, size_t len)
{
	(void)dst;
	(void)len;
	return *(const ssize_t *)context;
}

Test(reader_errors, what_is_no_errno_is_eio)
{
	ssize_t results[] = {-SSIZE_MAX - 1, (ssize_t)INT_MIN};
	for (size_t i = 0; i < N_OF(results); i++) {
		struct vmap_reader *reader = reader_over(vmap_source_call(read_no_errno, &results[i]), 4096);
		struct vmap_span line;
		expect_noted((int)vmap_reader_fill(reader), -EIO, VMAP_OPERATION_SOURCE_READ);
		expect_noted(vmap_reader_take_line(reader, &line), -EIO, VMAP_OPERATION_SOURCE_READ);
		vmap_reader_destroy(reader);
	}
}

Test(reader_errors, of_descriptors_are_passed_on)
{
	int null = null_open(O_WRONLY);
	int directory = directory_open();
	MUST(null >= 0 && directory >= 0);
	const struct {
		int fd;
		int error;
	} cases[] = {{-1, -EBADF}, {null, -EBADF}, {directory, -ERROR_READ_OF_DIRECTORY}};
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct vmap_reader *reader = reader_over(vmap_source_fd(cases[i].fd), 4096);
		struct vmap_span line;
		expect_noted((int)vmap_reader_fill(reader), cases[i].error, VMAP_OPERATION_SOURCE_READ);
		expect_noted(vmap_reader_take_line(reader, &line), cases[i].error, VMAP_OPERATION_SOURCE_READ);
		vmap_reader_destroy(reader);
	}
	close(directory);
	close(null);
}

#ifndef _WIN32 /* no signals there that a read would see */
static void on_signal(int number)
{
	(void)number;
}

struct interrupter {
	pthread_t target;
	int fd;
};

/* Disturbs a reader that waits, then gives it a line. */
static void *interrupt(void *arg)
{
	const struct interrupter *it = arg;
	for (int i = 0; i < 20; i++) {
		usleep(2000);
		pthread_kill(it->target, SIGUSR1);
	}
	MUST(write(it->fd, "line\n", 5) == 5);
	return NULL;
}

Test(reader_take_line, waits_on_through_signals, .timeout = 60)
{
	struct sigaction action = {.sa_handler = on_signal}; /* without SA_RESTART */
	MUST(sigaction(SIGUSR1, &action, NULL) == 0);
	int fds[2];
	pipe_with("", fds);
	struct interrupter it = {.target = pthread_self(), .fd = fds[1]};
	pthread_t thread;
	MUST(pthread_create(&thread, NULL, interrupt, &it) == 0);
	struct vmap_reader *reader = reader_over(vmap_source_fd(fds[0]), 4096);
	struct vmap_span line;
	cr_expect(eq(int, vmap_reader_take_line(reader, &line), 0));
	cr_expect(span_is(line, "line\n"));
	MUST(pthread_join(thread, NULL) == 0);
	vmap_reader_destroy(reader);
	pipe_close(fds);
}
#endif

Test(reader_parts, come_apart_and_together)
{
	struct unsure side = {.end = 100, .most = 60};
	struct vmap_reader *reader = reader_over(unsure_source(&side), 4096);
	uint8_t bytes[100];
	MUST(vmap_reader_read(reader, bytes, 20) == 20);
	struct vmap_source source;
	struct vmap_ring *ring = NULL;
	vmap_reader_into_parts(reader, &source, &ring);
	cr_expect(eq(ptr, source.context, &side));
	cr_expect(eq(sz, vmap_ring_readable(ring).len, 40));
	cr_assert(eq(int, vmap_reader_from_parts(source, ring, &reader), 0));
	cr_expect(eq(int, (int)vmap_reader_read(reader, bytes, 100), 40));
	cr_expect(pattern_matches(bytes, 20, 40));
	cr_expect(eq(int, (int)vmap_reader_read(reader, bytes, 100), 40));
	cr_expect(pattern_matches(bytes, 60, 40));
	vmap_reader_into_parts(reader, &source, NULL);
}

Test(reader_parts, need_a_bounded_ring)
{
	struct vmap_ring *ring = NULL;
	MUST(vmap_ring_create(1, VMAP_RING_OVERWRITE, &ring) == 0);
	struct vmap_reader *reader = NULL;
	expect_noted(vmap_reader_from_parts(vmap_source_fd(0), ring, &reader), -EINVAL, VMAP_OPERATION_RING_ALLOCATE);
	cr_expect(eq(ptr, reader, NULL));
	vmap_ring_destroy(ring);
}
