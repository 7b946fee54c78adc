/* SPDX-License-Identifier: MIT */
/*
 * Page sizes and the rounding that mappings need.
 *
 * All arithmetic here holds up to SIZE_MAX: a result that does not fit is 0 where no right answer is 0.
 *
 * Threads: any may call anything here.
 */
#ifndef VMAP_SIZE_H
#define VMAP_SIZE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32) && defined(VMAP_BUILD_DLL) /* only while the library itself is compiled */
#define VMAP_API __declspec(dllexport)
#elif defined(__GNUC__) && !defined(_WIN32)
#define VMAP_API __attribute__((visibility("default")))
#else
#define VMAP_API
#endif

/** A unit to count bytes in: a power of two. */
struct vmap_size {
	size_t unit;
};

/** The whole units that a range of memory touches. */
struct vmap_bounds {
	void *start; /* on a boundary of the unit */
	size_t len;  /* a multiple of the unit */
};

/**
 * The size of one page of this process.
 *
 * Units:   bytes, a power of two.
 * Threads: any.
 * Source:  page_size of the crate vmap 0.6.3.
 */
VMAP_API size_t vmap_page_size(void);

/**
 * The granularity of addresses and file offsets that can be mapped.
 *
 * Units:   bytes, a power of two; the page size except on Windows (64 KiB).
 * Threads: any.
 * Source:  allocation_size of the crate.
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

/** Count in units of @p unit bytes, a power of two. Source: Size::with_size of the crate. */
static inline struct vmap_size vmap_size_of(size_t unit)
{
	struct vmap_size size = {unit};
	return size;
}

/** Count in pages. Source: Size::page of the crate. */
static inline struct vmap_size vmap_size_page(void)
{
	return vmap_size_of(vmap_page_size());
}

/** Count in steps of the allocation granularity. Source: Size::alloc of the crate. */
static inline struct vmap_size vmap_size_alloc(void)
{
	return vmap_size_of(vmap_allocation_size());
}

/**
 * Round @p len up to whole units.
 *
 * Units:   bytes.
 * Threads: any.
 * Errors:  0 for a @p len above 0 whose result does not fit into a size_t.
 * Source:  Size::round of the crate, which overflows there.
 */
static inline size_t vmap_size_round(struct vmap_size size, size_t len)
{
	return vmap_round_up(len, size.unit);
}

/** Round @p len down to whole units. Units: bytes. Source: Size::truncate of the crate. */
static inline size_t vmap_size_truncate(struct vmap_size size, size_t len)
{
	return len & ~(size.unit - 1);
}

/** How far @p len lies behind the last boundary of a unit. Units: bytes. Source: Size::offset of the crate. */
static inline size_t vmap_size_offset(struct vmap_size size, size_t len)
{
	return len & (size.unit - 1);
}

/**
 * The bytes that @p count units have.
 *
 * Units:   bytes; @p count in units.
 * Threads: any.
 * Errors:  0 for a @p count above 0 whose result does not fit into a size_t.
 * Source:  Size::size of the crate, which loses the upper bits there.
 */
static inline size_t vmap_size_size(struct vmap_size size, size_t count)
{
	return count > SIZE_MAX / size.unit ? 0 : count * size.unit;
}

/**
 * The units that @p len bytes need.
 *
 * Units:   units; @p len in bytes.
 * Threads: any.
 * Source:  Size::count of the crate, which is limited to 32 bits.
 */
static inline size_t vmap_size_count(struct vmap_size size, size_t len)
{
	return len / size.unit + (vmap_size_offset(size, len) != 0);
}

/**
 * The whole units that the @p len bytes at @p start touch; for a @p len of 0, the unit that @p start is
 * inside of, or nothing where it is on a boundary.
 *
 * Units:   bytes.
 * Threads: any.
 * Errors:  a length of 0 for a @p len above 0 when the range leaves the address space.
 * Source:  Size::bounds of the crate.
 */
static inline struct vmap_bounds vmap_size_bounds(struct vmap_size size, const void *start, size_t len)
{
	uintptr_t address = (uintptr_t)start;
	size_t before = vmap_size_offset(size, (size_t)address);
	struct vmap_bounds bounds = {(void *)(address - before), 0};
	/* The last byte's address must exist; the boundary behind it may be the end of the address space. */
	if (len <= SIZE_MAX - before && (len == 0 || len - 1 <= UINTPTR_MAX - address))
		bounds.len = vmap_size_round(size, before + len);
	return bounds;
}

#ifdef __cplusplus
}
#endif
#endif
