/* SPDX-License-Identifier: MIT */
/* What differs between the systems that share unix.c: linux.c, posix.c and mach.c define these. */
#ifndef VMAP_UNIX_PRIV_H
#define VMAP_UNIX_PRIV_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* Not mach.c: memory of @len bytes that can be mapped more than once; the caller closes *ret_fd. */
int os_unix_memory_create(size_t len, int *ret_fd);

/* The size of the pages that maps of this file consist of. */
size_t os_unix_file_page(int fd, const struct stat *st);

/* Tell the system that whole pages will not be needed soon, without changing what they hold; 0 or -errno. */
int os_unix_cool(void *base, size_t len);

/*
 * Mirrors of at least this size begin on a multiple of it, which a huge page needs on most processors;
 * where theirs have another size, nothing is lost but the address space.
 */
#define OS_UNIX_HUGE_SIZE ((size_t)2 << 20)

/* vmap_os_prefault() by touching every page. */
void os_unix_touch(void *base, size_t len);

#endif
