/* SPDX-License-Identifier: MIT */
/*
 * Maps: a range of a file, or anonymous memory, as bytes in this process.
 *
 * A map never keeps, duplicates or closes the caller's descriptor. It may start and end anywhere: the
 * whole pages below it are the library's business. What a file loses while it is mapped (somebody
 * truncates it) is SIGBUS for whoever touches it, as with mmap(2).
 *
 * Threads: where a function says nothing else, any; two that change the same map (convert or close it) exclude each
 *          other and all use of it.
 */
#ifndef VMAP_MAP_H
#define VMAP_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vmap/size.h>
#include <vmap/span.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How a length or a file size is meant. */
enum vmap_extent_kind {
	VMAP_EXTENT_END,   /* up to the end: of the file, or of the unit of allocation */
	VMAP_EXTENT_EXACT, /* this many bytes */
	VMAP_EXTENT_MIN,   /* this many bytes or more */
	VMAP_EXTENT_MAX,   /* this many bytes or fewer */
};

/** A length or a file size; all zero is VMAP_EXTENT_END. */
struct vmap_extent {
	enum vmap_extent_kind kind;
	uint64_t size; /* bytes; not used by VMAP_EXTENT_END */
};

/**
 * What to map, and how; all zero maps a whole file for reading.
 *
 * @p len is the length of the map, behind @p offset:
 *
 *     kind    of a file                                        of anonymous memory
 *     END     what the file has                                the rest of one unit of allocation
 *     EXACT   size; the file must have it                      size
 *     MIN     what the file has; it must have size             size, and the rest of that unit
 *     MAX     what the file has, at most size                  size
 *
 * @p resize is the size the whole file gets first: END leaves it, EXACT sets it, MIN makes a shorter
 * file longer, MAX makes a longer file shorter. The file keeps its new size if the range then turns out
 * to be wrong. Of anonymous memory only @p offset (its place inside a page) and @p len count, and the
 * kind of access.
 */
struct vmap_options {
	uint64_t offset;           /* of the first byte in the file */
	struct vmap_extent len;
	struct vmap_extent resize;
	bool write;                /* a writable map; vmap_open() opens the file for writing */
	bool copy;                 /* writable, but changes stay in this map; wins over write */
	bool read_only;            /* start read-only: for vmap_map_make_writable() with write or copy */
	bool create;               /* vmap_open() creates a file that does not exist; needs write */
	bool create_new;           /* vmap_open() creates the file and fails if it exists; needs write */
	bool truncate;             /* empty the file before resizing it; vmap_open() needs write for it */
};

/** What becomes of changes in a shared map. */
enum vmap_flush_mode {
	VMAP_FLUSH_SYNC,  /* they are on stable storage when the call returns */
	VMAP_FLUSH_ASYNC, /* they are on the way there */
};

/** How memory will be used. A hint: it never changes what the memory holds. */
enum vmap_advice {
	VMAP_ADVICE_NORMAL,
	VMAP_ADVICE_SEQUENTIAL,
	VMAP_ADVICE_RANDOM,
	VMAP_ADVICE_WILL_NEED,
	VMAP_ADVICE_WILL_NOT_NEED,
};

struct vmap_map;

/** Up to the end. Source: Extent::End of the crate vmap 0.6.3. */
static inline struct vmap_extent vmap_extent_end(void)
{
	struct vmap_extent extent = {VMAP_EXTENT_END, 0};
	return extent;
}

/** @p size bytes. Source: Extent::Exact. */
static inline struct vmap_extent vmap_extent_exact(uint64_t size)
{
	struct vmap_extent extent = {VMAP_EXTENT_EXACT, size};
	return extent;
}

/** @p size bytes or more. Source: Extent::Min. */
static inline struct vmap_extent vmap_extent_min(uint64_t size)
{
	struct vmap_extent extent = {VMAP_EXTENT_MIN, size};
	return extent;
}

/** @p size bytes or fewer. Source: Extent::Max. */
static inline struct vmap_extent vmap_extent_max(uint64_t size)
{
	struct vmap_extent extent = {VMAP_EXTENT_MAX, size};
	return extent;
}

/**
 * Open the file @p path and map it.
 *
 * Owner:   the caller: vmap_close() unmaps *ret_map, close(2) closes *ret_fd. The map does not need the
 *          descriptor; with @p ret_fd NULL it is closed. @p options may be NULL: all zero.
 * Threads: any.
 * Errors:  -EINVAL options that do not go together (create, create_new or truncate without write; write
 *          gives way to copy); -EFBIG a size to resize to that no file can have; what open(2) says, such
 *          as -ENOENT, -EEXIST, -EACCES, -EISDIR, -EMFILE; else as vmap_map_fd(). On
 *          Windows @p path is UTF-8, and -EILSEQ what is not.
 * Source:  Options::open of the crate vmap 0.6.3.
 */
VMAP_API int vmap_open(const char *path, const struct vmap_options *options, struct vmap_map **ret_map, int *ret_fd);

/**
 * Like vmap_open(), but a range that is empty or not inside the file is no error: *ret_map is NULL then,
 * and *ret_fd is open all the same.
 *
 * Errors:  as vmap_open(), but for -ERANGE.
 * Source:  Options::open_if of the crate.
 */
VMAP_API int vmap_open_if(const char *path, const struct vmap_options *options, struct vmap_map **ret_map, int *ret_fd);

/**
 * Map the open file @p fd. create and create_new mean nothing here.
 *
 * Owner:   the caller, until vmap_close(); @p fd stays the caller's and may be closed at once.
 * Threads: any.
 * Errors:  -ERANGE the range is empty or not inside the file; -EOVERFLOW it is longer than this process
 *          can address; -EINVAL a kind of extent that does not exist, or a file that has to be resized or
 *          truncated and is not open for writing; -EFBIG a size to resize to that no file can have;
 *          -EBADF @p fd is not open; -EACCES it is not open for reading, or not for writing where write
 *          asks for it; -ENODEV it is a directory, a pipe, a socket, or cannot be mapped; -EPERM it is
 *          sealed; -EBUSY (Windows) it would get shorter and is mapped; -ENOMEM no address space or too many maps.
 * Source:  Options::map of the crate.
 */
VMAP_API int vmap_map_fd(int fd, const struct vmap_options *options, struct vmap_map **ret_map);

/**
 * Like vmap_map_fd(), but a range that is empty or not inside the file is no error: *ret_map is NULL then.
 *
 * Errors:  as vmap_map_fd(), but for -ERANGE.
 * Source:  Options::map_if of the crate.
 */
VMAP_API int vmap_map_fd_if(int fd, const struct vmap_options *options, struct vmap_map **ret_map);

/**
 * Map zeroed memory that belongs to no file. With copy a child process gets a copy of it, else it shares it.
 *
 * The map starts options->offset modulo the page size behind the start of a page.
 *
 * Owner:   the caller, until vmap_close(). @p options may be NULL: one unit of allocation to read zeros.
 * Threads: any.
 * Errors:  -ERANGE a length of 0; -EOVERFLOW offset and length are no size; -EINVAL a kind of extent that
 *          does not exist; -ENOMEM no memory or address space.
 * Source:  Options::alloc of the crate, which cannot make a read-only one.
 */
VMAP_API int vmap_alloc(const struct vmap_options *options, struct vmap_map **ret_map);

/** Unmap and free @p map; NULL is allowed. Changes in a shared map reach the file in any case. Source: Drop of MapMut. */
VMAP_API void vmap_close(struct vmap_map *map);

/** The bytes of the map. Owner: the map's. Source: Deref of Map of the crate. */
VMAP_API const void *vmap_map_data(const struct vmap_map *map);

/** The bytes of the map for writing; NULL while it is read-only. Owner: the map's. Source: DerefMut of MapMut. */
VMAP_API void *vmap_map_data_mut(struct vmap_map *map);

/** The length of the map. Units: bytes, at least 1. Source: Span::len of the crate. */
VMAP_API size_t vmap_map_len(const struct vmap_map *map);

/** Whether the map can be written now. */
VMAP_API bool vmap_map_is_writable(const struct vmap_map *map);

/** The map for the typed reads of span.h. */
VMAP_API struct vmap_span vmap_map_span(const struct vmap_map *map);

/** The map for the typed reads and writes of span.h; data is NULL and len 0 while it is read-only. */
VMAP_API struct vmap_span_mut vmap_map_span_mut(struct vmap_map *map);

/**
 * Let the map be written. One that is writable already stays as it is.
 *
 * Threads: none may use the map meanwhile.
 * Errors:  -EACCES the options had neither write nor copy; -ENOMEM as mprotect(2). The map is as before.
 * Source:  Map::into_map_mut of the crate.
 */
VMAP_API int vmap_map_make_writable(struct vmap_map *map);

/**
 * Let the map be read only: a write through an old pointer is SIGSEGV from now on.
 *
 * Threads: none may use the map meanwhile.
 * Errors:  -ENOMEM as mprotect(2). The map is as before.
 * Source:  MapMut::into_map of the crate, which leaves the pages writable.
 */
VMAP_API int vmap_map_make_read_only(struct vmap_map *map);

/**
 * Send changes to the file. A copy has none to send.
 *
 * Owner:   @p fd stays the caller's. VMAP_FLUSH_SYNC needs the file's descriptor, open for writing, on
 *          Windows, and on macOS to get past the disk's own cache; elsewhere -1 is as good.
 * Threads: any.
 * Errors:  -EINVAL @p mode is none of the two; -EIO, -ENOSPC, -EDQUOT as the system says; on Windows -EBADF
 *          and -EACCES for want of such a descriptor.
 * Source:  MapMut::flush of the crate.
 */
VMAP_API int vmap_flush(const struct vmap_map *map, int fd, enum vmap_flush_mode mode);

/**
 * Like vmap_flush(), for @p len bytes at @p offset; the pages they touch are flushed whole.
 *
 * Units:   bytes from the start of the map; a @p len of 0 does nothing.
 * Errors:  -ERANGE the range is not inside the map; else as vmap_flush().
 * Source:  MapMut::flush_range of the crate.
 */
VMAP_API int vmap_flush_range(const struct vmap_map *map, int fd, size_t offset, size_t len, enum vmap_flush_mode mode);

/**
 * Tell the system how the map will be used.
 *
 * Threads: any.
 * Errors:  -EINVAL @p advice is none of the five, or memory will not be needed that is locked or in the huge
 *          pages of hugetlbfs; -EIO, -ENOMEM as madvise(2).
 * Source:  Map::advise of the crate, where WillNotNeed throws away what a copy holds.
 */
VMAP_API int vmap_advise(const struct vmap_map *map, enum vmap_advice advice);

/**
 * Like vmap_advise(), for @p len bytes at @p offset and the pages they touch.
 *
 * Units:   bytes from the start of the map; a @p len of 0 does nothing.
 * Errors:  -ERANGE the range is not inside the map; else as vmap_advise().
 * Source:  Map::advise_range of the crate.
 */
VMAP_API int vmap_advise_range(const struct vmap_map *map, size_t offset, size_t len, enum vmap_advice advice);

/**
 * Keep the map's pages in memory. Locks do not add up: one unlock undoes any number of them.
 *
 * Threads: any.
 * Errors:  -EPERM this process may lock nothing; -ENOMEM not as much; -EAGAIN not now.
 * Source:  Map::lock of the crate.
 */
VMAP_API int vmap_lock(const struct vmap_map *map);

/**
 * Like vmap_lock(), for @p len bytes at @p offset and the pages they touch.
 *
 * Units:   bytes from the start of the map; a @p len of 0 does nothing.
 * Errors:  -ERANGE the range is not inside the map; else as vmap_lock().
 * Source:  Map::lock_range of the crate.
 */
VMAP_API int vmap_lock_range(const struct vmap_map *map, size_t offset, size_t len);

/** Let the map's pages go from memory again. Errors: -ENOMEM as munlock(2). Source: Map::unlock of the crate. */
VMAP_API int vmap_unlock(const struct vmap_map *map);

/**
 * Like vmap_unlock(), for @p len bytes at @p offset and the pages they touch.
 *
 * Units:   bytes from the start of the map; a @p len of 0 does nothing.
 * Errors:  -ERANGE the range is not inside the map; else as vmap_unlock().
 * Source:  Map::unlock_range of the crate.
 */
VMAP_API int vmap_unlock_range(const struct vmap_map *map, size_t offset, size_t len);

#ifdef __cplusplus
}
#endif
#endif
