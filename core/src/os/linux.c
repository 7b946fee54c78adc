/* SPDX-License-Identifier: MIT */
/* The Linux backend, beside unix.c: memfd, fallocate, getrandom and madvise. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "../error_priv.h"
#include "os_priv.h"
#include "unix_priv.h"

#ifndef MADV_COLD
#define MADV_COLD 20 /* Linux 5.4 */
#endif

int os_unix_memory_create(size_t len, int *ret_fd)
{
	int fd = memfd_create("vmap", MFD_CLOEXEC);
	if (fd < 0)
		return vmap_error_system(VMAP_OPERATION_MEMORY_FD, errno);
	int r = vmap_os_file_resize(fd, len);
	if (r < 0) {
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

int os_unix_cool(void *base, size_t len)
{
	/* Not MADV_DONTNEED, which throws away what private memory holds. */
	return madvise(base, len, MADV_COLD) < 0 ? -errno : 0;
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

void vmap_os_populate(void *base, size_t len)
{
	/* Linux 5.14; where it does not work the pages are faulted in one by one as ever. */
	(void)madvise(base, len, MADV_POPULATE_WRITE);
}

void vmap_os_release(int fd, uint64_t offset, uint64_t len)
{
	/* Best effort: pages that stay are merely not free for others. */
	(void)fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)len);
}

int vmap_os_random(void *dst, size_t len)
{
	return getrandom(dst, len, 0) == (ssize_t)len ? 0 : -EIO;
}
