/* SPDX-License-Identifier: MIT */
/* Page sizes and the rounding that mappings need. */
#ifndef VMAP_SIZE_H
#define VMAP_SIZE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define VMAP_API __attribute__((visibility("default")))
#else
#define VMAP_API
#endif

/**
 * The size of one page of this process.
 *
 * Units:   bytes, a power of two.
 * Threads: any.
 */
VMAP_API size_t vmap_page_size(void);

/**
 * The granularity of addresses and file offsets that can be mapped.
 *
 * Units:   bytes, a power of two; the page size except on Windows (64 KiB).
 * Threads: any.
 */
VMAP_API size_t vmap_allocation_size(void);

/**
 * Round @p size up to a multiple of @p unit.
 *
 * Units:   bytes; @p unit is a power of two, @p size is at least 1 for a result of at least @p unit.
 * Threads: any.
 * Errors:  0 when the result does not fit into a size_t (and for a @p size of 0).
 */
static inline size_t vmap_round_up(size_t size, size_t unit)
{
	return size > SIZE_MAX - (unit - 1) ? 0 : (size + (unit - 1)) & ~(unit - 1);
}

#ifdef __cplusplus
}
#endif
#endif
