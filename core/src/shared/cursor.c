/* SPDX-License-Identifier: MIT */
/*
 * Reading a shared ring: copy first, then check that nothing copied was being overwritten.
 *
 * Invariants:
 * I1 Nothing is returned that was not checked after it was copied.
 * I2 head is loaded before intent: then intent < head can only mean a damaged header, while an intent
 *    more than a capacity ahead of head merely means that this reader was slow.
 * I3 No loop runs longer than a bound that comes from private memory.
 *
 * Pairs: read:A and read:B, see append.c.
 */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "shared_priv.h"

/* A short copy is overrun less often, and an overrun costs less. */
static size_t chunk_max(const struct vmap_shared *ring)
{
	uint64_t quarter = ring->geometry.capacity / 4;
	return quarter < ((uint64_t)1 << 20) ? (size_t)quarter : (size_t)1 << 20;
}

static uint64_t window_start(const struct vmap_shared *ring)
{
	return shared_window_start(ring, atomic_load_explicit(&ring->header->intent, memory_order_relaxed));
}

/* For what was loaded before: no start of a window that is not damaged lies above it. */
static uint64_t later_intent(const struct vmap_shared *ring)
{
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&ring->header->intent, memory_order_relaxed);
}

/* There is nothing at @pos. What cannot be seen for the moment is not beyond the head. */
int shared_at_head(const struct vmap_shared *ring, uint64_t pos, int state)
{
	if (pos > atomic_load_explicit(&ring->header->head, memory_order_acquire)) {
		/* Or the ring has moved since that look at its state, and the pages of its header were given back. */
		int now = shared_check_state(ring);
		return now == -ESTALE || now == -EIO ? now : -ERANGE;
	}
	return state < 0 ? state : -EAGAIN;
}

/* One checked copy of at most a chunk; the result and errors are those of vmap_shared_read(). */
static ssize_t read_chunk(const struct vmap_shared *ring, uint64_t *cursor, void *dst, size_t len)
{
	uint64_t pos = *cursor;
	uint64_t head = shared_visible_head(ring); /* read:B, keeps I2 */
	uint64_t intent = atomic_load_explicit(&ring->header->intent, memory_order_relaxed);
	uint64_t start = shared_window_start(ring, intent);
	bool is_possible = shared_is_possible(ring, start, head);
	int state;
	size_t n = 0;
	/* Of a file that was cut short no page is touched for nothing: each takes a mapping of zeros. */
	if (pos >= start && pos < head && !atomic_load_explicit(&ring->broken, memory_order_relaxed)) {
		n = head - pos < len ? (size_t)(head - pos) : len;
		if (n > chunk_max(ring))
			n = chunk_max(ring);
		shared_copy_out(dst, shared_at(ring, pos), n);
		SHARED_FAULT(READ);
		atomic_thread_fence(memory_order_acquire); /* read:A */
		start = window_start(ring);
	}
	/* Whatever was found is believed only if this was the ring all the time. */
	state = shared_check_state(ring);
	if (state < 0 && state != -ESHUTDOWN && state != -EIDRM)
		return state;
	if (intent < head || intent > VMAP_SHARED_POSITION_MAX || !is_possible)
		return -EBADMSG;
	if (start > intent && start > later_intent(ring))
		return -EBADMSG;
	if (pos < start) {
		*cursor = start;
		return -EPIPE; /* keeps I1 */
	}
	if (pos >= head)
		return shared_at_head(ring, pos, state);
	*cursor = pos + n;
	return (ssize_t)n;
}

ssize_t vmap_shared_read(const struct vmap_shared *ring, uint64_t *cursor, void *dst, size_t len)
{
	if (len > SSIZE_MAX)
		len = SSIZE_MAX;
	uint8_t *to = dst;
	size_t done = 0;
	while (done < len) {
		uint64_t next = *cursor;
		ssize_t n = read_chunk(ring, &next, to + done, len - done);
		if (n < 0) {
			if (done > 0)
				break; /* what is there is good; the next call reports the rest */
			*cursor = next;
			return n;
		}
		*cursor = next;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

ssize_t vmap_shared_read_line(const struct vmap_shared *ring, uint64_t *cursor, void *dst, size_t len)
{
	enum { STEP = 4096 };
	if (len > SSIZE_MAX)
		len = SSIZE_MAX;
	uint8_t *to = dst;
	uint64_t pos = *cursor;
	size_t done = 0;
	while (done < len) {
		size_t want = len - done < STEP ? len - done : STEP;
		ssize_t n = read_chunk(ring, &pos, to + done, want);
		if (n == -EAGAIN && done > 0)
			break;
		if (n < 0) {
			/* A line is whole or not there at all. */
			*cursor = n == -EPIPE ? pos : *cursor;
			return n;
		}
		const uint8_t *newline = memchr(to + done, '\n', (size_t)n);
		if (newline) {
			done = (size_t)(newline - to) + 1;
			break;
		}
		done += (size_t)n;
	}
	*cursor += done;
	return (ssize_t)done;
}

/* Find the first line start behind @start. -EPIPE overrun on the way; -ENOENT none below the head or near. */
static int find_line(const struct vmap_shared *ring, uint64_t start, uint64_t *ret_pos)
{
	uint8_t buf[4096];
	uint64_t pos = start;
	uint64_t end = start + VMAP_SHARED_LINE_MAX;
	while (pos < end) {
		uint64_t from = pos;
		ssize_t n = read_chunk(ring, &pos, buf, sizeof(buf));
		if (n == -EPIPE)
			return -EPIPE;
		if (n < 0)
			return -ENOENT;
		const uint8_t *newline = memchr(buf, '\n', (size_t)n);
		if (!newline)
			continue;
		uint64_t found = from + (uint64_t)(newline - buf) + 1;
		if (found >= shared_visible_head(ring))
			return -ENOENT;
		*ret_pos = found;
		return 0;
	}
	return -ENOENT;
}

/* Is @start, a lower end of the window, known to be the start of a line? */
static bool is_line_start(const struct vmap_shared *ring, uint64_t start)
{
	/* Position 0 and a clear are line starts. */
	return start == atomic_load_explicit(&ring->header->floor, memory_order_relaxed) ||
	       start == atomic_load_explicit(&ring->header->line_tail, memory_order_relaxed);
}

uint64_t vmap_shared_oldest(const struct vmap_shared *ring, enum vmap_align align)
{
	enum { TRIES = 16 };
	uint64_t head = 0;
	for (unsigned try = 0; try < TRIES; try++) {
		head = shared_visible_head(ring);
		uint64_t start = window_start(ring);
		if (start > head)
			continue; /* this thread was slow between the two loads */
		/* Readers of a bounded ring start where the last one ended. */
		if (align == VMAP_ALIGN_BYTE || shared_is_bounded(ring) || is_line_start(ring, start))
			return start;
		/* The search itself can be overrun; each time it starts a little further from the edge. */
		uint64_t pos;
		int r = find_line(ring, start + (head - start) / TRIES * try, &pos);
		if (r == 0)
			return pos;
		if (r == -ENOENT)
			return try == 0 ? start : head;
	}
	return head;
}

void vmap_shared_get_state(const struct vmap_shared *ring, struct vmap_shared_state *ret_state)
{
	const struct shared_header *header = ring->header;
	/* floor first: it never passes a head that is loaded later. */
	uint64_t floor = atomic_load_explicit(&header->floor, memory_order_acquire);
	uint64_t head = shared_visible_head(ring);
	uint64_t spoilt = atomic_load_explicit(&header->spoilt, memory_order_relaxed);
	/* By head, not by intent: the size of a full ring must not flicker while it is written to. */
	uint64_t tail = shared_window_start(ring, shared_max(head, spoilt));
	if (tail > head)
		tail = head; /* cleared or consumed since head was loaded */
	if (head - tail > ring->geometry.capacity)
		tail = head - ring->geometry.capacity; /* a hostile peer's tail; nobody is told of more than can be there */
	*ret_state = (struct vmap_shared_state){
		.head = head,
		.tail = tail,
		.floor = floor,
		.capacity = ring->geometry.capacity,
		.policy = (enum vmap_ring_policy)ring->geometry.policy,
		.attributes = atomic_load_explicit(&ring->attributes, memory_order_relaxed),
		.generation = atomic_load_explicit(&ring->generation, memory_order_relaxed),
		.overwritten = atomic_load_explicit(&header->overwritten, memory_order_relaxed),
		.lost = atomic_load_explicit(&header->lost, memory_order_relaxed),
		.dropped = atomic_load_explicit(&header->drops_full, memory_order_relaxed),
		.records = atomic_load_explicit(&header->records, memory_order_relaxed),
		.bytes = atomic_load_explicit(&header->bytes, memory_order_relaxed),
		.mtime_ns = atomic_load_explicit(&header->mtime_ns, memory_order_relaxed),
		.steals = atomic_load_explicit(&header->steals, memory_order_relaxed),
	};
}

uint64_t vmap_shared_lost_between(const struct vmap_shared *ring, uint64_t from, uint64_t to)
{
	uint64_t floor = atomic_load_explicit(&ring->header->floor, memory_order_relaxed);
	if (from < floor)
		from = floor < to ? floor : to;
	return to - from;
}
