/* SPDX-License-Identifier: MIT */
/*
 * A ring in the memory of one process.
 *
 * The bytes are mapped twice, back to back, so every readable and every writable span is one run of
 * memory, wherever it lies in the ring. Positions are free-running 64-bit byte counts; they may start
 * anywhere, and wrap at 2^64 without harm.
 */
#ifndef VMAP_RING_H
#define VMAP_RING_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <vmap/size.h>

#ifdef __cplusplus
extern "C" {
#endif

enum vmap_ring_policy {
	VMAP_RING_OVERWRITE = 1, /* the oldest bytes give way to new ones */
	VMAP_RING_BOUNDED = 2,   /* a full ring takes no more until bytes are consumed */
};

struct vmap_ring;

/** A run of bytes inside a ring that may be read. */
struct vmap_ring_span {
	const uint8_t *data;
	size_t len;
};

/** A run of bytes inside a ring that may be written. */
struct vmap_ring_space {
	uint8_t *data;
	size_t len;
};

/**
 * Create an empty ring of at least @p capacity bytes.
 *
 * Units:   bytes; rounded up to a multiple of vmap_allocation_size(), see vmap_ring_capacity().
 * Owner:   the caller; vmap_ring_destroy() frees it.
 * Threads: any; the ring itself is for one thread at a time.
 * Errors:  -EINVAL @p capacity is 0 or @p policy unknown; -EOVERFLOW twice the rounded capacity does not
 *          fit into a size_t; -ENOMEM, -EMFILE, -ENFILE as the system says.
 * Source:  Ring::new and InfiniteRing::new of the crate vmap 0.6.3.
 */
VMAP_API int vmap_ring_create(size_t capacity, enum vmap_ring_policy policy, struct vmap_ring **ret_ring);

/** Like vmap_ring_create(), with the head and the tail starting at position @p start. */
VMAP_API int vmap_ring_create_at(size_t capacity, enum vmap_ring_policy policy, uint64_t start,
				 struct vmap_ring **ret_ring);

/** Unmap and free @p ring; NULL is allowed. */
VMAP_API void vmap_ring_destroy(struct vmap_ring *ring);

/** Bytes the ring holds when full: the capacity asked for, rounded up. */
VMAP_API size_t vmap_ring_capacity(const struct vmap_ring *ring);

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
 */
VMAP_API struct vmap_ring_span vmap_ring_readable(const struct vmap_ring *ring);

/**
 * Where the next bytes go, as one run.
 *
 * An overwrite ring always offers its whole capacity: bytes stored there replace the oldest ones, so
 * the readable span must not be used between storing and vmap_ring_feed().
 *
 * Units:   bytes, the free part of a bounded ring.
 * Owner:   the ring's; valid until the next call that changes the ring.
 * Threads: the ring's one thread.
 */
VMAP_API struct vmap_ring_space vmap_ring_writable(struct vmap_ring *ring);

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
 * Errors:  -EAGAIN a bounded ring is full (the crate's Ring::write returns 0 there, which looks like
 *          end of file); -EINVAL @p len is more than SSIZE_MAX.
 */
VMAP_API ssize_t vmap_ring_write(struct vmap_ring *ring, const void *src, size_t len);

/**
 * Copy all @p len bytes into the ring or none.
 *
 * Units:   bytes.
 * Threads: the ring's one thread.
 * Errors:  -EAGAIN not enough room now; -EMSGSIZE more than the capacity of a bounded ring; -EINVAL as
 *          vmap_ring_write().
 */
VMAP_API int vmap_ring_write_all(struct vmap_ring *ring, const void *src, size_t len);

/**
 * Copy up to @p len of the oldest bytes into @p dst and consume them.
 *
 * Units:   bytes; 0 when the ring is empty.
 * Owner:   @p dst stays the caller's.
 * Threads: the ring's one thread.
 * Errors:  -EINVAL @p len is more than SSIZE_MAX.
 */
VMAP_API ssize_t vmap_ring_read(struct vmap_ring *ring, void *dst, size_t len);

/** Drop all bytes; positions go on from the head. */
VMAP_API void vmap_ring_clear(struct vmap_ring *ring);

#ifdef __cplusplus
}
#endif
#endif
