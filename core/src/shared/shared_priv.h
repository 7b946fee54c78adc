/* SPDX-License-Identifier: MIT */
/* A mapped shared ring inside this process, and the functions its files share. */
#ifndef VMAP_SHARED_PRIV_H
#define VMAP_SHARED_PRIV_H

#include <pthread.h>
#include <stdbool.h>

#include "../os/os_priv.h"
#include "layout_priv.h"

struct vmap_shared {
	struct vmap_os_mirror map;
	struct shared_header *header;
	/*
	 * Private copy: the header's is never read again. What readers use of it changes in vmap_shared_reshape()
	 * only, beside which there are none; generation, attributes and checksum belong to the lock.
	 */
	struct shared_geometry geometry;
	_Atomic uint64_t generation; /* = geometry's, for those without the lock */
	_Atomic uint64_t attributes;
	/*
	 * intent as a dead writer left it, found when the ring was opened: the bytes it stands for are gone,
	 * unlike those that a living writer has merely announced.
	 */
	uint64_t spoilt;
	int fd;               /* for reserving pages and for fsync */
	pthread_mutex_t lock; /* appenders of this process; guards geometry, reserved_* and all stores but those to the tail */
	/* These positions have pages, for certain; all of the ring once they are a capacity apart. */
	uint64_t reserved_from; /* the page of the head when the ring was opened */
	uint64_t reserved_to;
};

static inline bool shared_is_bounded(const struct vmap_shared *ring)
{
	return ring->geometry.policy == VMAP_RING_BOUNDED;
}

static inline uint64_t shared_max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/*
 * The lower end of the readable window of a ring whose writer has announced @intent. What is at or above it
 * when this is called after a copy was not being overwritten during the copy.
 */
static inline uint64_t shared_window_start(const struct vmap_shared *ring, uint64_t intent)
{
	const struct shared_header *header = ring->header;
	if (shared_is_bounded(ring))
		return shared_max(atomic_load_explicit(&header->tail, memory_order_acquire) /* consume:A */, ring->geometry.base);
	uint64_t start = intent > ring->geometry.capacity ? intent - ring->geometry.capacity : 0;
	start = shared_max(start, atomic_load_explicit(&header->floor, memory_order_relaxed));
	return shared_max(start, ring->geometry.base);
}

static inline uint8_t *shared_at(const struct vmap_shared *ring, uint64_t pos)
{
	return ring->map.data + pos % ring->geometry.capacity;
}

uint32_t shared_crc32c(const void *data, size_t len);

/* Give pages to the positions [from, to), at most a capacity of them, which may lie around the edge. */
int shared_reserve(int fd, const struct shared_geometry *geometry, uint64_t from, uint64_t to);
/* Whether a line starts at @start, by the byte before it. False when that lies below @readable. */
bool shared_starts_line(const struct vmap_shared *ring, uint64_t start, uint64_t readable);

/* Give back whatever of the file is neither header nor data: what a change of shape left that was killed. */
void shared_trim(const struct vmap_shared *ring);

/* Copies between private memory and ring memory that another thread may be writing at the same time. */
void shared_copy_out(void *dst, const uint8_t *ring_src, size_t len);
void shared_copy_in(uint8_t *ring_dst, const void *src, size_t len);

#endif
