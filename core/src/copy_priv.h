/* SPDX-License-Identifier: MIT */
/*
 * memcpy for records: those of up to 128 bytes without a call.
 *
 * A call of memcpy costs as much as copying 100 bytes does, and a ring's functions are calls already. Where
 * pieces overlap, the same bytes are stored twice.
 */
#ifndef VMAP_COPY_PRIV_H
#define VMAP_COPY_PRIV_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Copy @n bytes at either end of @len, @skip of them left out: a load and a store each, where @n is a constant. */
static inline void vmap_copy_ends(uint8_t *to, const uint8_t *from, size_t len, size_t skip, size_t n)
{
	memcpy(to + skip, from + skip, n);
	memcpy(to + len - skip - n, from + len - skip - n, n);
}

/* The two runs do not overlap; @dst and @src may be anything when @len is 0. */
static inline void vmap_copy(void *dst, const void *src, size_t len)
{
	uint8_t *to = dst;
	const uint8_t *from = src;
	if (len > 128) {
		memcpy(to, from, len);
	} else if (len >= 16) {
		vmap_copy_ends(to, from, len, 0, 16);
		if (len > 32)
			vmap_copy_ends(to, from, len, 16, 16);
		if (len > 64) {
			vmap_copy_ends(to, from, len, 32, 16);
			vmap_copy_ends(to, from, len, 48, 16);
		}
	} else if (len >= 8) {
		vmap_copy_ends(to, from, len, 0, 8);
	} else if (len >= 4) {
		vmap_copy_ends(to, from, len, 0, 4);
	} else if (len > 0) {
		to[0] = from[0];
		to[len / 2] = from[len / 2];
		to[len - 1] = from[len - 1];
	}
}

#endif
