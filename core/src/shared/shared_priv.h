/* SPDX-License-Identifier: MIT */
/* A mapped shared ring inside this process, and the functions its files share. */
#ifndef VMAP_SHARED_PRIV_H
#define VMAP_SHARED_PRIV_H

#include <pthread.h>

#include "../os/os_priv.h"
#include "layout_priv.h"

struct vmap_shared {
	struct vmap_os_mirror map;
	struct shared_header *header;
	uint64_t capacity;    /* private copy of the geometry: the header's is never read again */
	/*
	 * intent as a dead writer left it, found when the ring was opened: the bytes it stands for are gone,
	 * unlike those that a living writer has merely announced.
	 */
	uint64_t spoilt;
	int fd;               /* for reserving pages and for fsync */
	pthread_mutex_t lock; /* appenders of this process; guards reserved_to and all stores to the header */
	/* These positions have pages, for certain; all of the ring once they are a capacity apart. */
	uint64_t reserved_from; /* the page of the head when the ring was opened */
	uint64_t reserved_to;
};

/* The lower end of the readable window for a writer that has announced @intent. */
static inline uint64_t shared_window_start(const struct vmap_shared *ring, uint64_t intent, uint64_t floor)
{
	uint64_t start = intent > ring->capacity ? intent - ring->capacity : 0;
	return start > floor ? start : floor;
}

/* Copies between private memory and ring memory that another thread may be writing at the same time. */
void shared_copy_out(void *dst, const uint8_t *ring_src, size_t len);
void shared_copy_in(uint8_t *ring_dst, const void *src, size_t len);

#endif
