/* SPDX-License-Identifier: MIT */
/*
 * memcpy for records: those of up to 128 bytes without a call.
 *
 * A call of memcpy costs as much as copying 100 bytes does, and a ring's functions are calls already. Where
 * the last piece overlaps the one before it, the same bytes are stored twice.
 */
#ifndef VMAP_COPY_PRIV_H
#define VMAP_COPY_PRIV_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Copy the first and the last @n of @len bytes: a load and a store each, where @n is a constant. */
static inline void vmap_copy_ends(uint8_t *to, const uint8_t *from, size_t len, size_t n)
{
	memcpy(to, from, n);
	memcpy(to + len - n, from + len - n, n);
}

/* The two runs do not overlap; @dst and @src may be anything when @len is 0. */
static inline void vmap_copy(void *dst, const void *src, size_t len)
{
	uint8_t *to = dst;
	const uint8_t *from = src;
	if (len > 128) {
		memcpy(to, from, len);
	} else if (len >= 16) {
		for (size_t i = 0; i < len - 16; i += 16)
			memcpy(to + i, from + i, 16);
		memcpy(to + len - 16, from + len - 16, 16);
	} else if (len >= 8) {
		vmap_copy_ends(to, from, len, 8);
	} else if (len >= 4) {
		vmap_copy_ends(to, from, len, 4);
	} else if (len > 0) {
		to[0] = from[0];
		to[len / 2] = from[len / 2];
		to[len - 1] = from[len - 1];
	}
}

#endif
