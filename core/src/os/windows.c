/* SPDX-License-Identifier: MIT */
/*
 * The Windows backend: views of sections, of files and of the page file.
 *
 * Invariants:
 * I1 Every map is one view and keeps nothing else: its section is closed as soon as it is mapped.
 * I2 Whether a view is private is decided when it is mapped; changing the protection never changes that.
 */
#include <errno.h>

#include "windows_priv.h"

static SYSTEM_INFO system_info(void)
{
	SYSTEM_INFO info;
	GetSystemInfo(&info);
	return info;
}

size_t vmap_page_size(void)
{
	return system_info().dwPageSize;
}

size_t vmap_allocation_size(void)
{
	return system_info().dwAllocationGranularity;
}

struct vmap_os_info vmap_os_system_info(void)
{
	return (struct vmap_os_info){.page_size = vmap_page_size(), .allocation_size = vmap_allocation_size()};
}

/* What an enum vmap_protect asks of a section and of a view; the section's is 0 for a number that is none. */
struct rights {
	DWORD section;
	DWORD view;
};

static struct rights rights_of(enum vmap_protect protect)
{
	switch (protect) {
	case VMAP_PROTECT_READ_ONLY:
		return (struct rights){PAGE_READONLY, FILE_MAP_READ};
	case VMAP_PROTECT_READ_WRITE:
		return (struct rights){PAGE_READWRITE, FILE_MAP_READ | FILE_MAP_WRITE};
	case VMAP_PROTECT_READ_COPY:
		return (struct rights){PAGE_WRITECOPY, FILE_MAP_COPY};
	case VMAP_PROTECT_READ_EXEC:
		return (struct rights){PAGE_EXECUTE_READ, FILE_MAP_READ | FILE_MAP_EXECUTE};
	}
	return (struct rights){0};
}

int vmap_os_map_file(int fd, uint64_t offset, size_t len, enum vmap_protect protect, void **ret_base)
{
	struct rights rights = rights_of(protect);
	if (rights.section == 0)
		return vmap_error_input(VMAP_OPERATION_MAP_FILE, VMAP_INPUT_OPTIONS, -EINVAL);
	if (offset > INT64_MAX)
		return vmap_error_input(VMAP_OPERATION_MAP_FILE, VMAP_INPUT_OVERFLOW, -EOVERFLOW);
	if (offset % vmap_allocation_size() != 0)
		return os_windows_error(VMAP_OPERATION_MAP_FILE, ERROR_MAPPED_ALIGNMENT);
	if (len == 0) /* the system takes that for all there is */
		return os_windows_error(VMAP_OPERATION_MAP_FILE, ERROR_INVALID_PARAMETER);
	HANDLE file = NULL;
	int r = os_windows_handle(fd, VMAP_OPERATION_MAP_FILE, &file);
	if (r < 0)
		return r;
	HANDLE section = CreateFileMappingW(file, NULL, rights.section, 0, 0, NULL);
	if (!section)
		return os_windows_error(VMAP_OPERATION_MAP_FILE_HANDLE, GetLastError());
	void *base = MapViewOfFile(section, rights.view, (DWORD)(offset >> 32), (DWORD)offset, len);
	DWORD code = GetLastError();
	CloseHandle(section); /* keeps I1 */
	if (!base)
		return os_windows_error(VMAP_OPERATION_MAP_FILE_VIEW, code);
	*ret_base = base;
	return 0;
}

int vmap_os_map_anonymous(size_t len, enum vmap_protect protect, void **ret_base)
{
	struct rights rights = rights_of(protect);
	if (rights.section == 0)
		return vmap_error_input(VMAP_OPERATION_MAP_ANONYMOUS, VMAP_INPUT_OPTIONS, -EINVAL);
	if (len == 0)
		return os_windows_error(VMAP_OPERATION_MAP_ANONYMOUS, ERROR_INVALID_PARAMETER);
	if (len > (uintptr_t)system_info().lpMaximumApplicationAddress)
		return os_windows_error(VMAP_OPERATION_MAP_ANONYMOUS, ERROR_NOT_ENOUGH_MEMORY);
	DWORD access = protect == VMAP_PROTECT_READ_EXEC ? PAGE_EXECUTE_READWRITE : PAGE_READWRITE;
	HANDLE section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, access, (DWORD)((uint64_t)len >> 32),
					    (DWORD)len, NULL);
	if (!section)
		return os_windows_error(VMAP_OPERATION_MAP_ANONYMOUS_HANDLE, GetLastError());
	void *base = MapViewOfFile(section, rights.view, 0, 0, len);
	DWORD code = GetLastError();
	CloseHandle(section); /* keeps I1 */
	if (!base)
		return os_windows_error(VMAP_OPERATION_MAP_ANONYMOUS_VIEW, code);
	*ret_base = base;
	return 0;
}

/* What is at @base; -EINVAL inside a page and -ENOMEM where no memory is, as POSIX systems say. */
static int query_pages(void *base, enum vmap_operation operation, MEMORY_BASIC_INFORMATION *ret_info)
{
	if (vmap_size_offset(vmap_size_page(), (uintptr_t)base) != 0)
		return os_windows_error(operation, ERROR_MAPPED_ALIGNMENT);
	if (VirtualQuery(base, ret_info, sizeof(*ret_info)) == 0 || ret_info->State == MEM_FREE)
		return os_windows_error(operation, ERROR_INVALID_ADDRESS);
	return 0;
}

int vmap_os_unmap(void *base, size_t len)
{
	(void)len; /* a view goes as a whole */
	MEMORY_BASIC_INFORMATION info;
	int r = query_pages(base, VMAP_OPERATION_UNMAP, &info);
	if (r < 0)
		return r;
	/* UnmapViewOfFile would take any address inside. */
	if (info.AllocationBase != base)
		return os_windows_error(VMAP_OPERATION_UNMAP, ERROR_INVALID_PARAMETER);
	return UnmapViewOfFile(base) ? 0 : os_windows_error(VMAP_OPERATION_UNMAP, GetLastError());
}

int vmap_os_protect(void *base, size_t len, enum vmap_protect protect)
{
	DWORD access = rights_of(protect).section;
	if (access == 0)
		return vmap_error_input(VMAP_OPERATION_PROTECT, VMAP_INPUT_OPTIONS, -EINVAL);
	MEMORY_BASIC_INFORMATION info;
	int r = query_pages(base, VMAP_OPERATION_PROTECT, &info);
	if (r < 0)
		return r;
	if (access == PAGE_READWRITE || access == PAGE_WRITECOPY) /* keeps I2 */
		access = info.AllocationProtect == PAGE_WRITECOPY ? PAGE_WRITECOPY : PAGE_READWRITE;
	DWORD before;
	if (VirtualProtect(base, len, access, &before))
		return 0;
	DWORD code = GetLastError();
	/* Any right that the view was not mapped with is an invalid parameter. */
	int error = code == ERROR_INVALID_PARAMETER ? EACCES : os_windows_errno(code);
	return os_windows_error_as(VMAP_OPERATION_PROTECT, error, code);
}

int vmap_os_flush(void *base, size_t len, int fd, enum vmap_flush_mode mode)
{
	/* The system may be writing the same pages itself just then; JDK's mapped buffers try as often. */
	enum { TRIES = 3 };
	if (mode != VMAP_FLUSH_SYNC && mode != VMAP_FLUSH_ASYNC)
		return vmap_error_input(VMAP_OPERATION_FLUSH, VMAP_INPUT_OPTIONS, -EINVAL);
	MEMORY_BASIC_INFORMATION info;
	int r = query_pages(base, VMAP_OPERATION_FLUSH, &info);
	if (r < 0)
		return r;
	DWORD code = ERROR_LOCK_VIOLATION;
	for (int i = 0; i < TRIES && code == ERROR_LOCK_VIOLATION; i++)
		code = FlushViewOfFile(base, len) ? ERROR_SUCCESS : GetLastError();
	if (code != ERROR_SUCCESS)
		return os_windows_error(VMAP_OPERATION_FLUSH, code);
	if (mode == VMAP_FLUSH_ASYNC)
		return 0;
	/* The bytes have been written, but perhaps only as far as the disk's own cache, and no metadata. */
	HANDLE file = NULL;
	r = os_windows_handle(fd, VMAP_OPERATION_FLUSH, &file);
	if (r < 0)
		return r;
	return FlushFileBuffers(file) ? 0 : os_windows_error(VMAP_OPERATION_FLUSH, GetLastError());
}

int vmap_os_advise(void *base, size_t len, enum vmap_advice advice)
{
	switch (advice) {
	case VMAP_ADVICE_NORMAL:
	case VMAP_ADVICE_SEQUENTIAL:
	case VMAP_ADVICE_RANDOM:
	case VMAP_ADVICE_WILL_NEED:
	case VMAP_ADVICE_WILL_NOT_NEED:
		break;
	default:
		return vmap_error_input(VMAP_OPERATION_ADVISE, VMAP_INPUT_OPTIONS, -EINVAL);
	}
	MEMORY_BASIC_INFORMATION info;
	int r = query_pages(base, VMAP_OPERATION_ADVISE, &info);
	if (r < 0)
		return r;
	/*
	 * The only advice this system takes without losing bytes or locks: OfferVirtualMemory may throw pages
	 * away, and VirtualUnlock of pages that are not locked, which would trim them, undoes a lock if there
	 * is one. Whether it helped is nobody's business.
	 */
	WIN32_MEMORY_RANGE_ENTRY range = {.VirtualAddress = base, .NumberOfBytes = len};
	if (advice == VMAP_ADVICE_WILL_NEED && len > 0)
		PrefetchVirtualMemory(GetCurrentProcess(), 1, &range, 0);
	return 0;
}

int vmap_os_lock(void *base, size_t len)
{
	MEMORY_BASIC_INFORMATION info;
	int r = query_pages(base, VMAP_OPERATION_LOCK, &info);
	if (r < 0)
		return r;
	return VirtualLock(base, len) ? 0 : os_windows_error(VMAP_OPERATION_LOCK, GetLastError());
}

int vmap_os_unlock(void *base, size_t len)
{
	MEMORY_BASIC_INFORMATION info;
	int r = query_pages(base, VMAP_OPERATION_UNLOCK, &info);
	if (r < 0)
		return r;
	/* Pages that are not locked are as they should be. */
	if (VirtualUnlock(base, len) || GetLastError() == ERROR_NOT_LOCKED)
		return 0;
	return os_windows_error(VMAP_OPERATION_UNLOCK, GetLastError());
}
