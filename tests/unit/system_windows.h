/* SPDX-License-Identifier: MIT */
/*
 * What the tests need of Windows; the same names as in system_unix.h.
 *
 * Files without a name are files that go with their last handle.
 */
#ifndef TESTS_UNIT_SYSTEM_WINDOWS_H
#define TESTS_UNIT_SYSTEM_WINDOWS_H

#include <io.h>
#include <windows.h>

#include <psapi.h>

#include <vmap/error.h>

/* Where the tests expect what only some systems say. */
#define OPERATION_MAP_WITHOUT_RIGHT VMAP_OPERATION_MAP_FILE_HANDLE
#define ERROR_READ_OF_DIRECTORY EINVAL
#define ERROR_BELOW_A_FILE ENOENT
#define CODE_OF_NO_PATH ERROR_PATH_NOT_FOUND
#define EXEC_CAN_BE_ADDED false

/* All files here are bytes. */
#define O_CLOEXEC (_O_NOINHERIT | _O_BINARY)

static inline size_t system_page_size(void)
{
	SYSTEM_INFO info;
	GetSystemInfo(&info);
	return info.dwPageSize;
}

static inline bool system_code_fits(struct vmap_error error)
{
	return error.system_code > 0;
}

static inline const char *system_text(int code)
{
	static char text[200];
	DWORD n = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, (DWORD)code, 0, text,
				 sizeof(text), NULL);
	MUST(n > 0);
	text[strcspn(text, ".\r\n")] = '\0';
	return text;
}

static inline ssize_t pread(int fd, void *dst, size_t len, int64_t offset)
{
	OVERLAPPED at = {.Offset = (DWORD)offset, .OffsetHigh = (DWORD)((uint64_t)offset >> 32)};
	DWORD n = 0;
	int64_t before = _lseeki64(fd, 0, SEEK_CUR);
	bool done = ReadFile((HANDLE)_get_osfhandle(fd), dst, (DWORD)len, &n, &at);
	_lseeki64(fd, before, SEEK_SET);
	return done ? (ssize_t)n : -1;
}

static inline ssize_t pwrite(int fd, const void *src, size_t len, int64_t offset)
{
	OVERLAPPED at = {.Offset = (DWORD)offset, .OffsetHigh = (DWORD)((uint64_t)offset >> 32)};
	DWORD n = 0;
	int64_t before = _lseeki64(fd, 0, SEEK_CUR);
	bool done = WriteFile((HANDLE)_get_osfhandle(fd), src, (DWORD)len, &n, &at);
	_lseeki64(fd, before, SEEK_SET);
	return done ? (ssize_t)n : -1;
}

/* mingw-w64's own asks for the free space of the disk each time. */
#undef ftruncate
#define ftruncate fd_truncate
static inline int fd_truncate(int fd, int64_t size)
{
	FILE_END_OF_FILE_INFO info = {.EndOfFile.QuadPart = size};
	HANDLE handle = (HANDLE)_get_osfhandle(fd);
	return SetFileInformationByHandle(handle, FileEndOfFileInfo, &info, sizeof(info)) ? 0 : -1;
}

static inline int pipe(int fds[2])
{
	return _pipe(fds, 4096, _O_BINARY | _O_NOINHERIT);
}

static inline char *mkdtemp(char *path)
{
	static unsigned n_made;
	size_t len = strlen(path);
	snprintf(path + len - 6, 7, "%03x%03x", (unsigned)GetCurrentProcessId() & 0xfff, n_made++ & 0xfff);
	return CreateDirectoryA(path, NULL) ? path : NULL;
}

static inline int handle_open(const char *path, DWORD access, DWORD disposition, DWORD attributes, int flags)
{
	HANDLE handle = CreateFileA(path, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
				    disposition, attributes, NULL);
	return handle == INVALID_HANDLE_VALUE ? -1 : _open_osfhandle((intptr_t)handle, flags | O_CLOEXEC);
}

/* An unnamed file with @len bytes, open for reading and writing. */
static inline int unnamed_file(const void *bytes, size_t len)
{
	char dir[MAX_PATH];
	char path[MAX_PATH];
	MUST(GetTempPathA(sizeof(dir), dir) > 0 && GetTempFileNameA(dir, "vmp", 0, path) > 0);
	int fd = handle_open(path, GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | DELETE, CREATE_ALWAYS,
			     FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, _O_RDWR);
	MUST(fd >= 0);
	MUST(write(fd, bytes, (unsigned)len) == (int)len);
	return fd;
}

/* The same file, opened once more with @flags: O_RDONLY, O_WRONLY or O_RDWR. */
static inline int fd_reopen(int fd, int flags)
{
	char path[MAX_PATH + 8];
	MUST(GetFinalPathNameByHandleA((HANDLE)_get_osfhandle(fd), path, sizeof(path), 0) > 0);
	DWORD access = (flags == O_WRONLY ? 0 : GENERIC_READ) | (flags == O_RDONLY ? 0 : GENERIC_WRITE);
	int other = handle_open(path, access, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, flags);
	MUST(other >= 0);
	return other;
}

static inline int null_open(int flags)
{
	return open("NUL", flags | O_CLOEXEC);
}

static inline int full_open(void)
{
	return -1;
}

/* Wine looks at modes as its own user does, who may be root. */
static inline bool user_is_bound_by_modes(const char *read_only)
{
	int fd = open(read_only, O_WRONLY | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	return fd < 0;
}

static inline void user_is_free_again(void)
{
}

static inline bool pipe_is_empty(int fd)
{
	DWORD n = 0;
	return PeekNamedPipe((HANDLE)_get_osfhandle(fd), NULL, 0, NULL, &n, NULL) && n == 0;
}

static inline int directory_open(void)
{
	return handle_open(".", GENERIC_READ, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, O_RDONLY);
}

static inline int socket_open(void)
{
	return -1;
}

static inline bool fifo_create(const char *path)
{
	(void)path;
	return false;
}

static inline bool fd_is_inherited(int fd)
{
	DWORD flags = 0;
	MUST(GetHandleInformation((HANDLE)_get_osfhandle(fd), &flags));
	return (flags & HANDLE_FLAG_INHERIT) != 0;
}

static inline bool fd_waits(int fd)
{
	(void)fd;
	return true;
}

static inline bool fd_seal(int fd)
{
	(void)fd;
	return false;
}

/* A file that is not sparse has room for all of its size; how wine keeps it is not for us. */
static inline uint64_t fd_allocated(int fd)
{
	return (uint64_t)_filelengthi64(fd);
}

static inline size_t count_fds(void)
{
	DWORD n = 0;
	MUST(GetProcessHandleCount(GetCurrentProcess(), &n));
	return n;
}

/* The first region at or behind @address; false at the end of the address space. */
static inline bool region_at(const void *address, MEMORY_BASIC_INFORMATION *ret_region)
{
	return VirtualQuery(address, ret_region, sizeof(*ret_region)) != 0;
}

/* Views of sections, whatever they are of. */
static inline size_t count_maps(const char *word)
{
	(void)word;
	size_t n = 0;
	MEMORY_BASIC_INFORMATION region;
	for (char *at = NULL; region_at(at, &region); at = (char *)region.BaseAddress + region.RegionSize)
		n += region.Type == MEM_MAPPED && region.BaseAddress == region.AllocationBase;
	return n;
}

/* More address space than any process has; what asks for it twice gets ENOMEM. */
#define TOO_MUCH_SPACE ((size_t)1 << 46)

static inline bool under_memcheck(void)
{
	return false;
}

static inline bool space_ends_with_enomem(void)
{
	return true;
}

/* Address space in use, in bytes. */
static inline uint64_t address_space(void)
{
	uint64_t used = 0;
	MEMORY_BASIC_INFORMATION region;
	for (char *at = NULL; region_at(at, &region); at = (char *)region.BaseAddress + region.RegionSize)
		used += region.State != MEM_FREE ? region.RegionSize : 0;
	return used;
}

static inline bool can_be_written(const void *address)
{
	MEMORY_BASIC_INFORMATION region;
	MUST(region_at(address, &region));
	return region.State == MEM_COMMIT && (region.Protect & (PAGE_READWRITE | PAGE_WRITECOPY)) != 0;
}

/* The rights of the page at @address as system_unix.h shows them, "rw-s" for example. */
static inline void rights_at(const void *address, char rights[5])
{
	MEMORY_BASIC_INFORMATION region;
	MUST(region_at(address, &region));
	strcpy(rights, "none");
	if (region.State == MEM_RESERVE)
		strcpy(rights, "---p");
	if (region.State != MEM_COMMIT)
		return;
	bool write = (region.Protect & (PAGE_READWRITE | PAGE_WRITECOPY)) != 0;
	bool exec = (region.Protect & PAGE_EXECUTE_READ) != 0;
	bool copy = region.Type == MEM_PRIVATE || region.AllocationProtect == PAGE_WRITECOPY;
	snprintf(rights, 5, "r%c%c%c", write ? 'w' : '-', exec ? 'x' : '-', copy ? 'p' : 's');
}

/* Kilobytes that this process has locked in views. */
static inline size_t locked_kib(void)
{
	size_t n_pages = 0;
	MEMORY_BASIC_INFORMATION region;
	for (char *at = NULL; region_at(at, &region); at = (char *)region.BaseAddress + region.RegionSize) {
		if (region.Type != MEM_MAPPED || region.State != MEM_COMMIT)
			continue;
		for (size_t offset = 0; offset < region.RegionSize; offset += system_page_size()) {
			PSAPI_WORKING_SET_EX_INFORMATION page = {.VirtualAddress = at + offset};
			MUST(QueryWorkingSetEx(GetCurrentProcess(), &page, sizeof(page)));
			n_pages += page.VirtualAttributes.Locked;
		}
	}
	return n_pages * system_page_size() / 1024;
}

/* Skip what needs to see locks where the system does not show them: wine. */
static inline bool lock_works(void)
{
	HANDLE section =
		CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, (DWORD)system_page_size(), NULL);
	MUST(section != NULL);
	void *base = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
	MUST(base != NULL && VirtualLock(base, system_page_size()));
	bool works = locked_kib() > 0;
	UnmapViewOfFile(base);
	CloseHandle(section);
	return works;
}

struct holdings {
	size_t n_fds; /* handles */
	size_t n_file_maps;
	size_t virtual_kib;
};

static inline struct holdings holdings_now(void)
{
	return (struct holdings){
		.n_fds = count_fds(), .n_file_maps = count_maps(""), .virtual_kib = (size_t)(address_space() / 1024)};
}

static inline bool rights_are_shown(void)
{
	return true;
}

static inline bool fixed_map_says_why(int read_only_fd)
{
	(void)read_only_fd;
	return true;
}

static inline bool advice_is_checked(void)
{
	return true;
}

/* Address space to be in the way with; NULL if there is none. */
static inline void *space_take(size_t len)
{
	return VirtualAlloc(NULL, len, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

static inline void space_give_back(void *base, size_t len)
{
	(void)len;
	VirtualFree(base, 0, MEM_RELEASE);
}

static inline bool without_descriptors(int (*body)(void *), void *arg, int *ret_result)
{
	(void)body;
	(void)arg;
	(void)ret_result;
	return false;
}

static inline bool in_child(void (*body)(void *), void *arg)
{
	(void)body;
	(void)arg;
	return false;
}

static inline bool limit_locking(size_t len)
{
	(void)len;
	return false;
}

#endif
