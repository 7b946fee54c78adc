/* SPDX-License-Identifier: MIT */
/*
 * The system's memory calls under one name on every system.
 *
 * Nothing here knows of maps: addresses and lengths are the caller's, on page boundaries, and a wrong
 * address is what it is with mmap(2). Prefer map.h and ring.h.
 *
 * Threads: any may call anything here.
 *
 * On Windows descriptors are those of the C runtime, which must be the same one in program and library; a
 * map is unmapped as a whole; and a page gets no right that its map was not made with (-EACCES), so that
 * VMAP_PROTECT_READ_EXEC is for mapping, of files whose handle has GENERIC_EXECUTE.
 */
#ifndef VMAP_OS_H
#define VMAP_OS_H

#include <stddef.h>
#include <stdint.h>

#include <vmap/map.h>
#include <vmap/size.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What may be done with pages. */
enum vmap_protect {
	VMAP_PROTECT_READ_ONLY,
	VMAP_PROTECT_READ_WRITE,
	VMAP_PROTECT_READ_COPY, /* written, too, but changes are not shared */
	VMAP_PROTECT_READ_EXEC, /* read and executed */
};

struct vmap_os_info {
	size_t page_size;
	size_t allocation_size; /* granularity of addresses and file offsets */
};

/** What the system counts memory in. Units: bytes. Source: os::system_info of the crate vmap 0.6.3. */
VMAP_API struct vmap_os_info vmap_os_system_info(void);

/**
 * Map @p len bytes at @p offset of the file.
 *
 * Units:   bytes; @p offset is a multiple of the allocation granularity.
 * Owner:   the caller, until vmap_os_unmap(); @p fd stays the caller's.
 * Errors:  -EINVAL @p len is 0, @p offset no such multiple, or @p protect none of the four; -EOVERFLOW no
 *          file has that offset; -EBADF, -EACCES, -ENODEV, -EPERM, -ENOMEM as mmap(2).
 * Source:  os::map_file of the crate.
 */
VMAP_API int vmap_os_map_file(int fd, uint64_t offset, size_t len, enum vmap_protect protect, void **ret_base);

/**
 * Map @p len zeroed bytes. A child process shares them, but with VMAP_PROTECT_READ_COPY gets a copy.
 *
 * Owner:   the caller, until vmap_os_unmap().
 * Errors:  -EINVAL @p len is 0 or @p protect none of the four; -ENOMEM as mmap(2).
 * Source:  os::map_anon of the crate, which fails for VMAP_PROTECT_READ_ONLY.
 */
VMAP_API int vmap_os_map_anonymous(size_t len, enum vmap_protect protect, void **ret_base);

/** Unmap whole pages. Errors: -EINVAL as munmap(2). Source: os::unmap of the crate. */
VMAP_API int vmap_os_unmap(void *base, size_t len);

/**
 * Change what may be done with whole pages. A private map stays private whatever is asked for.
 *
 * Errors:  -EINVAL @p base is not on a page boundary or @p protect none of the four; -EACCES the file was
 *          not open for that; -ENOMEM no memory is there.
 * Source:  os::protect of the crate.
 */
VMAP_API int vmap_os_protect(void *base, size_t len, enum vmap_protect protect);

/**
 * See vmap_flush().
 *
 * Errors:  -EINVAL as vmap_os_protect(); -ENOMEM no memory is there; -EIO as msync(2).
 * Source:  os::flush of the crate.
 */
VMAP_API int vmap_os_flush(void *base, size_t len, int fd, enum vmap_flush_mode mode);

/**
 * See vmap_advise().
 *
 * Errors:  -EINVAL as vmap_os_protect() and there; -ENOMEM no memory is there.
 * Source:  os::advise of the crate.
 */
VMAP_API int vmap_os_advise(void *base, size_t len, enum vmap_advice advice);

/**
 * See vmap_lock().
 *
 * Errors:  -ENOMEM no memory is there, or too much of it; -EPERM, -EAGAIN as mlock(2).
 * Source:  os::lock of the crate.
 */
VMAP_API int vmap_os_lock(void *base, size_t len);

/** See vmap_unlock(). Errors: -ENOMEM no memory is there. Source: os::unlock of the crate. */
VMAP_API int vmap_os_unlock(void *base, size_t len);

/**
 * Map @p capacity zeroed bytes twice, back to back: 2 * capacity bytes that can be read and written.
 *
 * Compilers take the two halves for different objects: never access one byte through both of them between
 * two synchronisation points.
 *
 * Units:   bytes; a multiple of the allocation granularity.
 * Owner:   the caller, until vmap_os_unmap_ring() with the same @p capacity.
 * Errors:  -EINVAL @p capacity is 0 or no such multiple; -EOVERFLOW twice that is no size; -ENOMEM,
 *          -EMFILE, -ENFILE, -EFBIG as for vmap_ring_create().
 * Source:  os::map_ring of the crate.
 */
VMAP_API int vmap_os_map_ring(size_t capacity, void **ret_base);

/**
 * Unmap what vmap_os_map_ring() mapped.
 *
 * Errors:  -EINVAL, -EOVERFLOW @p capacity as there; -EINVAL @p base is no ring, where that can be seen.
 * Source:  os::unmap_ring of the crate.
 */
VMAP_API int vmap_os_unmap_ring(void *base, size_t capacity);

#ifdef __cplusplus
}
#endif
#endif
