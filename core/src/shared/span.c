/* SPDX-License-Identifier: MIT */
/*
 * Working in the ring's own memory: spans to fill before they are published, and spans to look at.
 *
 * Invariants, beside those of append.c:
 * I1 Between reserve and commit this handle has the writer lock.
 * I2 What a span shows is good only if vmap_shared_check() says so afterwards.
 */
#include <errno.h>
#include <limits.h>

#include "shared_priv.h"

int vmap_shared_reserve(struct vmap_shared *ring, size_t len, uint64_t lock_ns, void **ret_span)
{
	if (!ring->writable)
		return -EACCES;
	if (len == 0 || len > SSIZE_MAX)
		return -EINVAL;
	if (len > ring->geometry.capacity)
		return -EMSGSIZE;
	int r = shared_lock(ring, lock_ns);
	if (r < 0)
		return r;
	uint64_t head;
	r = shared_load_head(ring, &head);
	if (r == 0)
		r = shared_prepare(ring, head, len);
	if (r < 0) {
		int moved = shared_unlock(ring);
		return moved == -ESTALE ? moved : r;
	}
	shared_announce(ring, head, len);
	SHARED_FAULT(RESERVED);
	ring->reserved_len = len;
	*ret_span = shared_at(ring, head);
	return 0;
}

int vmap_shared_commit(struct vmap_shared *ring, size_t len)
{
	struct shared_header *header = ring->header;
	if (ring->reserved_len == 0 || len > ring->reserved_len)
		return -EINVAL;
	size_t reserved = ring->reserved_len;
	SHARED_FAULT(COMMITS);
	ring->reserved_len = 0;
	/* Our own since the reservation; a hostile peer's change of it spoils this ring alone. */
	uint64_t head = atomic_load_explicit(&ring->seen_head, memory_order_relaxed);
	int published = 0;
	if (len > 0) {
		shared_count_append(ring, len);
		published = shared_publish(ring, head + len);
	}
	/* What was announced and not used is overwritten all the same. */
	if (len < reserved)
		atomic_store_explicit(&header->spoilt, head + reserved, memory_order_relaxed);
	SHARED_FAULT(COMMITTED);
	int r = shared_unlock(ring);
	if (len > 0)
		shared_wake(ring, &header->data_waiters, &header->data_seq);
	SHARED_FAULT(WOKEN);
	return r < 0 ? r : published;
}

ssize_t vmap_shared_peek(const struct vmap_shared *ring, uint64_t *cursor, const void **ret_span)
{
	const struct shared_header *header = ring->header;
	uint64_t pos = *cursor;
	uint64_t head = shared_visible_head(ring); /* read:B */
	uint64_t intent = atomic_load_explicit(&header->intent, memory_order_relaxed);
	int r = shared_check_state(ring);
	if (r == -ESTALE || r == -EIO)
		return r;
	if (intent < head || intent > VMAP_SHARED_POSITION_MAX)
		return -EBADMSG;
	uint64_t start = shared_window_start(ring, intent);
	if (!shared_is_possible(ring, start, head))
		return -EBADMSG;
	if (pos < start) {
		*cursor = start;
		return -EPIPE;
	}
	if (pos >= head)
		return shared_at_head(ring, pos, r);
	uint64_t len = head - pos;
	*ret_span = shared_at(ring, pos);
	return (ssize_t)(len < ring->geometry.capacity ? len : ring->geometry.capacity);
}

int vmap_shared_check(const struct vmap_shared *ring, uint64_t cursor)
{
	atomic_thread_fence(memory_order_acquire); /* read:A */
	uint64_t intent = atomic_load_explicit(&ring->header->intent, memory_order_relaxed);
	int r = shared_check_state(ring);
	if (r == -ESTALE || r == -EIO)
		return r;
	return cursor < shared_window_start(ring, intent) ? -EPIPE : 0;
}

int vmap_shared_seek(const struct vmap_shared *ring, enum vmap_seek whence, uint64_t position, uint64_t *ret_cursor)
{
	uint64_t head = shared_visible_head(ring); /* read:B */
	uint64_t oldest;
	switch (whence) {
	case VMAP_SEEK_OLDEST:
		*ret_cursor = vmap_shared_oldest(ring, VMAP_ALIGN_BYTE);
		return 0;
	case VMAP_SEEK_OLDEST_LINE:
		*ret_cursor = vmap_shared_oldest(ring, VMAP_ALIGN_LINE);
		return 0;
	case VMAP_SEEK_NEWEST:
		*ret_cursor = head;
		return 0;
	case VMAP_SEEK_POSITION:
		if (position > head)
			return -ERANGE;
		oldest = vmap_shared_oldest(ring, VMAP_ALIGN_BYTE);
		if (position < oldest) {
			*ret_cursor = oldest;
			return -EPIPE;
		}
		*ret_cursor = position;
		return 0;
	}
	return -EINVAL;
}
