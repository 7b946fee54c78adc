/* SPDX-License-Identifier: MIT */
/*
 * Numbers inside a run of memory, read and written with bounds checked.
 *
 * For each type there are four functions, with the suffixes u8 u16 u32 u64 i8 i16 i32 i64 float double:
 *
 *     int vmap_span_read_volatile_u32(struct vmap_span span, size_t offset, uint32_t *ret_value);
 *     int vmap_span_read_unaligned_u32(struct vmap_span span, size_t offset, uint32_t *ret_value);
 *     int vmap_span_write_volatile_u32(struct vmap_span_mut span, size_t offset, uint32_t value);
 *     int vmap_span_write_unaligned_u32(struct vmap_span_mut span, size_t offset, uint32_t value);
 *
 * A volatile access happens exactly once, where the program has it, and in one piece if the processor can
 * access that many bytes at once; its address must be a multiple of the type's size. An unaligned one may
 * lie anywhere. None of them orders other threads' accesses, and the bytes are in this machine's order.
 *
 * Units:   bytes; @p offset is counted from the start of the span.
 * Owner:   the memory stays whose it is.
 * Threads: any.
 * Errors:  -ERANGE the value does not lie inside the span; -EINVAL a volatile access to an address that is
 *          no multiple of the type's size; -EACCES a write to a span without data, as a read-only map has.
 *          Nothing is read or written then.
 * Source:  Span and SpanMut of the crate vmap 0.6.3, which panics instead.
 */
#ifndef VMAP_SPAN_H
#define VMAP_SPAN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <vmap/error.h>
#include <vmap/size.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A run of memory that may be read. */
struct vmap_span {
	const void *data;
	size_t len;
};

/** A run of memory that may be read and written. */
struct vmap_span_mut {
	void *data;
	size_t len;
};

/** What may be read of a run that may be written. Source: SpanMut is a Span in the crate. */
static inline struct vmap_span vmap_span_of(struct vmap_span_mut span)
{
	struct vmap_span readable = {span.data, span.len};
	return readable;
}

/**
 * Note why an access cannot be: the slow end of the functions below.
 *
 * Errors:  -ERANGE, -EINVAL or -EACCES by @p input, see above.
 */
VMAP_API int vmap_span_refuse(enum vmap_operation operation, enum vmap_input input);

static inline int vmap_span_check_(const void *data, size_t len, size_t offset, size_t size, size_t alignment,
				   enum vmap_operation operation)
{
	if (!data && operation == VMAP_OPERATION_WRITE)
		return vmap_span_refuse(operation, VMAP_INPUT_READ_ONLY);
	if (offset > len || size > len - offset)
		return vmap_span_refuse(operation, VMAP_INPUT_INVALID_RANGE);
	if ((((uintptr_t)data + offset) & (alignment - 1)) != 0)
		return vmap_span_refuse(operation, VMAP_INPUT_UNALIGNED);
	return 0;
}

#define VMAP_SPAN_DEFINE_(suffix, type)                                                                            \
	static inline int vmap_span_read_volatile_##suffix(struct vmap_span span, size_t offset, type *ret_value)  \
	{                                                                                                          \
		int r = vmap_span_check_(span.data, span.len, offset, sizeof(type), sizeof(type),                  \
					 VMAP_OPERATION_READ);                                                     \
		if (r == 0)                                                                                        \
			*ret_value = *(const volatile type *)((const unsigned char *)span.data + offset);          \
		return r;                                                                                          \
	}                                                                                                          \
	static inline int vmap_span_read_unaligned_##suffix(struct vmap_span span, size_t offset, type *ret_value) \
	{                                                                                                          \
		int r = vmap_span_check_(span.data, span.len, offset, sizeof(type), 1, VMAP_OPERATION_READ);       \
		if (r == 0)                                                                                        \
			memcpy(ret_value, (const unsigned char *)span.data + offset, sizeof(type));                \
		return r;                                                                                          \
	}                                                                                                          \
	static inline int vmap_span_write_volatile_##suffix(struct vmap_span_mut span, size_t offset, type value)  \
	{                                                                                                          \
		int r = vmap_span_check_(span.data, span.len, offset, sizeof(type), sizeof(type),                  \
					 VMAP_OPERATION_WRITE);                                                    \
		if (r == 0)                                                                                        \
			*(volatile type *)((unsigned char *)span.data + offset) = value;                           \
		return r;                                                                                          \
	}                                                                                                          \
	static inline int vmap_span_write_unaligned_##suffix(struct vmap_span_mut span, size_t offset, type value) \
	{                                                                                                          \
		int r = vmap_span_check_(span.data, span.len, offset, sizeof(type), 1, VMAP_OPERATION_WRITE);      \
		if (r == 0)                                                                                        \
			memcpy((unsigned char *)span.data + offset, &value, sizeof(type));                         \
		return r;                                                                                          \
	}

VMAP_SPAN_DEFINE_(u8, uint8_t)
VMAP_SPAN_DEFINE_(u16, uint16_t)
VMAP_SPAN_DEFINE_(u32, uint32_t)
VMAP_SPAN_DEFINE_(u64, uint64_t)
VMAP_SPAN_DEFINE_(i8, int8_t)
VMAP_SPAN_DEFINE_(i16, int16_t)
VMAP_SPAN_DEFINE_(i32, int32_t)
VMAP_SPAN_DEFINE_(i64, int64_t)
VMAP_SPAN_DEFINE_(float, float)
VMAP_SPAN_DEFINE_(double, double)

#undef VMAP_SPAN_DEFINE_

#ifdef __cplusplus
}
#endif
#endif
