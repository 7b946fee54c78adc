/* SPDX-License-Identifier: MIT */
/* Byte locks, clocks and reopening, which are the same on all POSIX systems, as far as they have them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "os_priv.h"
#include "peer_priv.h"
#include "unix_priv.h"

#ifdef F_OFD_SETLK

static struct flock byte_at(uint64_t offset, short type)
{
	return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)offset, .l_len = 1};
}

static int set_lock(int fd, uint64_t offset, short type)
{
	struct flock lock = byte_at(offset, type);
	if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
		return 0;
	return errno == EACCES ? -EAGAIN : -errno;
}

int vmap_os_byte_lock(int fd, uint64_t offset)
{
	return set_lock(fd, offset, F_WRLCK);
}

int vmap_os_byte_lock_beside_readers(int fd, uint64_t offset)
{
	return set_lock(fd, offset, F_RDLCK);
}

void vmap_os_byte_unlock(int fd, uint64_t offset)
{
	(void)set_lock(fd, offset, F_UNLCK);
}

bool vmap_os_byte_is_locked(int fd, uint64_t offset)
{
	/* Asked for reading, since locks for reading are not in its way: who can only read the file can have those. */
	struct flock lock = byte_at(offset, F_RDLCK);
	return fcntl(fd, F_OFD_GETLK, &lock) < 0 || lock.l_type != F_UNLCK;
}

#else /* locks that belong to a process would go with the first descriptor that it closes */

int vmap_os_byte_lock(int fd, uint64_t offset)
{
	(void)fd, (void)offset;
	return -EOPNOTSUPP;
}

int vmap_os_byte_lock_beside_readers(int fd, uint64_t offset)
{
	(void)fd, (void)offset;
	return -EOPNOTSUPP;
}

void vmap_os_byte_unlock(int fd, uint64_t offset)
{
	(void)fd, (void)offset;
}

bool vmap_os_byte_is_locked(int fd, uint64_t offset)
{
	(void)fd, (void)offset;
	return true;
}

#endif

int vmap_os_memory_create(size_t len, int *ret_fd)
{
#ifdef __APPLE__ /* has no such files, and mach.c none of its own */
	(void)len, (void)ret_fd;
	return -ENOTSUP;
#else
	int fd = -1;
	int r = os_unix_memory_create(len, &fd);
	if (r < 0)
		return r;
	/* memfd_create(2) lets everybody who finds it in /proc open it for writing. */
	if (fchmod(fd, 0600) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
#endif
}

int vmap_os_reopen(int fd, int *ret_fd)
{
	int opened = -1;
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0)
		return -errno;
#ifdef __linux__
	char path[32];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	opened = open(path, (flags & O_ACCMODE) | (flags & O_NOATIME) | O_CLOEXEC);
	if (opened < 0 && errno == EPERM && flags & O_NOATIME) /* for the owner of the file alone */
		opened = open(path, (flags & O_ACCMODE) | O_CLOEXEC);
#endif
	if (opened < 0)
		opened = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (opened < 0)
		return -errno;
	*ret_fd = opened;
	return 0;
}

void vmap_os_dont_fork(void *base, size_t len)
{
#ifdef MADV_DONTFORK
	(void)madvise(base, len, MADV_DONTFORK);
#else
	(void)base, (void)len;
#endif
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t vmap_os_monotonic_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t vmap_os_now_coarse_ns(void)
{
#ifdef CLOCK_REALTIME_COARSE
	return clock_ns(CLOCK_REALTIME_COARSE);
#else
	return clock_ns(CLOCK_REALTIME);
#endif
}
