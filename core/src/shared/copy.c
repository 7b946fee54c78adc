/* SPDX-License-Identifier: MIT */
/*
 * The two copies that may race: out of a ring that is being overwritten, and into one that is being read.
 *
 * What a racing copy brings is thrown away by the check that follows it (cursor.c), so its value does
 * not matter, but C calls the race undefined. Therefore: a translation unit of its own without
 * link-time optimisation across it, pointers the optimiser cannot trace, and under ThreadSanitizer (or
 * with VMAP_STRICT_ATOMICS) relaxed atomic accesses, which are defined and several times slower inside
 * the cache.
 */
#include <string.h>

#include "shared_priv.h"

#if defined(__SANITIZE_THREAD__)
#define VMAP_STRICT_ATOMICS 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define VMAP_STRICT_ATOMICS 1
#endif
#endif

#ifdef VMAP_STRICT_ATOMICS

void shared_copy_out(void *dst, const uint8_t *ring_src, size_t len)
{
	uint8_t *to = dst;
	for (size_t i = 0; i < len; i++)
		to[i] = __atomic_load_n(ring_src + i, __ATOMIC_RELAXED);
}

void shared_copy_in(uint8_t *ring_dst, const void *src, size_t len)
{
	const uint8_t *from = src;
	for (size_t i = 0; i < len; i++)
		__atomic_store_n(ring_dst + i, from[i], __ATOMIC_RELAXED);
}

#else

void shared_copy_out(void *dst, const uint8_t *ring_src, size_t len)
{
	__asm__ volatile("" : "+r"(ring_src) : : "memory");
	memcpy(dst, ring_src, len);
	__asm__ volatile("" : : "r"(dst) : "memory");
}

void shared_copy_in(uint8_t *ring_dst, const void *src, size_t len)
{
	__asm__ volatile("" : "+r"(ring_dst) : : "memory");
	memcpy(ring_dst, src, len);
	__asm__ volatile("" : : "r"(ring_dst) : "memory");
}

#endif
