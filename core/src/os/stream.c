/* SPDX-License-Identifier: MIT */
/* Reading and writing descriptors: the C library of every system in question has these two under one name. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "os_priv.h"

/* No more in one call than any system takes: some count in an int. */
#define PIECE_MAX ((size_t)1 << 30)

/* The negative errno of a call that failed just now. */
static ssize_t failure(void)
{
#ifdef _WIN32
	enum { NO_DATA = 232 }; /* ERROR_NO_DATA, by which the system means a pipe without a reader; EINVAL to its C library */
	if (errno == EINVAL && _doserrno == NO_DATA)
		return -EPIPE;
#endif
	return -errno;
}

ssize_t vmap_os_fd_read(int fd, void *dst, size_t len)
{
	ssize_t n = read(fd, dst, (unsigned int)(len < PIECE_MAX ? len : PIECE_MAX));
	return n < 0 ? failure() : n;
}

ssize_t vmap_os_fd_write(int fd, const void *src, size_t len)
{
	ssize_t n = write(fd, src, (unsigned int)(len < PIECE_MAX ? len : PIECE_MAX));
	return n < 0 ? failure() : n;
}
