/* SPDX-License-Identifier: MIT */
/*
 * A ring in the memory of one process.
 *
 * The bytes are mapped twice, back to back, so every readable and every writable span is one run of
 * memory, wherever it lies in the ring. Positions are free-running 64-bit byte counts; they may start
 * anywhere, and wrap at 2^64 without harm.
 *
 * Threads: where a function says nothing else, one at a time for each ring.
 */
#ifndef VMAP_RING_H
#define VMAP_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <vmap/size.h>
#include <vmap/span.h>

#ifdef __cplusplus
extern "C" {
#endif

enum vmap_ring_policy {
	VMAP_RING_OVERWRITE = 1, /* the oldest bytes give way to new ones */
	VMAP_RING_BOUNDED = 2,   /* a full ring takes no more until bytes are consumed */
};

struct vmap_ring;

/**
 * Create an empty ring of at least @p capacity bytes.
 *
 * Units:   bytes; rounded up to a multiple of vmap_allocation_size(), see vmap_ring_capacity().
 * Owner:   the caller; vmap_ring_destroy() frees it.
 * Threads: any; the ring itself is for one thread at a time.
 * Errors:  -EINVAL @p capacity is 0 or @p policy unknown; -EOVERFLOW twice the rounded capacity does not
 *          fit into a size_t; -ENOMEM, -EMFILE, -ENFILE as the system says; -EFBIG more than RLIMIT_FSIZE
 *          allows, which counts on Linux and comes with the signal SIGXFSZ.
 * Source:  Ring::new and InfiniteRing::new of the crate vmap 0.6.3.
 */
VMAP_API int vmap_ring_create(size_t capacity, enum vmap_ring_policy policy, struct vmap_ring **ret_ring);

/** Like vmap_ring_create(), with the head and the tail starting at position @p start. Errors: as there. */
VMAP_API int vmap_ring_create_at(size_t capacity, enum vmap_ring_policy policy, uint64_t start,
				 struct vmap_ring **ret_ring);

/**
 * Give the ring all its memory now, rather than page by page when bytes first get there.
 *
 * A new ring takes next to no memory; each page costs a fault when it is first written. This pays for all of
 * them at once, and keeps what the ring holds. On Linux a ring of 2 MiB or more gets huge pages where the
 * kernel has them to give (6.1 or later), which copies large records up to three times as fast; both halves
 * get them if the capacity is a multiple of 2 MiB.
 *
 * Units:   it takes as many bytes as the capacity.
 * Threads: the ring's one thread.
 * Errors:  -ENOMEM not enough memory, where the system says so beforehand; the ring is as good as before.
 */
VMAP_API int vmap_ring_prefault(struct vmap_ring *ring);

/** Unmap and free @p ring; NULL is allowed. Source: Drop of Ring. */
VMAP_API void vmap_ring_destroy(struct vmap_ring *ring);

/** Bytes the ring holds when full: the capacity asked for, rounded up. Source: SeqWrite::write_capacity. */
VMAP_API size_t vmap_ring_capacity(const struct vmap_ring *ring);

/** Whether the policy is VMAP_RING_BOUNDED. */
VMAP_API bool vmap_ring_is_bounded(const struct vmap_ring *ring);

/** Position of the next byte to be written. */
VMAP_API uint64_t vmap_ring_head(const struct vmap_ring *ring);

/** Position of the oldest byte that can still be read. */
VMAP_API uint64_t vmap_ring_tail(const struct vmap_ring *ring);

/** Bytes of an overwrite ring that gave way before they were consumed, since it was created. */
VMAP_API uint64_t vmap_ring_overwritten(const struct vmap_ring *ring);

/**
 * All bytes that can be read, oldest first, as one run.
 *
 * Units:   bytes, at most the capacity.
 * Owner:   the ring's; valid until the next call that changes the ring.
 * Threads: the ring's one thread.
 * Source:  SeqRead::as_read_slice of the crate.
 */
VMAP_API struct vmap_span vmap_ring_readable(const struct vmap_ring *ring);

/**
 * Where the next bytes go, as one run.
 *
 * An overwrite ring always offers its whole capacity: bytes stored there replace the oldest ones, so
 * the readable span must not be used between storing and vmap_ring_feed().
 *
 * Units:   bytes, the free part of a bounded ring.
 * Owner:   the ring's; valid until the next call that changes the ring.
 * Threads: the ring's one thread.
 * Source:  SeqWrite::as_write_slice of the crate.
 */
VMAP_API struct vmap_span_mut vmap_ring_writable(struct vmap_ring *ring);

/**
 * Publish @p len bytes stored in the writable span; the tail of an overwrite ring moves up as needed.
 *
 * Units:   bytes.
 * Threads: the ring's one thread.
 * Errors:  -EINVAL @p len is longer than the writable span; nothing has changed then.
 * Source:  SeqWrite::feed of the crate.
 */
VMAP_API int vmap_ring_feed(struct vmap_ring *ring, size_t len);

/**
 * Give up the oldest @p len bytes.
 *
 * Units:   bytes.
 * Threads: the ring's one thread.
 * Errors:  -EINVAL @p len is longer than the readable span; nothing has changed then.
 * Source:  SeqRead::consume of the crate.
 */
VMAP_API int vmap_ring_consume(struct vmap_ring *ring, size_t len);

/**
 * Copy bytes from @p src into the ring.
 *
 * A bounded ring takes what fits. An overwrite ring takes all; of more than its capacity it keeps the
 * last bytes and counts the others as written and overwritten.
 *
 * Units:   bytes; the result is how many were taken, 0 only when @p len is 0.
 * Owner:   @p src stays the caller's.
 * Threads: the ring's one thread.
 * Errors:  -EAGAIN a bounded ring is full; -EINVAL @p len is more than SSIZE_MAX.
 * Source:  SeqWrite::write_into of the crate, which returns 0 for a full ring: that looks like end of file.
 */
VMAP_API ssize_t vmap_ring_write(struct vmap_ring *ring, const void *src, size_t len);

/**
 * Copy all @p len bytes into the ring or none.
 *
 * Units:   bytes.
 * Threads: the ring's one thread.
 * Errors:  -EAGAIN not enough room now; -EMSGSIZE more than the capacity of a bounded ring; -EINVAL as
 *          vmap_ring_write().
 * Source:  InfiniteRing::write_all of the crate; a Ring's there writes a part before it fails.
 */
VMAP_API int vmap_ring_write_all(struct vmap_ring *ring, const void *src, size_t len);

/**
 * Copy up to @p len of the oldest bytes into @p dst and consume them.
 *
 * Units:   bytes; 0 when the ring is empty.
 * Owner:   @p dst stays the caller's.
 * Threads: the ring's one thread.
 * Errors:  -EINVAL @p len is more than SSIZE_MAX.
 * Source:  SeqRead::read_from of the crate.
 */
VMAP_API ssize_t vmap_ring_read(struct vmap_ring *ring, void *dst, size_t len);

/**
 * Consume the oldest bytes up to and with the first @p delimiter, without copying them: one run of memory,
 * wherever it lies in the ring. Where there is no delimiter it is all that the ring holds.
 *
 * Units:   bytes; the length is 0 only when the ring is empty.
 * Owner:   the ring's; valid until the next call that writes to the ring, or offers its writable span.
 * Threads: the ring's one thread.
 * Source:  BufRead::read_until on a Ring of the crate, which appends to a vector.
 */
VMAP_API struct vmap_span vmap_ring_take_until(struct vmap_ring *ring, uint8_t delimiter);

/** vmap_ring_take_until() a newline. Source: BufRead::read_line on a Ring, which also wants UTF-8. */
VMAP_API struct vmap_span vmap_ring_take_line(struct vmap_ring *ring);

/**
 * Like vmap_ring_take_until(), copied to @p dst; never a part of it.
 *
 * Units:   bytes; the result is how many were copied, the delimiter included; 0 when the ring is empty.
 * Owner:   @p dst stays the caller's.
 * Threads: the ring's one thread.
 * Errors:  -EMSGSIZE it has more than @p len bytes: nothing is copied or consumed.
 */
VMAP_API ssize_t vmap_ring_read_until(struct vmap_ring *ring, uint8_t delimiter, void *dst, size_t len);

/** vmap_ring_read_until() a newline. Errors: as there. */
VMAP_API ssize_t vmap_ring_read_line(struct vmap_ring *ring, void *dst, size_t len);

/** Drop all bytes; positions go on from the head. Source: Ring::clear of the crate. */
VMAP_API void vmap_ring_clear(struct vmap_ring *ring);

#ifdef __cplusplus
}
#endif
#endif
