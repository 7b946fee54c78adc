/* SPDX-License-Identifier: MIT */
/* The Windows backend: its error codes as errno and as sentences. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "windows_priv.h"

int os_windows_errno(DWORD code)
{
	switch (code) {
	case ERROR_FILE_NOT_FOUND:
	case ERROR_PATH_NOT_FOUND:
	case ERROR_INVALID_DRIVE:
	case ERROR_INVALID_NAME:
	case ERROR_BAD_NETPATH:
	case ERROR_BAD_NET_NAME:
		return ENOENT;
	case ERROR_DIRECTORY:
		return ENOTDIR;
	case ERROR_FILENAME_EXCED_RANGE:
		return ENAMETOOLONG;
	case ERROR_NO_UNICODE_TRANSLATION:
		return EILSEQ;
	case ERROR_FILE_EXISTS:
	case ERROR_ALREADY_EXISTS:
		return EEXIST;
	case ERROR_ACCESS_DENIED:
	case ERROR_SHARING_VIOLATION:
	case ERROR_LOCK_VIOLATION:
	case ERROR_NETWORK_ACCESS_DENIED:
	case ERROR_CANNOT_MAKE:
		return EACCES;
	case ERROR_PRIVILEGE_NOT_HELD:
		return EPERM;
	case ERROR_WRITE_PROTECT:
		return EROFS;
	case ERROR_INVALID_HANDLE:
		return EBADF;
	case ERROR_TOO_MANY_OPEN_FILES:
		return EMFILE;
	case ERROR_BAD_FILE_TYPE:
		return ENODEV;
	case ERROR_USER_MAPPED_FILE:
		return EBUSY;
	case ERROR_FILE_TOO_LARGE:
		return EFBIG;
	case ERROR_DISK_FULL:
	case ERROR_HANDLE_DISK_FULL:
		return ENOSPC;
	case ERROR_NOT_ENOUGH_MEMORY:
	case ERROR_OUTOFMEMORY:
	case ERROR_NO_SYSTEM_RESOURCES:
	case ERROR_NOT_ENOUGH_QUOTA:
	case ERROR_WORKING_SET_QUOTA:
	case ERROR_PAGEFILE_QUOTA:
	case ERROR_COMMITMENT_LIMIT:
	case ERROR_INVALID_ADDRESS:
		return ENOMEM;
	case ERROR_NOT_SUPPORTED:
	case ERROR_INVALID_FUNCTION:
		return EOPNOTSUPP;
	case ERROR_INVALID_PARAMETER:
	case ERROR_MAPPED_ALIGNMENT:
	case ERROR_FILE_INVALID:
		return EINVAL;
	default:
		return EIO;
	}
}

const char *vmap_os_describe(const struct vmap_error *error, char *buffer, size_t len)
{
	if (error->system_code == 0)
		return strerror(-error->result); /* its buffer belongs to the thread */
	DWORD flags = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK;
	DWORD n = FormatMessageA(flags, NULL, (DWORD)error->system_code, 0, buffer, (DWORD)len, NULL);
	if (n == 0) {
		snprintf(buffer, len, "error %d", error->system_code);
		return buffer;
	}
	/* It ends in a full stop and blanks; ours is the end of a sentence that goes on without. */
	while (n > 0 && (buffer[n - 1] == ' ' || buffer[n - 1] == '.'))
		buffer[--n] = '\0';
	return buffer;
}
