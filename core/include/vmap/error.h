/* SPDX-License-Identifier: MIT */
/*
 * What went wrong, in more words than an errno has.
 *
 * Every function returns a negative errno; vmap_last_error() adds which step failed, what was wrong with
 * the input, and the system's own code.
 */
#ifndef VMAP_ERROR_H
#define VMAP_ERROR_H

#include <stddef.h>

#include <vmap/size.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The step that failed. New ones are added at the end. */
enum vmap_operation {
	VMAP_OPERATION_NONE,
	VMAP_OPERATION_MAP_FILE,
	VMAP_OPERATION_MAP_FILE_HANDLE, /* Windows: the section of a file */
	VMAP_OPERATION_MAP_FILE_VIEW,   /* Windows: the view of that section */
	VMAP_OPERATION_MAP_ANONYMOUS,
	VMAP_OPERATION_MAP_ANONYMOUS_HANDLE,
	VMAP_OPERATION_MAP_ANONYMOUS_VIEW,
	VMAP_OPERATION_UNMAP,
	VMAP_OPERATION_PROTECT,
	VMAP_OPERATION_ADVISE,
	VMAP_OPERATION_LOCK,
	VMAP_OPERATION_UNLOCK,
	VMAP_OPERATION_FLUSH,
	VMAP_OPERATION_RING_ALLOCATE,   /* address space for both halves */
	VMAP_OPERATION_RING_DEALLOCATE,
	VMAP_OPERATION_RING_ENTRY,      /* macOS: the memory entry */
	VMAP_OPERATION_RING_PRIMARY,    /* the first half */
	VMAP_OPERATION_RING_SECONDARY,  /* the second half */
	VMAP_OPERATION_MEMORY_FD,
	VMAP_OPERATION_OPEN_FILE,
	VMAP_OPERATION_RESIZE_FILE,
	VMAP_OPERATION_READ,            /* of a value in a span */
	VMAP_OPERATION_WRITE,
	VMAP_OPERATION_RING_READ,       /* or consume */
	VMAP_OPERATION_RING_WRITE,      /* or feed */
	VMAP_OPERATION_PREFAULT,
	VMAP_OPERATION_SOURCE_READ,     /* of a reader's source */
	VMAP_OPERATION_SINK_WRITE,      /* to a writer's sink */
	VMAP_OPERATION_SINK_FLUSH,
};

/** What was wrong with the caller's input. New ones are added at the end. */
enum vmap_input {
	VMAP_INPUT_NONE,          /* nothing: the system refused, or has no more of something */
	VMAP_INPUT_INVALID_RANGE, /* empty, or not inside the file, the map, the span or the ring */
	VMAP_INPUT_OVERFLOW,      /* an offset and a length whose sum is no size */
	VMAP_INPUT_OPTIONS,       /* options that do not go together, or a number that names no choice */
	VMAP_INPUT_READ_ONLY,     /* writing where no write access was asked for */
	VMAP_INPUT_UNALIGNED,     /* an address that is no multiple of what it has to be */
};

/** One failure. */
struct vmap_error {
	enum vmap_operation operation;
	enum vmap_input input;
	int result;      /* what the function returned: a negative errno; 0: nothing has failed yet */
	int system_code; /* errno, GetLastError() or kern_return_t; 0 when input says it all */
};

/**
 * The last failure of this thread in a function of map.h, span.h, os.h, ring.h or bufio.h.
 *
 * A ring that is full just now (-EAGAIN) is no failure.
 *
 * Look at it only after a negative result: like errno it is not cleared by a call that succeeds, and one that gets
 * over a failure on its way, as vmap_reader_read() does where it has bytes to give, may leave that here.
 *
 * Owner:   a copy.
 * Threads: each thread has its own.
 * Source:  Error of the crate vmap 0.6.3.
 */
VMAP_API struct vmap_error vmap_last_error(void);

/**
 * Put a failure into words: "failed to map file, invalid range".
 *
 * Units:   bytes; the result is the length of the whole sentence without its '\0', even where @p len is
 *          less. Then what fits is stored and ended with '\0', as snprintf(3) does.
 * Owner:   @p dst stays the caller's; it may be NULL when @p len is 0.
 * Threads: any.
 * Source:  Display of Error in the crate.
 */
VMAP_API size_t vmap_error_describe(const struct vmap_error *error, char *dst, size_t len);

/**
 * What the operation does, such as "map file"; "" for none and for one that this version does not know.
 *
 * Owner:   static text, never freed.
 * Threads: any.
 */
VMAP_API const char *vmap_operation_name(enum vmap_operation operation);

/**
 * What the input was, such as "invalid range"; "" for none and for one that this version does not know.
 *
 * Owner:   static text, never freed.
 * Threads: any.
 */
VMAP_API const char *vmap_input_name(enum vmap_input input);

#ifdef __cplusplus
}
#endif
#endif
