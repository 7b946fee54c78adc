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

#include <vmap/ring.h>
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
	uint64_t capacity;            /* bytes; rounded up to VMAP_SHARED_UNIT */
	enum vmap_ring_policy policy; /* 0 is VMAP_RING_OVERWRITE */
	uint64_t attributes;          /* see vmap_shared_attributes() */
	uint64_t start;               /* position of the first byte, 0 but for tests of large positions */
};

/** A snapshot; each word is right by itself, together they are from one moment only while nobody appends. */
struct vmap_shared_state {
	uint64_t head;        /* position of the next byte to be written */
	uint64_t tail;        /* position of the oldest readable byte; of a bounded ring, of the next to be consumed */
	uint64_t floor;       /* position of the last clear */
	uint64_t capacity;    /* bytes */
	enum vmap_ring_policy policy;
	uint64_t attributes;  /* see vmap_shared_attributes() */
	uint64_t generation;  /* grows with each change of capacity, policy or attributes */
	uint64_t overwritten; /* bytes that gave way to newer ones since the ring was created */
	uint64_t lost;        /* bytes that readers missed so, as counted by vmap_shared_count_lost() */
	uint64_t dropped;     /* appends that were given up, as counted by vmap_shared_count_dropped() */
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
 * Errors:  -EACCES @p fd is not open for reading and writing; -EINVAL a capacity of 0, @p start out of
 *          range, an unknown policy, or @p fd is open with O_APPEND; -EFBIG a capacity above the maximum or one that the file system cannot have; -EEXIST the
 *          file is not empty; -ENOSPC, -EIO, -EBADF, -ENOMEM, -EPERM (a sealed memfd)
 *          as the system says. The file is empty again after an error.
 */
VMAP_API int vmap_shared_format(int fd, const struct vmap_shared_options *options);

/**
 * Map the ring in @p fd. Nobody else may have the file mapped: what a killed change of shape left is cut off.
 *
 * Units:   none.
 * Owner:   the caller, until vmap_shared_close(); @p fd stays the caller's and may be closed (the ring
 *          keeps a duplicate of its own).
 * Threads: any.
 * Errors:  -ENOMSG the file is no ring (other magic, or too short for one); -EPROTO made by a newer version or a
 *          machine of other byte order; -EBADMSG damaged (checksum, geometry, size of the file or
 *          positions are impossible); -EOPNOTSUPP a policy or feature this version does not have;
 *          -EACCES @p fd is not open for reading and writing; -EINVAL it is open with O_APPEND; -ENOMEM,
 *          -EMFILE, -EIO, -EBADF, -EPERM (a sealed memfd) as the system says.
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

/** What becomes of new bytes when the ring is full. Threads: as all but vmap_shared_reshape(). */
VMAP_API enum vmap_ring_policy vmap_shared_policy(const struct vmap_shared *ring);

/** The state of a mapped ring. Threads: any. */
VMAP_API void vmap_shared_get_state(const struct vmap_shared *ring, struct vmap_shared_state *ret_state);

/**
 * Append @p len bytes as one contiguous run. In an overwrite ring the oldest bytes give way; a bounded ring
 * takes all of them or none.
 *
 * A run longer than the capacity counts in full and leaves its last bytes; it passes through the ring, so
 * readers may see earlier parts of it on the way, and a writer that is killed may leave such a part. Pages are reserved first, so
 * a full disk is an error here and never a signal later.
 *
 * Units:   bytes; the result is @p len.
 * Owner:   @p src stays the caller's.
 * Threads: any number, beside any number of readers.
 * Errors:  -EAGAIN not enough room in a bounded ring now; -EMSGSIZE more than its capacity; -ENOSPC, -EDQUOT,
 *          -EIO the pages cannot be reserved; -EFBIG the position limit is reached; -EINVAL @p len is more than
 *          SSIZE_MAX. Nothing was appended then.
 */
VMAP_API ssize_t vmap_shared_append(struct vmap_shared *ring, const void *src, size_t len);

/**
 * Copy up to @p len bytes at *cursor into @p dst and advance *cursor.
 *
 * What is copied is exactly what was appended at those positions: bytes that were overwritten while they
 * were copied are never returned. Nothing is consumed: in a bounded ring this looks ahead.
 *
 * Units:   bytes; *cursor is a position.
 * Owner:   @p dst stays the caller's; its contents beyond the result are undefined.
 * Threads: any number of readers beside any number of writers; one cursor per reader. Never blocks.
 * Errors:  -EAGAIN nothing newer than *cursor; -EPIPE overrun (or consumed by somebody else): *cursor was
 *          older than the tail and now stands at the tail; -ERANGE *cursor is beyond the head.
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
 * Consume @p len bytes of a bounded ring from position @p from, which must be the tail still.
 *
 * A consumer reads at the tail, uses what it read, and then consumes it; of several that read the same bytes
 * one succeeds.
 *
 * Units:   bytes; @p from is a position.
 * Threads: any number, beside any number of writers.
 * Errors:  -EPIPE somebody else has consumed from there; -EINVAL beyond the head, or not a bounded ring.
 */
VMAP_API int vmap_shared_consume(struct vmap_shared *ring, uint64_t from, size_t len);

/** Count @p bytes as missed by a reader, in the ring's own statistics. Threads: any. */
VMAP_API void vmap_shared_count_lost(struct vmap_shared *ring, uint64_t bytes);

/** Count an append as given up because the ring was full. Threads: any. */
VMAP_API void vmap_shared_count_dropped(struct vmap_shared *ring);

/**
 * Change capacity and policy of a ring that may hold bytes; positions go on.
 *
 * Growing keeps all bytes, shrinking an overwrite ring the newest. The bytes are copied to a free part of the
 * same file, so for a moment the file holds them twice; a kill leaves the old ring or the new one.
 *
 * Units:   bytes; rounded up as in vmap_shared_format().
 * Threads: no other thread uses @p ring meanwhile, nor any span or map of it afterwards.
 * Errors:  -EINVAL a capacity of 0 or an unknown policy; -EFBIG above the maximum, or more than the file system
 *          allows; -EBUSY a bounded ring holds more than @p capacity; -ENOSPC, -EDQUOT, -ENOMEM, -EIO, -EPERM (a
 *          sealed memfd) as the system says. The ring is as it was then.
 */
VMAP_API int vmap_shared_reshape(struct vmap_shared *ring, uint64_t capacity, enum vmap_ring_policy policy);

/**
 * A word that is kept with the ring for its owner; libvmap does not look into it.
 *
 * Threads: any.
 */
VMAP_API uint64_t vmap_shared_attributes(const struct vmap_shared *ring);

/**
 * Replace that word; a kill leaves the old or the new one.
 *
 * Threads: any.
 * Errors:  -ENOSPC, -EDQUOT, -EIO as the system says.
 */
VMAP_API int vmap_shared_set_attributes(struct vmap_shared *ring, uint64_t attributes);

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
