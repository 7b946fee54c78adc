/* SPDX-License-Identifier: MIT */
/*
 * The Linux backend: memfd, one PROT_NONE reservation overlaid with MAP_FIXED pieces.
 *
 * Invariants:
 * I1 Address space is reserved once and only ever replaced piece by piece inside the reservation, so no
 *    other thread's mapping can get between the two halves of a mirror.
 * I2 An error leaves neither a mapping nor a descriptor behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <vmap/size.h>

#include "os_priv.h"

size_t vmap_page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

size_t vmap_allocation_size(void)
{
	return vmap_page_size();
}

/* Memory of @len bytes that can be mapped more than once; the caller closes *ret_fd. */
static int memory_create(size_t len, int *ret_fd)
{
	int fd = memfd_create("vmap", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)len) < 0) {
		int r = -errno;
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

static int map_piece(uint8_t *at, size_t len, int fd, size_t offset)
{
	void *p = mmap(at, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, (off_t)offset);
	return p == MAP_FAILED ? -errno : 0;
}

int vmap_os_mirror_map(int fd, size_t prefix_len, size_t capacity, struct vmap_os_mirror *ret_mirror)
{
	size_t guard = vmap_page_size();
	size_t length;
	if (__builtin_mul_overflow(capacity, (size_t)2, &length) ||
	    __builtin_add_overflow(length, prefix_len + 2 * guard, &length))
		return -EOVERFLOW;

	void *base = mmap(NULL, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED)
		return -errno;
	uint8_t *prefix = (uint8_t *)base + guard;
	uint8_t *data = prefix + prefix_len;

	int r = 0;
	if (prefix_len > 0)
		r = map_piece(prefix, prefix_len, fd, 0);
	if (r == 0)
		r = map_piece(data, capacity, fd, prefix_len);
	if (r == 0)
		r = map_piece(data + capacity, capacity, fd, prefix_len);
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

int vmap_os_mirror_map_anonymous(size_t capacity, struct vmap_os_mirror *ret_mirror)
{
	int fd = -1;
	int r = memory_create(capacity, &fd);
	if (r < 0)
		return r;
	r = vmap_os_mirror_map(fd, 0, capacity, ret_mirror);
	close(fd);
	return r;
}

void vmap_os_mirror_unmap(struct vmap_os_mirror *mirror)
{
	if (mirror->base)
		munmap(mirror->base, mirror->length);
	*mirror = (struct vmap_os_mirror){0};
}

int vmap_os_reserve(int fd, uint64_t offset, uint64_t len)
{
	/* Not posix_fallocate for the first try: glibc restarts nothing on EINTR, and we want the real errno. */
	int r;
	do {
		r = fallocate(fd, 0, (off_t)offset, (off_t)len) < 0 ? -errno : 0;
	} while (r == -EINTR);
	if (r != -EOPNOTSUPP)
		return r;
	/* A file system without fallocate: glibc touches each block and keeps what it holds. */
	return -posix_fallocate(fd, (off_t)offset, (off_t)len);
}

uint64_t vmap_os_now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int vmap_os_random(void *dst, size_t len)
{
	return getrandom(dst, len, 0) == (ssize_t)len ? 0 : -EIO;
}
