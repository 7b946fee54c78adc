/* SPDX-License-Identifier: MIT */
/*
 * A ring in the memory of one process, over a mirrored mapping.
 *
 * Invariants:
 * I1 head - tail <= capacity, in arithmetic modulo 2^64.
 * I2 tail_index < capacity, and position p of the ring lies at data[tail_index + (p - tail)], which the
 *    mirror makes one run of memory for every p in [tail, tail + capacity). Positions themselves are
 *    never divided, so they may wrap at 2^64 although the capacity is no power of two.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <vmap/ring.h>

#include "error_priv.h"
#include "os/os_priv.h"

struct vmap_ring {
	struct vmap_os_mirror map;
	enum vmap_ring_policy policy;
	uint64_t head;
	uint64_t tail;
	uint64_t overwritten;
	size_t tail_index;
};

static size_t ring_used(const struct vmap_ring *ring)
{
	return (size_t)(ring->head - ring->tail);
}

static void ring_advance_tail(struct vmap_ring *ring, size_t len)
{
	ring->tail += len;
	ring->tail_index = (ring->tail_index + len) % ring->map.capacity;
}

int vmap_ring_create_at(size_t capacity, enum vmap_ring_policy policy, uint64_t start, struct vmap_ring **ret_ring)
{
	if (capacity == 0)
		return vmap_error_input(VMAP_OPERATION_RING_ALLOCATE, VMAP_INPUT_INVALID_RANGE, -EINVAL);
	if (policy != VMAP_RING_OVERWRITE && policy != VMAP_RING_BOUNDED)
		return vmap_error_input(VMAP_OPERATION_RING_ALLOCATE, VMAP_INPUT_OPTIONS, -EINVAL);
	size_t rounded = vmap_round_up(capacity, vmap_allocation_size());
	if (rounded == 0 || rounded > SIZE_MAX / 2)
		return vmap_error_input(VMAP_OPERATION_RING_ALLOCATE, VMAP_INPUT_OVERFLOW, -EOVERFLOW);

	struct vmap_ring *ring = calloc(1, sizeof(*ring));
	if (!ring)
		return vmap_error_system(VMAP_OPERATION_RING_ALLOCATE, ENOMEM);
	int r = vmap_os_mirror_map_anonymous(rounded, &ring->map);
	if (r < 0) {
		free(ring);
		return r;
	}
	ring->policy = policy;
	ring->head = start;
	ring->tail = start;
	*ret_ring = ring;
	return 0;
}

int vmap_ring_create(size_t capacity, enum vmap_ring_policy policy, struct vmap_ring **ret_ring)
{
	return vmap_ring_create_at(capacity, policy, 0, ret_ring);
}

void vmap_ring_destroy(struct vmap_ring *ring)
{
	if (!ring)
		return;
	vmap_os_mirror_unmap(&ring->map);
	free(ring);
}

size_t vmap_ring_capacity(const struct vmap_ring *ring)
{
	return ring->map.capacity;
}

uint64_t vmap_ring_head(const struct vmap_ring *ring)
{
	return ring->head;
}

uint64_t vmap_ring_tail(const struct vmap_ring *ring)
{
	return ring->tail;
}

uint64_t vmap_ring_overwritten(const struct vmap_ring *ring)
{
	return ring->overwritten;
}

struct vmap_ring_span vmap_ring_readable(const struct vmap_ring *ring)
{
	return (struct vmap_ring_span){.data = ring->map.data + ring->tail_index, .len = ring_used(ring)};
}

struct vmap_ring_space vmap_ring_writable(struct vmap_ring *ring)
{
	size_t used = ring_used(ring);
	size_t index = (ring->tail_index + used) % ring->map.capacity;
	size_t len = ring->policy == VMAP_RING_OVERWRITE ? ring->map.capacity : ring->map.capacity - used;
	return (struct vmap_ring_space){.data = ring->map.data + index, .len = len};
}

/* Move the head over @len bytes already stored; keeps I1. */
static void ring_publish(struct vmap_ring *ring, size_t len)
{
	size_t free_len = ring->map.capacity - ring_used(ring);
	if (len > free_len) {
		ring_advance_tail(ring, len - free_len);
		ring->overwritten += len - free_len;
	}
	ring->head += len;
}

int vmap_ring_feed(struct vmap_ring *ring, size_t len)
{
	if (len > vmap_ring_writable(ring).len)
		return -EINVAL;
	ring_publish(ring, len);
	return 0;
}

int vmap_ring_consume(struct vmap_ring *ring, size_t len)
{
	if (len > ring_used(ring))
		return -EINVAL;
	ring_advance_tail(ring, len);
	return 0;
}

ssize_t vmap_ring_write(struct vmap_ring *ring, const void *src, size_t len)
{
	if (len > SSIZE_MAX)
		return -EINVAL;
	if (len == 0)
		return 0;
	const uint8_t *from = src;
	size_t n = len;
	if (ring->policy == VMAP_RING_BOUNDED) {
		size_t room = vmap_ring_writable(ring).len;
		if (room == 0)
			return -EAGAIN;
		if (n > room)
			n = room;
	} else if (n > ring->map.capacity) {
		size_t skip = n - ring->map.capacity;
		/* The skipped bytes and all that the ring held have come and gone. */
		ring->overwritten += ring_used(ring) + skip;
		ring->head += skip;
		ring->tail = ring->head;
		from += skip;
		n = ring->map.capacity;
	}
	memcpy(vmap_ring_writable(ring).data, from, n);
	ring_publish(ring, n);
	return (ssize_t)(ring->policy == VMAP_RING_BOUNDED ? n : len);
}

int vmap_ring_write_all(struct vmap_ring *ring, const void *src, size_t len)
{
	if (len > SSIZE_MAX)
		return -EINVAL;
	if (ring->policy == VMAP_RING_BOUNDED) {
		if (len > ring->map.capacity)
			return -EMSGSIZE;
		if (len > vmap_ring_writable(ring).len)
			return -EAGAIN;
	}
	ssize_t n = vmap_ring_write(ring, src, len);
	return n < 0 ? (int)n : 0;
}

ssize_t vmap_ring_read(struct vmap_ring *ring, void *dst, size_t len)
{
	if (len > SSIZE_MAX)
		return -EINVAL;
	struct vmap_ring_span span = vmap_ring_readable(ring);
	size_t n = len < span.len ? len : span.len;
	if (n > 0) {
		memcpy(dst, span.data, n);
		ring_advance_tail(ring, n);
	}
	return (ssize_t)n;
}

void vmap_ring_clear(struct vmap_ring *ring)
{
	ring_advance_tail(ring, ring_used(ring));
}
