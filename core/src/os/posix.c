/* SPDX-License-Identifier: MIT */
/*
 * The backend for POSIX systems in general, beside unix.c: shared memory objects and posix_fallocate.
 *
 * Invariants:
 * I1 A shared memory object has no name when it is handed out: nobody else can open it, and it goes with
 *    its last mapping.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../error_priv.h"
#include "os_priv.h"
#include "unix_priv.h"

/* Names are 64 random bits; more than a few in use already means that the random numbers are broken. */
#define NAME_TRIES 16

#ifdef SHM_ANON
static int memory_open(void)
{
	return shm_open(SHM_ANON, O_RDWR | O_CLOEXEC, 0600);
}
#else
static int memory_open(void)
{
	for (int i = 0; i < NAME_TRIES; i++) {
		uint64_t id;
		char name[32]; /* macOS takes 31 characters */
		int r = vmap_os_random(&id, sizeof(id));
		if (r < 0) {
			errno = -r;
			return -1;
		}
		snprintf(name, sizeof(name), "/vmap-%016llx", (unsigned long long)id);
		/* POSIX sets FD_CLOEXEC by itself here. */
		int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
		if (fd >= 0) {
			shm_unlink(name); /* keeps I1 */
			return fd;
		}
		if (errno != EEXIST && errno != EINTR)
			return -1;
	}
	return -1;
}
#endif

int os_unix_memory_create(size_t len, int *ret_fd)
{
	int fd = memory_open();
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

size_t os_unix_file_page(int fd, const struct stat *st)
{
	(void)fd, (void)st; /* no file is known to have others */
	return vmap_page_size();
}

int os_unix_cool(void *base, size_t len)
{
	/* Not madvise, whose MADV_DONTNEED throws private memory away on some systems. */
	return -posix_madvise(base, len, POSIX_MADV_DONTNEED);
}

int vmap_os_prefault(void *base, size_t len)
{
	os_unix_touch(base, len);
	return 0;
}

int vmap_os_reserve(int fd, uint64_t offset, uint64_t len)
{
	int r;
	do {
		r = posix_fallocate(fd, (off_t)offset, (off_t)len);
	} while (r == EINTR);
	return -r;
}

void vmap_os_release(int fd, uint64_t offset, uint64_t len)
{
	(void)fd, (void)offset, (void)len; /* POSIX knows no holes */
}

int vmap_os_random(void *dst, size_t len)
{
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ssize_t n;
	do {
		n = read(fd, dst, len);
	} while (n < 0 && errno == EINTR);
	close(fd);
	return n == (ssize_t)len ? 0 : -EIO;
}
