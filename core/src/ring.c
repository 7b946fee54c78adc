/* SPDX-License-Identifier: MIT */
/*
 * A ring in the memory of one process, over a mirrored mapping.
 *
 * Invariants:
 * I1 head - tail <= capacity, in arithmetic modulo 2^64.
 * I2 tail_index < capacity, and position p of the ring lies at data[tail_index + (p - tail)], which the
 *    mirror makes one run of memory for every p in [tail, tail + capacity). Positions themselves are
 *    never divided, so they may wrap at 2^64 although the capacity is no power of two.
 * I3 head_index is where the head lies: tail_index + (head - tail), less the capacity if that is no less.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <vmap/ring.h>

#include "copy_priv.h"
#include "error_priv.h"
#include "os/os_priv.h"

struct vmap_ring {
	uint8_t *data;
	size_t capacity;
	enum vmap_ring_policy policy;
	size_t head_index;
	size_t tail_index;
	uint64_t head;
	uint64_t tail;
	uint64_t overwritten;
	struct vmap_os_mirror map;
};

static size_t ring_used(const struct vmap_ring *ring)
{
	return (size_t)(ring->head - ring->tail);
}

static size_t ring_room(const struct vmap_ring *ring)
{
	return ring->capacity - ring_used(ring);
}

/* Both are at most the capacity: a comparison does what a division would, in a tenth of the time. */
static size_t ring_index_add(const struct vmap_ring *ring, size_t index, size_t len)
{
	index += len;
	return index >= ring->capacity ? index - ring->capacity : index;
}

static void ring_advance_tail(struct vmap_ring *ring, size_t len)
{
	ring->tail += len;
	ring->tail_index = ring_index_add(ring, ring->tail_index, len);
}

/* Move the head over @len bytes already stored, at most the capacity; keeps I1. */
static void ring_publish(struct vmap_ring *ring, size_t len)
{
	size_t room = ring_room(ring);
	if (len > room) {
		ring_advance_tail(ring, len - room);
		ring->overwritten += len - room;
	}
	ring->head += len;
	ring->head_index = ring_index_add(ring, ring->head_index, len);
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
	ring->data = ring->map.data;
	ring->capacity = rounded;
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

int vmap_ring_prefault(struct vmap_ring *ring)
{
	/* Both halves: the memory is one, but each has page tables of its own. */
	return vmap_os_prefault(ring->data, 2 * ring->capacity);
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
	return ring->capacity;
}

bool vmap_ring_is_bounded(const struct vmap_ring *ring)
{
	return ring->policy == VMAP_RING_BOUNDED;
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

struct vmap_span vmap_ring_readable(const struct vmap_ring *ring)
{
	return (struct vmap_span){.data = ring->data + ring->tail_index, .len = ring_used(ring)};
}

struct vmap_span_mut vmap_ring_writable(struct vmap_ring *ring)
{
	size_t len = ring->policy == VMAP_RING_OVERWRITE ? ring->capacity : ring_room(ring);
	return (struct vmap_span_mut){.data = ring->data + ring->head_index, .len = len};
}

/* The caller's length is longer than what there is. */
static int refuse_len(enum vmap_operation operation)
{
	return vmap_error_input(operation, VMAP_INPUT_INVALID_RANGE, -EINVAL);
}

int vmap_ring_feed(struct vmap_ring *ring, size_t len)
{
	if (len > vmap_ring_writable(ring).len)
		return refuse_len(VMAP_OPERATION_RING_WRITE);
	ring_publish(ring, len);
	return 0;
}

int vmap_ring_consume(struct vmap_ring *ring, size_t len)
{
	if (len > ring_used(ring))
		return refuse_len(VMAP_OPERATION_RING_READ);
	ring_advance_tail(ring, len);
	return 0;
}

/* Store the last capacity bytes of @src, which has more: all that the ring held has come and gone. */
static void ring_write_over(struct vmap_ring *ring, const uint8_t *src, size_t len)
{
	size_t skip = len - ring->capacity;
	ring->overwritten += ring_used(ring) + skip;
	ring->head += len;
	ring->tail = ring->head - ring->capacity;
	ring->tail_index = ring->head_index;
	memcpy(ring->data + ring->head_index, src + skip, ring->capacity);
}

/* What vmap_ring_write() does without room for all of @len bytes; apart, so that the common case stays small. */
static __attribute__((noinline, cold)) ssize_t ring_write_full(struct vmap_ring *ring, const void *src, size_t len)
{
	if (len > SSIZE_MAX)
		return refuse_len(VMAP_OPERATION_RING_WRITE);
	size_t n = len;
	if (ring->policy == VMAP_RING_BOUNDED) {
		n = ring_room(ring);
		if (n == 0)
			return -EAGAIN;
	} else if (len > ring->capacity) {
		ring_write_over(ring, src, len);
		return (ssize_t)len;
	}
	uint8_t *dst = ring->data + ring->head_index;
	ring_publish(ring, n);
	vmap_copy(dst, src, n);
	return (ssize_t)n;
}

ssize_t vmap_ring_write(struct vmap_ring *ring, const void *src, size_t len)
{
	if (len > ring_room(ring))
		return ring_write_full(ring, src, len);
	uint8_t *dst = ring->data + ring->head_index;
	ring->head += len;
	ring->head_index = ring_index_add(ring, ring->head_index, len);
	vmap_copy(dst, src, len);
	return (ssize_t)len;
}

int vmap_ring_write_all(struct vmap_ring *ring, const void *src, size_t len)
{
	if (len > SSIZE_MAX)
		return refuse_len(VMAP_OPERATION_RING_WRITE);
	if (ring->policy == VMAP_RING_BOUNDED && len > ring_room(ring)) {
		if (len > ring->capacity)
			return vmap_error_input(VMAP_OPERATION_RING_WRITE, VMAP_INPUT_INVALID_RANGE, -EMSGSIZE);
		return -EAGAIN;
	}
	vmap_ring_write(ring, src, len);
	return 0;
}

ssize_t vmap_ring_read(struct vmap_ring *ring, void *dst, size_t len)
{
	size_t n = ring_used(ring);
	if (len < n)
		n = len;
	else if (len > SSIZE_MAX)
		return refuse_len(VMAP_OPERATION_RING_READ);
	const uint8_t *src = ring->data + ring->tail_index;
	ring_advance_tail(ring, n);
	vmap_copy(dst, src, n);
	return (ssize_t)n;
}

/* What vmap_ring_take_until() takes, still in the ring. */
static struct vmap_span ring_until(const struct vmap_ring *ring, uint8_t delimiter)
{
	struct vmap_span span = vmap_ring_readable(ring);
	const uint8_t *found = memchr(span.data, delimiter, span.len);
	if (found)
		span.len = (size_t)(found - (const uint8_t *)span.data) + 1;
	return span;
}

struct vmap_span vmap_ring_take_until(struct vmap_ring *ring, uint8_t delimiter)
{
	struct vmap_span span = ring_until(ring, delimiter);
	ring_advance_tail(ring, span.len);
	return span;
}

struct vmap_span vmap_ring_take_line(struct vmap_ring *ring)
{
	return vmap_ring_take_until(ring, '\n');
}

ssize_t vmap_ring_read_until(struct vmap_ring *ring, uint8_t delimiter, void *dst, size_t len)
{
	struct vmap_span span = ring_until(ring, delimiter);
	if (span.len > len)
		return vmap_error_input(VMAP_OPERATION_RING_READ, VMAP_INPUT_INVALID_RANGE, -EMSGSIZE);
	return vmap_ring_read(ring, dst, span.len);
}

ssize_t vmap_ring_read_line(struct vmap_ring *ring, void *dst, size_t len)
{
	return vmap_ring_read_until(ring, '\n', dst, len);
}

void vmap_ring_clear(struct vmap_ring *ring)
{
	ring_advance_tail(ring, ring_used(ring));
}
