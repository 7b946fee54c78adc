/* SPDX-License-Identifier: MIT */
/* How the library's own files note a failure: each function returns the errno to return. */
#ifndef VMAP_ERROR_PRIV_H
#define VMAP_ERROR_PRIV_H

#include <vmap/error.h>

/* Make this the last error of the thread. */
void vmap_error_note(struct vmap_error error);

/*
 * The caller's input is wrong; returns @result, a negative errno.
 *
 * Inline, so that the compiler sees in the callers that an error is negative and outputs are not read.
 */
static inline int vmap_error_input(enum vmap_operation operation, enum vmap_input input, int result)
{
	vmap_error_note((struct vmap_error){.operation = operation, .input = input, .result = result});
	return result;
}

/* The system refused with the errno @code; returns -@code. */
static inline int vmap_error_system(enum vmap_operation operation, int code)
{
	vmap_error_note((struct vmap_error){.operation = operation, .result = -code, .system_code = code});
	return -code;
}

#endif
