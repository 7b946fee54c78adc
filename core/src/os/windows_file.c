/* SPDX-License-Identifier: MIT */
/*
 * The Windows backend: files, the clock, random numbers.
 *
 * Files are descriptors of the C runtime, so that the interface is one on all systems; programs must use
 * the same runtime as the library. Paths are UTF-8.
 */
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdlib.h>

#include "windows_priv.h"

#include <bcrypt.h>

int os_windows_handle(int fd, enum vmap_operation operation, HANDLE *ret_handle)
{
	HANDLE handle = (HANDLE)_get_osfhandle(fd);
	/* -2 stands for a standard stream without a console or file behind it. */
	if (handle == INVALID_HANDLE_VALUE || handle == (HANDLE)(intptr_t)-2)
		return os_windows_error(operation, ERROR_INVALID_HANDLE);
	*ret_handle = handle;
	return 0;
}

/* @path in the system's characters; the caller frees it. */
static int wide_path(const char *path, WCHAR **ret_wide)
{
	int len = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, NULL, 0);
	if (len == 0)
		return os_windows_error(VMAP_OPERATION_OPEN_FILE, GetLastError());
	WCHAR *wide = malloc((size_t)len * sizeof(*wide));
	if (!wide)
		return os_windows_error(VMAP_OPERATION_OPEN_FILE, ERROR_NOT_ENOUGH_MEMORY);
	MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, len);
	*ret_wide = wide;
	return 0;
}

static bool set_size(HANDLE handle, uint64_t size)
{
	FILE_END_OF_FILE_INFO info = {.EndOfFile.QuadPart = (LONGLONG)size};
	return SetFileInformationByHandle(handle, FileEndOfFileInfo, &info, sizeof(info));
}

static bool is_directory(HANDLE handle)
{
	BY_HANDLE_FILE_INFORMATION info;
	return GetFileInformationByHandle(handle, &info) && (info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

int vmap_os_file_open(const char *path, struct vmap_os_open how, int *ret_fd)
{
	DWORD access = GENERIC_READ | (how.write ? GENERIC_WRITE : 0);
	DWORD disposition = how.create_new ? CREATE_NEW : how.create ? OPEN_ALWAYS : OPEN_EXISTING;
	WCHAR *wide = NULL;
	int r = wide_path(path, &wide);
	if (r < 0)
		return r;
	/* With FILE_FLAG_BACKUP_SEMANTICS directories open, too, and are refused for what they are. */
	HANDLE handle = CreateFileW(wide, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
				    disposition, FILE_ATTRIBUTE_NORMAL | FILE_FLAG_BACKUP_SEMANTICS, NULL);
	DWORD code = GetLastError();
	free(wide);
	if (handle == INVALID_HANDLE_VALUE)
		return os_windows_error(VMAP_OPERATION_OPEN_FILE, code);
	if (how.write && is_directory(handle)) {
		r = os_windows_error_as(VMAP_OPERATION_OPEN_FILE, EISDIR, ERROR_ACCESS_DENIED);
		goto err_close;
	}
	if (how.truncate && !how.create_new && !set_size(handle, 0)) {
		r = os_windows_error(VMAP_OPERATION_OPEN_FILE, GetLastError());
		goto err_close;
	}
	int fd = _open_osfhandle((intptr_t)handle, _O_BINARY | _O_NOINHERIT | (how.write ? _O_RDWR : _O_RDONLY));
	if (fd < 0) {
		r = os_windows_error(VMAP_OPERATION_OPEN_FILE, ERROR_TOO_MANY_OPEN_FILES);
		goto err_close;
	}
	*ret_fd = fd;
	return 0;

err_close:
	CloseHandle(handle);
	return r;
}

void vmap_os_file_close(int fd)
{
	_close(fd);
}

int vmap_os_file_size(int fd, uint64_t *ret_size, size_t *ret_page_size)
{
	HANDLE handle = NULL;
	int r = os_windows_handle(fd, VMAP_OPERATION_MAP_FILE, &handle);
	if (r < 0)
		return r;
	BY_HANDLE_FILE_INFORMATION info;
	if (GetFileType(handle) != FILE_TYPE_DISK)
		return os_windows_error(VMAP_OPERATION_MAP_FILE, ERROR_BAD_FILE_TYPE);
	if (!GetFileInformationByHandle(handle, &info))
		return os_windows_error(VMAP_OPERATION_MAP_FILE, GetLastError());
	if (info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)
		return os_windows_error(VMAP_OPERATION_MAP_FILE, ERROR_BAD_FILE_TYPE);
	*ret_size = (uint64_t)info.nFileSizeHigh << 32 | info.nFileSizeLow;
	*ret_page_size = vmap_page_size();
	return 0;
}

int vmap_os_file_resize(int fd, uint64_t size)
{
	if (size > INT64_MAX)
		return vmap_error_input(VMAP_OPERATION_RESIZE_FILE, VMAP_INPUT_OVERFLOW, -EFBIG);
	HANDLE handle = NULL;
	int r = os_windows_handle(fd, VMAP_OPERATION_RESIZE_FILE, &handle);
	if (r < 0)
		return r;
	if (set_size(handle, size))
		return 0;
	/* The handle is not open for writing, which wine 8 calls invalid; POSIX says EINVAL. */
	DWORD code = GetLastError();
	bool no_right = code == ERROR_ACCESS_DENIED || code == ERROR_INVALID_HANDLE;
	return os_windows_error_as(VMAP_OPERATION_RESIZE_FILE, no_right ? EINVAL : os_windows_errno(code), code);
}

int vmap_os_reserve(int fd, uint64_t offset, uint64_t len)
{
	HANDLE handle = (HANDLE)_get_osfhandle(fd);
	BY_HANDLE_FILE_INFORMATION info;
	if (!GetFileInformationByHandle(handle, &info))
		return -os_windows_errno(GetLastError());
	if (info.dwFileAttributes & (FILE_ATTRIBUTE_SPARSE_FILE | FILE_ATTRIBUTE_COMPRESSED))
		return -EOPNOTSUPP;
	/* Every other file has room on the disk for all of its size. */
	uint64_t size = (uint64_t)info.nFileSizeHigh << 32 | info.nFileSizeLow;
	if (offset > INT64_MAX || len > INT64_MAX - offset)
		return -EFBIG;
	return offset + len <= size || set_size(handle, offset + len) ? 0 : -os_windows_errno(GetLastError());
}

uint64_t vmap_os_now_ns(void)
{
	/* Hundreds of nanoseconds since 1601. */
	const uint64_t epoch = UINT64_C(116444736000000000);
	FILETIME now;
	GetSystemTimePreciseAsFileTime(&now);
	return (((uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime) - epoch) * 100;
}

int vmap_os_random(void *dst, size_t len)
{
	NTSTATUS status = BCryptGenRandom(NULL, dst, (ULONG)len, BCRYPT_USE_SYSTEM_PREFERRED_RNG);
	return status >= 0 ? 0 : -EIO;
}
