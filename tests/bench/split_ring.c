/* SPDX-License-Identifier: MIT */
/* See split_ring.h. */
#include <errno.h>
#include <string.h>

#include "split_ring.h"

static size_t advance(const struct split_ring *ring, size_t index, size_t len)
{
	index += len;
	return index >= ring->capacity ? index - ring->capacity : index;
}

ssize_t split_ring_write(struct split_ring *ring, const void *src, size_t len)
{
	size_t room = ring->capacity - ring->used;
	size_t n = len < room ? len : room;
	if (n == 0)
		return len == 0 ? 0 : -EAGAIN;
	size_t first = ring->capacity - ring->head_index;
	if (first >= n) {
		memcpy(ring->data + ring->head_index, src, n);
	} else {
		memcpy(ring->data + ring->head_index, src, first);
		memcpy(ring->data, (const uint8_t *)src + first, n - first);
	}
	ring->head_index = advance(ring, ring->head_index, n);
	ring->used += n;
	return (ssize_t)n;
}

ssize_t split_ring_read(struct split_ring *ring, void *dst, size_t len)
{
	size_t n = len < ring->used ? len : ring->used;
	if (n == 0)
		return 0;
	size_t first = ring->capacity - ring->tail_index;
	if (first >= n) {
		memcpy(dst, ring->data + ring->tail_index, n);
	} else {
		memcpy(dst, ring->data + ring->tail_index, first);
		memcpy((uint8_t *)dst + first, ring->data, n - first);
	}
	ring->tail_index = advance(ring, ring->tail_index, n);
	ring->used -= n;
	return (ssize_t)n;
}
