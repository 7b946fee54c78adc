/* SPDX-License-Identifier: MIT */
/*
 * A ring in a file or memfd: a 64 KiB header, then the bytes.
 *
 * What ringfs keeps behind each of its files. The ring is mapped mirrored, positions are free-running
 * byte counts below 2^63 that live in the header, so a ring that is closed and opened again, or whose
 * process was killed at any instruction, goes on where it was. One process appends at a time; any
 * number of threads of that process append and read.
 */
#ifndef VMAP_SHARED_H
#define VMAP_SHARED_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <vmap/size.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Capacities are multiples of this: every page size in use, and what Windows maps by. */
#define VMAP_SHARED_UNIT ((uint64_t)65536)
/** The largest capacity: 16 TiB, so that header, both halves and guards fit into 47 bits of addresses. */
#define VMAP_SHARED_CAPACITY_MAX ((uint64_t)1 << 44)
/** No position exceeds this: file offsets are signed. */
#define VMAP_SHARED_POSITION_MAX ((uint64_t)INT64_MAX)
/** Bytes of the header in front of the data in the file. */
#define VMAP_SHARED_HEADER_SIZE ((uint64_t)65536)

/** What counts as the oldest readable place of a ring. */
enum vmap_align {
	VMAP_ALIGN_BYTE, /* the tail: the oldest byte */
	VMAP_ALIGN_LINE, /* the oldest whole line: the tail, if a line starts there, else behind the next '\n' */
};

struct vmap_shared;

struct vmap_shared_options {
	uint64_t capacity; /* bytes; rounded up to VMAP_SHARED_UNIT */
	uint64_t start;    /* position of the first byte, 0 but for tests of large positions */
};

/** A snapshot; each word is right by itself, together they are from one moment only while nobody appends. */
struct vmap_shared_state {
	uint64_t head;        /* position of the next byte to be written */
	uint64_t tail;        /* position of the oldest readable byte */
	uint64_t floor;       /* position of the last clear */
	uint64_t capacity;    /* bytes */
	uint64_t records;     /* appends since the ring was created */
	uint64_t bytes;       /* bytes appended since then */
	uint64_t mtime_ns;    /* time of the last append or clear since the epoch; strictly grows */
};

/**
 * Round a capacity up to what a shared ring can have.
 *
 * Units:   bytes.
 * Errors:  0 when @p capacity is 0 or more than VMAP_SHARED_CAPACITY_MAX.
 */
VMAP_API uint64_t vmap_shared_round_capacity(uint64_t capacity);

/**
 * Write the header of an empty ring into an empty file or memfd and give the file its size.
 *
 * Only the header's first block is allocated; pages of the data are reserved before they are first
 * written (see vmap_shared_append()).
 *
 * Units:   bytes.
 * Owner:   @p fd stays the caller's, open for reading and writing.
 * Threads: any; nobody else may use the file yet.
 * Errors:  -EACCES @p fd is not open for reading and writing; -EINVAL a capacity of 0 or @p start out of
 *          range; -EFBIG a capacity above the maximum or one that the file system cannot have; -EEXIST the
 *          file is not empty; -ENOSPC, -EIO, -EBADF, -ENOMEM, -EPERM (a sealed memfd)
 *          as the system says. The file is empty again after an error.
 */
VMAP_API int vmap_shared_format(int fd, const struct vmap_shared_options *options);

/**
 * Map the ring in @p fd.
 *
 * Units:   none.
 * Owner:   the caller, until vmap_shared_close(); @p fd stays the caller's and may be closed (the ring
 *          keeps a duplicate of its own).
 * Threads: any.
 * Errors:  -ENOMSG the file is no ring (other magic, or too short for one); -EPROTO made by a newer version or a
 *          machine of other byte order; -EBADMSG damaged (checksum, geometry, size of the file or
 *          positions are impossible); -EOPNOTSUPP a policy or feature this version does not have;
 *          -EACCES @p fd is not open for reading and writing; -ENOMEM, -EMFILE, -EIO, -EBADF, -EPERM (a
 *          sealed memfd) as the system says.
 */
VMAP_API int vmap_shared_open(int fd, struct vmap_shared **ret_ring);

/** Unmap and free @p ring; NULL is allowed. No other thread may use it any more. */
VMAP_API void vmap_shared_close(struct vmap_shared *ring);

/**
 * Read the state of the ring in @p fd without mapping it.
 *
 * Owner:   @p fd stays the caller's, open for reading.
 * Threads: any.
 * Errors:  as vmap_shared_open(), except -EACCES and -EMFILE.
 */
VMAP_API int vmap_shared_probe(int fd, struct vmap_shared_state *ret_state);

/** The state of a mapped ring. Threads: any. */
VMAP_API void vmap_shared_get_state(const struct vmap_shared *ring, struct vmap_shared_state *ret_state);

/**
 * Append @p len bytes as one contiguous run; the oldest bytes give way.
 *
 * A run longer than the capacity counts in full and leaves its last bytes; it passes through the ring, so
 * readers may see earlier parts of it on the way, and a writer that is killed may leave such a part. Pages are reserved first, so
 * a full disk is an error here and never a signal later.
 *
 * Units:   bytes; the result is @p len.
 * Owner:   @p src stays the caller's.
 * Threads: any number, beside any number of readers.
 * Errors:  -ENOSPC, -EDQUOT, -EIO the pages cannot be reserved; -EFBIG the position limit is reached;
 *          -EINVAL @p len is more than SSIZE_MAX. Nothing was appended then.
 */
VMAP_API ssize_t vmap_shared_append(struct vmap_shared *ring, const void *src, size_t len);

/**
 * Copy up to @p len bytes at *cursor into @p dst and advance *cursor.
 *
 * What is copied is exactly what was appended at those positions: bytes that were overwritten while they
 * were copied are never returned.
 *
 * Units:   bytes; *cursor is a position.
 * Owner:   @p dst stays the caller's; its contents beyond the result are undefined.
 * Threads: any number of readers beside any number of writers; one cursor per reader. Never blocks.
 * Errors:  -EAGAIN nothing newer than *cursor; -EPIPE overrun: *cursor was older than the tail and now
 *          stands at the tail; -ERANGE *cursor is beyond the head.
 * Source:  the overrun contract follows /dev/kmsg; the check after the copy Aeron's broadcast receiver.
 */
VMAP_API ssize_t vmap_shared_read(const struct vmap_shared *ring, uint64_t *cursor, void *dst, size_t len);

/**
 * Copy from *cursor up to and including the next '\n', at most @p len bytes, and advance *cursor.
 *
 * Units:   bytes; the result ends in '\n' unless @p len or the head came first.
 * Owner:   @p dst stays the caller's; its contents beyond the result are undefined.
 * Threads: as vmap_shared_read().
 * Errors:  as vmap_shared_read().
 */
VMAP_API ssize_t vmap_shared_read_line(const struct vmap_shared *ring, uint64_t *cursor, void *dst, size_t len);

/**
 * The position of the oldest byte or of the oldest whole line.
 *
 * With VMAP_ALIGN_LINE the tail is searched forward for a line start, at most VMAP_SHARED_LINE_MAX bytes
 * and only where bytes were overwritten (behind a clear the tail is a line start). Where no line starts
 * in that stretch, the tail is the answer: the end of an endless line is better than nothing. Writers that
 * overwrite faster than can be searched get a later line start as the answer, at worst the head.
 *
 * Units:   a position between the tail and the head at some moment of the call.
 * Threads: any, beside any number of writers. Never blocks.
 */
VMAP_API uint64_t vmap_shared_oldest(const struct vmap_shared *ring, enum vmap_align align);

/** Bytes that vmap_shared_oldest() searches for a line start: the longest write ringfs keeps in one run. */
#define VMAP_SHARED_LINE_MAX ((uint64_t)1 << 20)

/**
 * Drop all bytes: the tail moves up to the head, positions go on. Reserved pages stay reserved.
 *
 * Threads: any.
 */
VMAP_API void vmap_shared_clear(struct vmap_shared *ring);

/**
 * Set the time of the last change, as utimensat(2) does; later appends are later than this.
 *
 * Units:   nanoseconds since the epoch.
 * Threads: any.
 */
VMAP_API void vmap_shared_set_mtime(struct vmap_shared *ring, uint64_t mtime_ns);

/**
 * Bring everything appended so far to stable storage.
 *
 * Threads: any; blocks as long as the disk takes.
 * Errors:  -EIO, -ENOSPC, -EDQUOT as fsync(2).
 */
VMAP_API int vmap_shared_sync(struct vmap_shared *ring);

#ifdef __cplusplus
}
#endif
#endif
