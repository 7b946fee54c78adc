/* SPDX-License-Identifier: MIT */
/* What the files of the Windows backend share. */
#ifndef VMAP_WINDOWS_PRIV_H
#define VMAP_WINDOWS_PRIV_H

#include <windows.h>

#include "../error_priv.h"
#include "os_priv.h"

/* The errno for a code of GetLastError(). */
int os_windows_errno(DWORD code);

/* The system refused with @code, which means @error here; returns -@error. */
static inline int os_windows_error_as(enum vmap_operation operation, int error, DWORD code)
{
	vmap_error_note((struct vmap_error){.operation = operation, .result = -error, .system_code = (int)code});
	return -error;
}

static inline int os_windows_error(enum vmap_operation operation, DWORD code)
{
	return os_windows_error_as(operation, os_windows_errno(code), code);
}

/* What stands behind a descriptor of the C runtime; the descriptor keeps it. -EBADF is noted for @operation. */
int os_windows_handle(int fd, enum vmap_operation operation, HANDLE *ret_handle);

/*
 * How many tries the last mirror of this thread took where address space had to be freed before it could be
 * mapped; 0: it replaced placeholders. Tests ask, since the two ways look the same from outside.
 */
unsigned os_windows_mirror_tries(void);

#endif
