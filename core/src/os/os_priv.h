/* SPDX-License-Identifier: MIT */
/*
 * What libvmap needs of an operating system, nothing more.
 *
 * Each system fills this interface and the public one of vmap/os.h: unix.c holds what POSIX systems share,
 * linux.c or posix.c beside it what differs (os_unix_*, declared in unix_priv.h). No policy and no ring
 * state lives here. All functions return 0 or a negative errno and leave their outputs untouched on error;
 * those for files, memory and mirrors note the error for vmap_last_error().
 */
#ifndef VMAP_OS_PRIV_H
#define VMAP_OS_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <vmap/error.h>
#include <vmap/os.h>

/*
 * A mirrored mapping:
 *
 *     [guard][prefix][data][the same data again][guard]
 *
 * data[i] and data[i + capacity] are one byte of memory. The guards are inaccessible, so that a run
 * which leaves the mapping faults instead of touching somebody else's memory.
 *
 * The compiler takes the two halves for different objects: never access one byte through both halves
 * between two synchronisation points.
 */
struct vmap_os_mirror {
	void *base;       /* of the whole reservation, guards included */
	size_t length;    /* of the whole reservation */
	uint8_t *prefix;  /* what lies in front of the data in the file, NULL when prefix_len is 0 */
	uint8_t *data;
	size_t capacity;
};

/*
 * Map the @prefix_len bytes of @fd that end at @data_offset once and the @capacity bytes there twice, shared. All
 * three are multiples of vmap_allocation_size(). @fd may be closed afterwards. -ENOTSUP where a system has no
 * read-only mirrors.
 */
int vmap_os_mirror_map(int fd, size_t prefix_len, uint64_t data_offset, size_t capacity, enum vmap_protect protect,
		       struct vmap_os_mirror *ret_mirror);

/* The same over @capacity bytes of fresh zeroed memory that belong to the mapping alone. */
int vmap_os_mirror_map_anonymous(size_t capacity, struct vmap_os_mirror *ret_mirror);

void vmap_os_mirror_unmap(struct vmap_os_mirror *mirror);

/*
 * Give whole pages in writable shared memory their memory now, keeping what they hold; in huge pages where
 * the system can and @base allows. -ENOMEM where it can tell that there is not enough.
 */
int vmap_os_prefault(void *base, size_t len);

/* How vmap_os_file_open() opens a file; it is always opened for reading. */
struct vmap_os_open {
	bool write;
	bool create;
	bool create_new; /* create and truncate count for nothing then */
	bool truncate;
};

/* Open @path; never waits for the other end of a pipe. The caller closes *ret_fd. */
int vmap_os_file_open(const char *path, struct vmap_os_open how, int *ret_fd);

void vmap_os_file_close(int fd);

/*
 * The size of a file that can be mapped, and of the pages that its maps consist of: vmap_page_size(), or more where the
 * file has huge ones. -ENODEV for what never can: directories, pipes, sockets.
 */
int vmap_os_file_size(int fd, uint64_t *ret_size, size_t *ret_page_size);

/* -EFBIG when no file can have @size. */
int vmap_os_file_resize(int fd, uint64_t size);

/* read(2) and write(2), with the errno as the result. */
ssize_t vmap_os_fd_read(int fd, void *dst, size_t len);
ssize_t vmap_os_fd_write(int fd, const void *src, size_t len);

/* The system's words for a failure that is not about the caller's input, in @buffer or static. */
const char *vmap_os_describe(const struct vmap_error *error, char *buffer, size_t len);

/* Allocate the pages of [offset, offset + len), which the file has, keeping what they hold: -ENOSPC now, no signal later. */
int vmap_os_reserve(int fd, uint64_t offset, uint64_t len);

/* Give the pages of [offset, offset + len) back to the file system, where it can take them; they read as zeros then. */
void vmap_os_release(int fd, uint64_t offset, uint64_t len);

/* The wall clock in nanoseconds since the epoch. */
uint64_t vmap_os_now_ns(void);

/* Random bytes for identifiers. */
int vmap_os_random(void *dst, size_t len);

#endif
