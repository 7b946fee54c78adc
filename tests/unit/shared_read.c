/* SPDX-License-Identifier: MIT */
/* Reading a shared ring: cursors, overruns, lines. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "helpers.h"

static uint64_t head_of(const struct vmap_shared *ring)
{
	struct vmap_shared_state state;
	vmap_shared_get_state(ring, &state);
	return state.head;
}

static void append_pattern(struct vmap_shared *ring, size_t len)
{
	uint8_t *bytes = xmalloc(len);
	pattern_fill(bytes, head_of(ring), len);
	MUST(vmap_shared_append(ring, bytes, len) == (ssize_t)len);
	free(bytes);
}

static void append_text(struct vmap_shared *ring, const char *text)
{
	MUST(vmap_shared_append(ring, text, strlen(text)) == (ssize_t)strlen(text));
}

Test(shared_read, advances_the_cursor_by_what_it_copied)
{
	struct vmap_shared *ring = ring_open(65536, 0);
	append_pattern(ring, 1000);
	uint8_t bytes[2000];
	uint64_t cursor = 0;
	cr_expect(eq(int, (int)vmap_shared_read(ring, &cursor, bytes, 300), 300));
	cr_expect(eq(u64, cursor, 300));
	cr_expect(pattern_matches(bytes, 0, 300));
	cr_expect(eq(int, (int)vmap_shared_read(ring, &cursor, bytes, sizeof(bytes)), 700));
	cr_expect(eq(u64, cursor, 1000));
	cr_expect(pattern_matches(bytes, 300, 700));
	vmap_shared_close(ring);
}

/* Regression: a peer ignored the offset of a read after the wrap. */
Test(shared_read, starts_at_the_cursor_after_wraps)
{
	const uint64_t capacity = 3 * 65536;
	struct vmap_shared *ring = ring_open(capacity, 0);
	for (int i = 0; i < 40; i++)
		append_pattern(ring, 30011);
	uint64_t head = head_of(ring);
	for (uint64_t at = head - capacity; at < head; at += 1009) {
		uint8_t bytes[100];
		uint64_t cursor = at;
		size_t expected = head - at < sizeof(bytes) ? (size_t)(head - at) : sizeof(bytes);
		cr_assert(vmap_shared_read(ring, &cursor, bytes, sizeof(bytes)) == (ssize_t)expected);
		cr_assert(pattern_matches(bytes, at, expected), "position %llu", (unsigned long long)at);
		cr_assert(eq(u64, cursor, at + expected));
	}
	vmap_shared_close(ring);
}

Test(shared_read, gives_a_full_large_ring_in_one_call)
{
	const size_t capacity = 9 * MIB;
	struct vmap_shared *ring = ring_open(capacity, 0);
	append_pattern(ring, capacity + 12345);
	uint8_t *bytes = xmalloc(capacity);
	uint64_t cursor = 12345;
	cr_expect(eq(sz, (size_t)vmap_shared_read(ring, &cursor, bytes, capacity), capacity));
	cr_expect(pattern_matches(bytes, 12345, capacity));
	free(bytes);
	vmap_shared_close(ring);
}

Test(shared_read, of_nothing_keeps_the_cursor)
{
	struct vmap_shared *ring = ring_open(65536, 0);
	append_pattern(ring, 10);
	uint64_t cursor = 5;
	char byte;
	cr_expect(eq(int, (int)vmap_shared_read(ring, &cursor, &byte, 0), 0));
	cr_expect(eq(u64, cursor, 5));
	vmap_shared_close(ring);
}

Test(shared_read, at_the_head_is_eagain)
{
	struct vmap_shared *ring = ring_open(65536, 7);
	char bytes[10];
	uint64_t cursor = 7;
	cr_expect(eq(int, (int)vmap_shared_read(ring, &cursor, bytes, sizeof(bytes)), -EAGAIN));
	cr_expect(eq(int, (int)vmap_shared_read_line(ring, &cursor, bytes, sizeof(bytes)), -EAGAIN));
	cr_expect(eq(u64, cursor, 7));
	append_pattern(ring, 3);
	cursor = 10;
	cr_expect(eq(int, (int)vmap_shared_read(ring, &cursor, bytes, sizeof(bytes)), -EAGAIN));
	cr_expect(eq(u64, cursor, 10));
	vmap_shared_close(ring);
}

Test(shared_read, beyond_the_head_is_erange)
{
	struct vmap_shared *ring = ring_open(65536, 0);
	append_pattern(ring, 100);
	char bytes[10];
	const uint64_t beyond[] = {101, 65636, VMAP_SHARED_POSITION_MAX, UINT64_MAX};
	for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
		uint64_t cursor = beyond[i];
		cr_expect(eq(int, (int)vmap_shared_read(ring, &cursor, bytes, sizeof(bytes)), -ERANGE));
		cr_expect(eq(u64, cursor, beyond[i]));
		cr_expect(eq(int, (int)vmap_shared_read_line(ring, &cursor, bytes, sizeof(bytes)), -ERANGE));
		cr_expect(eq(u64, cursor, beyond[i]));
	}
	vmap_shared_close(ring);
}

static void expect_overrun(const struct vmap_shared *ring, uint64_t cursor, uint64_t tail, bool by_line)
{
	uint8_t bytes[64];
	uint64_t at = cursor;
	ssize_t n = by_line ? vmap_shared_read_line(ring, &at, bytes, sizeof(bytes))
			    : vmap_shared_read(ring, &at, bytes, sizeof(bytes));
	cr_expect(n == -EPIPE, "cursor %llu gave %zd", (unsigned long long)cursor, n);
	cr_expect(eq(u64, at, tail));
	/* once: the next read goes on at the tail */
	n = by_line ? vmap_shared_read_line(ring, &at, bytes, sizeof(bytes))
		    : vmap_shared_read(ring, &at, bytes, sizeof(bytes));
	cr_expect(n > 0);
	cr_expect(pattern_matches(bytes, tail, (size_t)n));
}

Test(shared_read, of_overwritten_bytes_is_epipe_once_and_goes_on_at_the_tail)
{
	struct vmap_shared *ring = ring_open(65536, 0);
	append_pattern(ring, 65536);
	append_pattern(ring, 1000);
	for (int by_line = 0; by_line < 2; by_line++) {
		expect_overrun(ring, 0, 1000, by_line);
		expect_overrun(ring, 999, 1000, by_line);
	}
	uint8_t byte;
	uint64_t cursor = 1000;
	cr_expect(eq(int, (int)vmap_shared_read(ring, &cursor, &byte, 1), 1));
	cr_expect(byte == pattern_at(1000));
	vmap_shared_close(ring);
}

Test(shared_read, of_cleared_bytes_is_epipe_and_goes_on_at_the_tail)
{
	struct vmap_shared *ring = ring_open(65536, 0);
	append_pattern(ring, 100);
	vmap_shared_clear(ring);
	uint8_t bytes[10];
	uint64_t cursor = 50;
	cr_expect(eq(int, (int)vmap_shared_read(ring, &cursor, bytes, sizeof(bytes)), -EPIPE));
	cr_expect(eq(u64, cursor, 100));
	cr_expect(eq(int, (int)vmap_shared_read(ring, &cursor, bytes, sizeof(bytes)), -EAGAIN));
	vmap_shared_close(ring);
}

Test(shared_read, below_the_start_position_is_epipe)
{
	struct vmap_shared *ring = ring_open(65536, 5000);
	append_pattern(ring, 10);
	uint8_t bytes[10];
	uint64_t cursor = 0;
	cr_expect(eq(int, (int)vmap_shared_read(ring, &cursor, bytes, sizeof(bytes)), -EPIPE));
	cr_expect(eq(u64, cursor, 5000));
	vmap_shared_close(ring);
}

Test(shared_read, of_an_over_long_append_loses_the_difference)
{
	struct vmap_shared *ring = ring_open(65536, 0);
	append_pattern(ring, 100);
	append_pattern(ring, 200000);
	uint8_t bytes[10];
	uint64_t cursor = 100;
	cr_expect(eq(int, (int)vmap_shared_read(ring, &cursor, bytes, sizeof(bytes)), -EPIPE));
	cr_expect(eq(u64, cursor, 200100 - 65536));
	vmap_shared_close(ring);
}

Test(shared_read_line, gives_one_line_at_a_time)
{
	struct vmap_shared *ring = ring_open(65536, 0);
	append_text(ring, "one\ntwo\n\nfo");
	append_text(ring, "ur\nrest");
	char bytes[100];
	uint64_t cursor = 0;
	const char *const lines[] = {"one\n", "two\n", "\n", "four\n", "rest"};
	for (size_t i = 0; i < 5; i++) {
		ssize_t n = vmap_shared_read_line(ring, &cursor, bytes, sizeof(bytes));
		cr_assert(eq(sz, (size_t)n, strlen(lines[i])));
		cr_assert(memcmp(bytes, lines[i], (size_t)n) == 0, "line %zu", i);
	}
	cr_expect(eq(u64, cursor, 18));
	cr_expect(eq(int, (int)vmap_shared_read_line(ring, &cursor, bytes, sizeof(bytes)), -EAGAIN));
	vmap_shared_close(ring);
}

Test(shared_read_line, stops_at_the_buffers_end)
{
	struct vmap_shared *ring = ring_open(65536, 0);
	append_text(ring, "0123456789\n");
	char bytes[100];
	uint64_t cursor = 0;
	cr_expect(eq(int, (int)vmap_shared_read_line(ring, &cursor, bytes, 4), 4));
	cr_expect(eq(u64, cursor, 4));
	cr_expect(eq(int, (int)vmap_shared_read_line(ring, &cursor, bytes, 6), 6));
	cr_expect(eq(int, (int)vmap_shared_read_line(ring, &cursor, bytes, 6), 1));
	cr_expect(bytes[0] == '\n');
	cr_expect(eq(u64, cursor, 11));
	cr_expect(eq(int, (int)vmap_shared_read_line(ring, &cursor, bytes, 0), 0));
	vmap_shared_close(ring);
}

/* Lines around the sizes in which an implementation may search, across the seam. */
Test(shared_read_line, finds_the_end_of_long_lines)
{
	const size_t lens[] = {4095, 4096, 4097, 8191, 8192, 8193, 20000, 65535, 65536, 100000, 196607, 196608};
	struct vmap_shared *ring = ring_open(3 * 65536, 0);
	uint8_t *line = xmalloc(3 * 65536), *got = xmalloc(3 * 65536 + 10);
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		memset(line, 'a' + (int)i, lens[i] - 1);
		line[lens[i] - 1] = '\n';
		uint64_t cursor = head_of(ring);
		MUST(vmap_shared_append(ring, line, lens[i]) == (ssize_t)lens[i]);
		if (lens[i] < 3 * 65536 - 10)
			append_text(ring, "next\n");
		ssize_t n = vmap_shared_read_line(ring, &cursor, got, 3 * 65536 + 10);
		cr_expect(n == (ssize_t)lens[i] && memcmp(got, line, lens[i]) == 0, "line of %zu bytes", lens[i]);
	}
	free(got);
	free(line);
	vmap_shared_close(ring);
}

Test(shared_read_line, reads_every_line_of_a_wrapped_ring)
{
	struct vmap_shared *ring = ring_open(65536, 0);
	char line[80];
	int last = 20000;
	for (int i = 0; i <= last; i++) {
		snprintf(line, sizeof(line), "line %d%.*s\n", i, i % 40, "........................................");
		append_text(ring, line);
	}
	uint64_t cursor = vmap_shared_oldest(ring, VMAP_ALIGN_LINE);
	char got[80];
	ssize_t n;
	int expected = -1;
	while ((n = vmap_shared_read_line(ring, &cursor, got, sizeof(got) - 1)) > 0) {
		got[n] = '\0';
		int i = atoi(got + 5);
		snprintf(line, sizeof(line), "line %d%.*s\n", i, i % 40, "........................................");
		cr_assert(eq(str, got, line));
		if (expected >= 0)
			cr_assert(eq(int, i, expected));
		expected = i + 1;
	}
	cr_expect(eq(int, (int)n, -EAGAIN));
	cr_expect(eq(int, expected, last + 1));
	vmap_shared_close(ring);
}

Test(shared_lost, counts_what_was_overwritten_and_not_what_was_cleared)
{
	struct vmap_shared *ring = ring_open(65536, 0);
	MUST(ring_append(ring, 1000) == 1000);
	cr_expect(eq(u64, vmap_shared_lost_between(ring, 0, 1000), 1000));
	MUST(vmap_shared_clear(ring) == 0);
	MUST(ring_append(ring, 500) == 500);
	cr_expect(eq(u64, vmap_shared_lost_between(ring, 0, 1000), 0));
	cr_expect(eq(u64, vmap_shared_lost_between(ring, 0, 600), 0));
	cr_expect(eq(u64, vmap_shared_lost_between(ring, 900, 1200), 200));
	cr_expect(eq(u64, vmap_shared_lost_between(ring, 1200, 1300), 100));
	vmap_shared_close(ring);
}
