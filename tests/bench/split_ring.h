/* SPDX-License-Identifier: MIT */
/*
 * The ring that vmap_ring is measured against: one mapping, so what crosses the edge is copied in two pieces.
 *
 * Bounded, any capacity, its functions out of line as a library's are.
 */
#ifndef TESTS_BENCH_SPLIT_RING_H
#define TESTS_BENCH_SPLIT_RING_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct split_ring {
	uint8_t *data;
	size_t capacity;
	size_t head_index;
	size_t tail_index;
	size_t used;
};

ssize_t split_ring_write(struct split_ring *ring, const void *src, size_t len);
ssize_t split_ring_read(struct split_ring *ring, void *dst, size_t len);

#endif
