/* SPDX-License-Identifier: MIT */
/*
 * What the backends of POSIX systems share: mmap and its kin.
 *
 * Invariants:
 * I1 Address space for a mirror is reserved once and only ever replaced piece by piece inside the
 *    reservation, so no other thread's mapping can get between the two halves.
 * I2 An error leaves neither a mapping nor a descriptor behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../error_priv.h"
#include "os_priv.h"
#include "unix_priv.h"

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif
#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif

/* off_t has 64 bits: the build asks for it where that is a choice. */
#define OFFSET_MAX ((uint64_t)INT64_MAX)
_Static_assert(sizeof(off_t) == 8, "off_t must hold every file offset");

size_t vmap_page_size(void)
{
	static _Atomic size_t cached;
	size_t size = atomic_load_explicit(&cached, memory_order_relaxed);
	if (size == 0) {
		size = (size_t)sysconf(_SC_PAGESIZE);
		/* Relaxed: every thread stores the same number, and nothing else hangs on it. */
		atomic_store_explicit(&cached, size, memory_order_relaxed);
	}
	return size;
}

size_t vmap_allocation_size(void)
{
	return vmap_page_size();
}

struct vmap_os_info vmap_os_system_info(void)
{
	return (struct vmap_os_info){.page_size = vmap_page_size(), .allocation_size = vmap_allocation_size()};
}

/* -1 for a number that is no enum vmap_protect. */
static int prot_of(enum vmap_protect protect)
{
	switch (protect) {
	case VMAP_PROTECT_READ_ONLY:
		return PROT_READ;
	case VMAP_PROTECT_READ_WRITE:
	case VMAP_PROTECT_READ_COPY:
		return PROT_READ | PROT_WRITE;
	case VMAP_PROTECT_READ_EXEC:
		return PROT_READ | PROT_EXEC;
	}
	return -1;
}

static int map(enum vmap_operation operation, int fd, off_t offset, size_t len, enum vmap_protect protect, int flags,
	       void **ret_base)
{
	int prot = prot_of(protect);
	if (prot < 0)
		return vmap_error_input(operation, VMAP_INPUT_OPTIONS, -EINVAL);
	flags |= protect == VMAP_PROTECT_READ_COPY ? MAP_PRIVATE : MAP_SHARED;
	void *base = mmap(NULL, len, prot, flags, fd, offset);
	if (base == MAP_FAILED)
		return vmap_error_system(operation, errno);
	*ret_base = base;
	return 0;
}

int vmap_os_map_file(int fd, uint64_t offset, size_t len, enum vmap_protect protect, void **ret_base)
{
	if (offset > OFFSET_MAX)
		return vmap_error_input(VMAP_OPERATION_MAP_FILE, VMAP_INPUT_OVERFLOW, -EOVERFLOW);
	return map(VMAP_OPERATION_MAP_FILE, fd, (off_t)offset, len, protect, 0, ret_base);
}

int vmap_os_map_anonymous(size_t len, enum vmap_protect protect, void **ret_base)
{
	return map(VMAP_OPERATION_MAP_ANONYMOUS, -1, 0, len, protect, MAP_ANONYMOUS, ret_base);
}

int vmap_os_unmap(void *base, size_t len)
{
	return munmap(base, len) < 0 ? vmap_error_system(VMAP_OPERATION_UNMAP, errno) : 0;
}

int vmap_os_protect(void *base, size_t len, enum vmap_protect protect)
{
	int prot = prot_of(protect);
	if (prot < 0)
		return vmap_error_input(VMAP_OPERATION_PROTECT, VMAP_INPUT_OPTIONS, -EINVAL);
	/* musl's mprotect rounds the address down instead of refusing it. */
	if (vmap_size_offset(vmap_size_page(), (uintptr_t)base) != 0)
		return vmap_error_system(VMAP_OPERATION_PROTECT, EINVAL);
	return mprotect(base, len, prot) < 0 ? vmap_error_system(VMAP_OPERATION_PROTECT, errno) : 0;
}

int vmap_os_flush(void *base, size_t len, int fd, enum vmap_flush_mode mode)
{
	if (mode != VMAP_FLUSH_SYNC && mode != VMAP_FLUSH_ASYNC)
		return vmap_error_input(VMAP_OPERATION_FLUSH, VMAP_INPUT_OPTIONS, -EINVAL);
	int flags = mode == VMAP_FLUSH_SYNC ? MS_SYNC : MS_ASYNC;
	if (msync(base, len, flags) < 0)
		return vmap_error_system(VMAP_OPERATION_FLUSH, errno);
#ifdef F_FULLFSYNC
	/* There msync, like fsync, ends at the disk's own cache; where that cannot be asked, fsync has to do. */
	if (mode == VMAP_FLUSH_SYNC && fd >= 0 && fcntl(fd, F_FULLFSYNC) < 0 && fsync(fd) < 0)
		return vmap_error_system(VMAP_OPERATION_FLUSH, errno);
#else
	(void)fd; /* msync finds the file by itself */
#endif
	return 0;
}

int vmap_os_advise(void *base, size_t len, enum vmap_advice advice)
{
	int code = EINVAL;
	switch (advice) {
	case VMAP_ADVICE_NORMAL:
		code = posix_madvise(base, len, POSIX_MADV_NORMAL);
		break;
	case VMAP_ADVICE_SEQUENTIAL:
		code = posix_madvise(base, len, POSIX_MADV_SEQUENTIAL);
		break;
	case VMAP_ADVICE_RANDOM:
		code = posix_madvise(base, len, POSIX_MADV_RANDOM);
		break;
	case VMAP_ADVICE_WILL_NEED:
		code = posix_madvise(base, len, POSIX_MADV_WILLNEED);
		break;
	case VMAP_ADVICE_WILL_NOT_NEED:
		code = -os_unix_cool(base, len);
		break;
	default:
		return vmap_error_input(VMAP_OPERATION_ADVISE, VMAP_INPUT_OPTIONS, -EINVAL);
	}
	return code != 0 ? vmap_error_system(VMAP_OPERATION_ADVISE, code) : 0;
}

int vmap_os_lock(void *base, size_t len)
{
	return mlock(base, len) < 0 ? vmap_error_system(VMAP_OPERATION_LOCK, errno) : 0;
}

int vmap_os_unlock(void *base, size_t len)
{
	return munlock(base, len) < 0 ? vmap_error_system(VMAP_OPERATION_UNLOCK, errno) : 0;
}

/* open(2), whatever signals come. */
static int open_again(const char *path, int flags)
{
	int fd;
	do {
		fd = open(path, flags, 0666);
	} while (fd < 0 && errno == EINTR);
	return fd;
}

int vmap_os_file_open(const char *path, struct vmap_os_open how, int *ret_fd)
{
	int flags = (how.write ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOCTTY;
	if (how.create_new)
		flags |= O_CREAT | O_EXCL;
	else
		flags |= (how.create ? O_CREAT : 0) | (how.truncate ? O_TRUNC : 0);

	/* Nonblocking, or a pipe that nobody writes to would hold us here, only to be refused. */
	int fd = open_again(path, flags | O_NONBLOCK);
	/* What refuses that is a file with a lease on it, which goes to who waits. */
	if (fd < 0 && errno == EWOULDBLOCK)
		fd = open_again(path, flags);
	if (fd < 0)
		return vmap_error_system(VMAP_OPERATION_OPEN_FILE, errno);
	int status = fcntl(fd, F_GETFL);
	if (status < 0 || fcntl(fd, F_SETFL, status & ~O_NONBLOCK) < 0) {
		int r = vmap_error_system(VMAP_OPERATION_OPEN_FILE, errno);
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

void vmap_os_file_close(int fd)
{
	close(fd);
}

int vmap_os_file_size(int fd, uint64_t *ret_size, size_t *ret_page_size)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return vmap_error_system(VMAP_OPERATION_MAP_FILE, errno);
	if (S_ISDIR(st.st_mode) || S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))
		return vmap_error_system(VMAP_OPERATION_MAP_FILE, ENODEV);
	*ret_size = (uint64_t)st.st_size;
	*ret_page_size = os_unix_file_page(fd, &st);
	return 0;
}

int vmap_os_file_resize(int fd, uint64_t size)
{
	if (size > OFFSET_MAX)
		return vmap_error_input(VMAP_OPERATION_RESIZE_FILE, VMAP_INPUT_OVERFLOW, -EFBIG);
	int r;
	do {
		r = ftruncate(fd, (off_t)size) < 0 ? errno : 0;
	} while (r == EINTR);
	return r != 0 ? vmap_error_system(VMAP_OPERATION_RESIZE_FILE, r) : 0;
}

/*
 * Reserve @length bytes of address space, whole pages, so that base + @lead is a multiple of @alignment, a
 * power of two of at least a page.
 */
static int reserve(size_t length, size_t lead, size_t alignment, void **ret_base)
{
	size_t slack = alignment - vmap_page_size();
	size_t total;
	if (__builtin_add_overflow(length, slack, &total))
		return vmap_error_input(VMAP_OPERATION_RING_ALLOCATE, VMAP_INPUT_OVERFLOW, -EOVERFLOW);
	uint8_t *start = mmap(NULL, total, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (start == MAP_FAILED)
		return vmap_error_system(VMAP_OPERATION_RING_ALLOCATE, errno);
	/* Pieces of it go back here, none is put in later: keeps I1. */
	size_t before = (size_t)(-((uintptr_t)start + lead) & (alignment - 1));
	if (before > 0)
		munmap(start, before);
	if (slack > before)
		munmap(start + before + length, slack - before);
	*ret_base = start + before;
	return 0;
}

static int map_piece(enum vmap_operation operation, uint8_t *at, size_t len, int prot, int fd, uint64_t offset)
{
	void *p = mmap(at, len, prot, MAP_SHARED | MAP_FIXED, fd, (off_t)offset);
	return p == MAP_FAILED ? vmap_error_system(operation, errno) : 0;
}

int vmap_os_mirror_map(int fd, size_t prefix_len, uint64_t data_offset, size_t capacity, enum vmap_protect protect,
		       struct vmap_os_mirror *ret_mirror)
{
	int prot = prot_of(protect);
	size_t guard = vmap_page_size();
	size_t length;
	if (__builtin_mul_overflow(capacity, (size_t)2, &length) ||
	    __builtin_add_overflow(length, prefix_len, &length) || __builtin_add_overflow(length, 2 * guard, &length))
		return vmap_error_input(VMAP_OPERATION_RING_ALLOCATE, VMAP_INPUT_OVERFLOW, -EOVERFLOW);

	void *base = NULL;
	int r = reserve(length, guard, capacity < OS_UNIX_HUGE_SIZE ? guard : OS_UNIX_HUGE_SIZE, &base);
	if (r < 0)
		return r;
	uint8_t *prefix = (uint8_t *)base + guard;
	uint8_t *data = prefix + prefix_len;

	if (prefix_len > 0)
		r = map_piece(VMAP_OPERATION_RING_PRIMARY, prefix, prefix_len, prot, fd, data_offset - prefix_len);
	if (r == 0)
		r = map_piece(VMAP_OPERATION_RING_PRIMARY, data, capacity, prot, fd, data_offset);
	if (r == 0)
		r = map_piece(VMAP_OPERATION_RING_SECONDARY, data + capacity, capacity, prot, fd, data_offset);
	if (r < 0) {
		munmap(base, length); /* keeps I2: takes the pieces with it */
		return r;
	}

	ret_mirror->base = base;
	ret_mirror->length = length;
	ret_mirror->prefix = prefix_len > 0 ? prefix : NULL;
	ret_mirror->data = data;
	ret_mirror->capacity = capacity;
	return 0;
}

#ifndef __APPLE__ /* mach.c needs no descriptor for it */
int vmap_os_mirror_map_anonymous(size_t capacity, struct vmap_os_mirror *ret_mirror)
{
	int fd = -1;
	int r = os_unix_memory_create(capacity, &fd);
	if (r < 0)
		return r;
	r = vmap_os_mirror_map(fd, 0, 0, capacity, VMAP_PROTECT_READ_WRITE, ret_mirror);
	close(fd);
	return r;
}
#endif

void os_unix_touch(void *base, size_t len)
{
	volatile uint8_t *bytes = base;
	for (size_t i = 0; i < len; i += vmap_page_size())
		bytes[i] = bytes[i];
}

void vmap_os_mirror_unmap(struct vmap_os_mirror *mirror)
{
	if (mirror->base)
		munmap(mirror->base, mirror->length);
	*mirror = (struct vmap_os_mirror){0};
}

/* 0, or what is wrong with the capacity of a bare ring. */
static int check_ring(enum vmap_operation operation, size_t capacity)
{
	if (capacity == 0 || vmap_size_offset(vmap_size_alloc(), capacity) != 0)
		return vmap_error_input(operation, VMAP_INPUT_INVALID_RANGE, -EINVAL);
	if (capacity > SIZE_MAX / 2 - vmap_page_size()) /* each half, and its guard */
		return vmap_error_input(operation, VMAP_INPUT_OVERFLOW, -EOVERFLOW);
	return 0;
}

int vmap_os_map_ring(size_t capacity, void **ret_base)
{
	int r = check_ring(VMAP_OPERATION_RING_ALLOCATE, capacity);
	if (r < 0)
		return r;
	struct vmap_os_mirror mirror = {0};
	r = vmap_os_mirror_map_anonymous(capacity, &mirror);
	if (r < 0)
		return r;
	*ret_base = mirror.data;
	return 0;
}

int vmap_os_unmap_ring(void *base, size_t capacity)
{
	int r = check_ring(VMAP_OPERATION_RING_DEALLOCATE, capacity);
	if (r < 0)
		return r;
	/* A bare ring has no prefix: its reservation is the data and one guard on either side. */
	size_t guard = vmap_page_size();
	if (munmap((uint8_t *)base - guard, 2 * capacity + 2 * guard) < 0)
		return vmap_error_system(VMAP_OPERATION_RING_DEALLOCATE, errno);
	return 0;
}

/* strerror_r has two forms: glibc's returns the text, that of POSIX a number. */
static inline const char *text_of_pointer(const char *text, const char *buffer)
{
	(void)buffer;
	return text;
}

static inline const char *text_of_number(int r, const char *buffer)
{
	return r == 0 ? buffer : "unknown error";
}

const char *vmap_os_describe(const struct vmap_error *error, char *buffer, size_t len)
{
	int code = -error->result;
	return _Generic(strerror_r(code, buffer, len), int: text_of_number, default: text_of_pointer)(
		strerror_r(code, buffer, len), buffer);
}

uint64_t vmap_os_now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
