/* SPDX-License-Identifier: MIT */
/* Where a shared ring's oldest whole line starts. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "helpers.h"

static struct vmap_shared_state state_of(const struct vmap_shared *ring)
{
	struct vmap_shared_state state;
	vmap_shared_get_state(ring, &state);
	return state;
}

/* Append one line of @len bytes, '\n' included, that names its start position. */
static void append_line(struct vmap_shared *ring, size_t len)
{
	char *line = xmalloc(len + 32);
	int n = snprintf(line, len + 32, "%llu", (unsigned long long)state_of(ring).head);
	if ((size_t)n < len)
		memset(line + n, '.', len - (size_t)n);
	line[len - 1] = '\n';
	MUST(vmap_shared_append(ring, line, len) == (ssize_t)len);
	free(line);
}

static void append_bytes(struct vmap_shared *ring, char byte, size_t len)
{
	char *bytes = xmalloc(len);
	memset(bytes, byte, len);
	MUST(vmap_shared_append(ring, bytes, len) == (ssize_t)len);
	free(bytes);
}

static bool a_line_starts_at(const struct vmap_shared *ring, uint64_t pos)
{
	char line[64];
	uint64_t cursor = pos;
	ssize_t n = vmap_shared_read_line(ring, &cursor, line, sizeof(line) - 1);
	if (n <= 0)
		return false;
	line[n] = '\0';
	return strtoull(line, NULL, 10) == pos;
}

Test(shared_oldest, byte_is_the_tail)
{
	struct vmap_shared *ring = ring_open(65536, 0);
	cr_expect(eq(u64, vmap_shared_oldest(ring, VMAP_ALIGN_BYTE), 0));
	for (int i = 0; i < 3000; i++) {
		append_line(ring, 77);
		cr_assert(eq(u64, vmap_shared_oldest(ring, VMAP_ALIGN_BYTE), state_of(ring).tail));
	}
	vmap_shared_close(ring);
}

Test(shared_oldest, line_of_an_empty_ring_is_the_head)
{
	struct vmap_shared *ring = ring_open(65536, 1234);
	cr_expect(eq(u64, vmap_shared_oldest(ring, VMAP_ALIGN_LINE), 1234));
	cr_expect(eq(u64, vmap_shared_oldest(ring, VMAP_ALIGN_BYTE), 1234));
	vmap_shared_close(ring);
}

Test(shared_oldest, line_is_the_tail_before_the_first_wrap)
{
	struct vmap_shared *ring = ring_open(65536, 1234);
	append_bytes(ring, 'x', 100);
	append_line(ring, 50);
	cr_expect(eq(u64, vmap_shared_oldest(ring, VMAP_ALIGN_LINE), 1234));
	vmap_shared_close(ring);
}

/* capacity / 64 lines of 64 bytes: the tail is a line start, and that line is whole. */
Test(shared_oldest, line_keeps_a_line_that_starts_at_the_tail)
{
	struct vmap_shared *ring = ring_open(65536, 0);
	for (int i = 0; i < 5000; i++) {
		append_line(ring, 64);
		uint64_t oldest = vmap_shared_oldest(ring, VMAP_ALIGN_LINE);
		if (oldest != state_of(ring).tail)
			cr_fatal("after line %d: %llu", i, (unsigned long long)oldest);
		cr_assert(a_line_starts_at(ring, oldest));
	}
	size_t n_lines = 0;
	uint64_t cursor = vmap_shared_oldest(ring, VMAP_ALIGN_LINE);
	char line[100];
	while (vmap_shared_read_line(ring, &cursor, line, sizeof(line)) == 64)
		n_lines++;
	cr_expect(eq(sz, n_lines, 65536 / 64));
	vmap_shared_close(ring);
}

Test(shared_oldest, line_at_the_tail_survives_a_reopen)
{
	int fd = ring_fd(65536, 0);
	struct vmap_shared *ring = NULL;
	cr_assert(eq(int, vmap_shared_open(fd, &ring), 0));
	for (int i = 0; i < 2000; i++)
		append_line(ring, 64);
	vmap_shared_close(ring);
	cr_assert(eq(int, vmap_shared_open(fd, &ring), 0));
	cr_expect(eq(u64, vmap_shared_oldest(ring, VMAP_ALIGN_LINE), 2000 * 64 - 65536));
	vmap_shared_close(ring);
	close(fd);
}

Test(shared_oldest, line_skips_a_part_of_a_line)
{
	struct vmap_shared *ring = ring_open(65536, 0);
	for (int i = 0; i < 5000; i++) {
		append_line(ring, 40 + (size_t)i % 23);
		uint64_t oldest = vmap_shared_oldest(ring, VMAP_ALIGN_LINE);
		uint64_t tail = state_of(ring).tail;
		if (oldest < tail || oldest - tail >= 63 || !a_line_starts_at(ring, oldest))
			cr_fatal("after line %d: %llu", i, (unsigned long long)oldest);
	}
	vmap_shared_close(ring);
}

/* The line start must be known when its '\n' went with the same append that moved the tail there. */
Test(shared_oldest, line_sees_the_newline_an_over_long_append_dropped)
{
	const size_t len = 3 * 65536;
	struct vmap_shared *ring = ring_open(65536, 0);
	char *bytes = xmalloc(len);
	memset(bytes, 'x', len);
	bytes[2 * 65536 - 1] = '\n';
	bytes[len - 1] = '\n';
	MUST(vmap_shared_append(ring, bytes, len) == (ssize_t)len);
	cr_expect(eq(u64, vmap_shared_oldest(ring, VMAP_ALIGN_LINE), 2 * 65536));
	bytes[2 * 65536 - 1] = 'x';
	bytes[2 * 65536] = '\n';
	MUST(vmap_shared_append(ring, bytes, len) == (ssize_t)len);
	cr_expect(eq(u64, vmap_shared_oldest(ring, VMAP_ALIGN_LINE), len + 2 * 65536 + 1));
	free(bytes);
	vmap_shared_close(ring);
}

Test(shared_oldest, line_without_any_newline_is_the_tail)
{
	struct vmap_shared *ring = ring_open(65536, 0);
	append_bytes(ring, 'x', 65536);
	append_bytes(ring, 'x', 100);
	cr_expect(eq(u64, vmap_shared_oldest(ring, VMAP_ALIGN_LINE), 100));
	vmap_shared_close(ring);
}

Test(shared_oldest, line_longer_than_the_ring_is_the_tail)
{
	struct vmap_shared *ring = ring_open(65536, 0);
	for (int i = 0; i < 100; i++)
		append_line(ring, 50);
	append_line(ring, 200000);
	struct vmap_shared_state state = state_of(ring);
	cr_expect(eq(u64, state.head - state.tail, 65536));
	cr_expect(eq(u64, vmap_shared_oldest(ring, VMAP_ALIGN_LINE), state.tail));
	/* and the line that follows it is the oldest whole one */
	append_line(ring, 60);
	cr_expect(eq(u64, vmap_shared_oldest(ring, VMAP_ALIGN_LINE), state.head));
	cr_expect(a_line_starts_at(ring, state.head));
	vmap_shared_close(ring);
}

Test(shared_oldest, line_after_a_clear_is_the_tail)
{
	struct vmap_shared *ring = ring_open(65536, 0);
	append_bytes(ring, 'x', 100000);
	vmap_shared_clear(ring);
	cr_expect(eq(u64, vmap_shared_oldest(ring, VMAP_ALIGN_LINE), 100000));
	append_line(ring, 50);
	append_line(ring, 60);
	cr_expect(eq(u64, vmap_shared_oldest(ring, VMAP_ALIGN_LINE), 100000));
	cr_expect(a_line_starts_at(ring, 100000));
	/* until it is overwritten: then the line behind it */
	append_bytes(ring, 'x', 65536 - 109);
	cr_expect(eq(u64, vmap_shared_oldest(ring, VMAP_ALIGN_LINE), 100050));
	vmap_shared_close(ring);
}

Test(shared_oldest, line_after_a_clear_survives_a_reopen)
{
	int fd = ring_fd(65536, 0);
	struct vmap_shared *ring = NULL;
	cr_assert(eq(int, vmap_shared_open(fd, &ring), 0));
	append_bytes(ring, 'x', 100000);
	vmap_shared_clear(ring);
	append_line(ring, 50);
	vmap_shared_close(ring);
	cr_assert(eq(int, vmap_shared_open(fd, &ring), 0));
	cr_expect(eq(u64, vmap_shared_oldest(ring, VMAP_ALIGN_LINE), 100000));
	vmap_shared_close(ring);
	close(fd);
}

/* A newest line without its '\n' yet is a line all the same once it is the only start. */
Test(shared_oldest, line_may_be_unfinished)
{
	struct vmap_shared *ring = ring_open(65536, 0);
	append_bytes(ring, 'x', 65536);
	append_bytes(ring, '\n', 1);
	uint64_t head = state_of(ring).head;
	append_bytes(ring, 'y', 10);
	cr_expect(eq(u64, vmap_shared_oldest(ring, VMAP_ALIGN_LINE), head));
	vmap_shared_close(ring);
}

/* The documented limit of the search, from both sides. */
static uint64_t oldest_with_newline_at(uint64_t distance)
{
	struct vmap_shared *ring = ring_open(4 * MIB, 0);
	append_bytes(ring, 'x', 4 * MIB);
	append_bytes(ring, 'x', 1000); /* tail is 1000, no line starts there */
	/* Build the window anew: distance bytes without newline, then lines. */
	append_bytes(ring, 'x', distance);
	append_bytes(ring, '\n', 1);
	append_bytes(ring, 'x', 4 * MIB - distance - 1);
	struct vmap_shared_state state = state_of(ring);
	uint64_t oldest = vmap_shared_oldest(ring, VMAP_ALIGN_LINE);
	MUST(oldest >= state.tail);
	vmap_shared_close(ring);
	return oldest - state.tail;
}

Test(shared_oldest, line_is_found_up_to_the_longest_write)
{
	cr_expect(eq(u64, oldest_with_newline_at(VMAP_SHARED_LINE_MAX - 1), VMAP_SHARED_LINE_MAX));
	cr_expect(eq(u64, oldest_with_newline_at(VMAP_SHARED_LINE_MAX - 2), VMAP_SHARED_LINE_MAX - 1));
	cr_expect(eq(u64, oldest_with_newline_at(70000), 70001));
}

Test(shared_oldest, line_is_not_searched_beyond_the_longest_write)
{
	cr_expect(eq(u64, oldest_with_newline_at(VMAP_SHARED_LINE_MAX + 65536), 0));
	cr_expect(eq(u64, oldest_with_newline_at(3 * MIB), 0));
}
