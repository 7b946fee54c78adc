/* SPDX-License-Identifier: MIT */
/* A mapped shared ring inside this process, and the functions its files share. */
#ifndef VMAP_SHARED_PRIV_H
#define VMAP_SHARED_PRIV_H

#include <pthread.h>
#include <stdbool.h>

#include "../os/os_priv.h"
#include "../os/peer_priv.h"
#include "layout_priv.h"

struct vmap_shared {
	struct vmap_os_mirror map;
	struct shared_header *header; /* may hold anything at any time: every word is loaded once and checked */
	/*
	 * Private copy: the file's is read again by vmap_shared_reattach() only. What readers use of it changes there
	 * and in vmap_shared_reshape(), beside which there are none; generation, attributes and checksum belong to
	 * geometry_lock.
	 */
	struct shared_geometry geometry;
	pthread_mutex_t geometry_lock;
	_Atomic uint64_t generation; /* = geometry's, for those without the lock */
	_Atomic uint64_t attributes;
	uint32_t open_word; /* what the header's state is while the ring is open and has our shape */
	_Atomic bool broken; /* the file was cut short under the mapping: what it shows is not the ring */
	bool writable;
	bool serves;         /* this is the handle of vmap_shared_serve(): the ends it announces are not its own */
	int fd;              /* an open file of its own: its byte locks are this handle's */
	int lifeline;        /* -1, or what ends with the server that has handed the ring over */
	uint32_t slot;
	uint32_t lock_word; /* what this handle stores into wlock */
	_Atomic uint64_t seen_head; /* no head that is loaded later may be below it */
	size_t reserved_len; /* of vmap_shared_reserve(), until the commit; under the writer lock */
	/* These positions have pages, for certain; all of the ring once they are a capacity apart. Under the writer lock. */
	_Atomic uint64_t reserved_from; /* the page of the head when the ring was opened */
	_Atomic uint64_t reserved_to;
};

/* Steps at which tests kill a writer. */
enum shared_fault {
	SHARED_FAULT_NONE,
	SHARED_FAULT_SLOT_CLAIMED,
	SHARED_FAULT_LOCKED,
	SHARED_FAULT_STOLEN,
	SHARED_FAULT_RECOVERED,
	SHARED_FAULT_INTENT,
	SHARED_FAULT_HALF_COPIED,
	SHARED_FAULT_COPIED,
	SHARED_FAULT_HEAD,
	SHARED_FAULT_UNLOCKED,
	SHARED_FAULT_WOKEN,
	SHARED_FAULT_CONSUMED,
	SHARED_FAULT_SLEEPS,
	SHARED_FAULT_RESERVED,
	SHARED_FAULT_MOVED,
	SHARED_FAULT_FROZEN,
	SHARED_FAULT_DATA_MOVED,
	SHARED_FAULT_SWITCHED,
	SHARED_FAULT_COUNT,
};

#ifdef VMAP_FAULT_POINTS
/* Called at each step, in a build of the library for tests only. */
extern void (*shared_fault_hook)(enum shared_fault point);
#define SHARED_FAULT(point) (shared_fault_hook ? shared_fault_hook(SHARED_FAULT_##point) : (void)0)
#else
#define SHARED_FAULT(point) ((void)0)
#endif

static inline bool shared_is_bounded(const struct vmap_shared *ring)
{
	return ring->geometry.policy == VMAP_RING_BOUNDED;
}

static inline uint64_t shared_max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/*
 * The lower end of the readable window of a ring whose writer has announced @intent. What is at or above it
 * when this is called after a copy was not being overwritten during the copy.
 */
static inline uint64_t shared_window_start(const struct vmap_shared *ring, uint64_t intent)
{
	const struct shared_header *header = ring->header;
	if (shared_is_bounded(ring)) {
		uint64_t tail = atomic_load_explicit(&header->tail, memory_order_acquire) /* consume:A */;
		return shared_max(tail & ~SHARED_TAIL_FROZEN, ring->geometry.base);
	}
	uint64_t start = intent > ring->geometry.capacity ? intent - ring->geometry.capacity : 0;
	start = shared_max(start, atomic_load_explicit(&header->floor, memory_order_relaxed));
	return shared_max(start, ring->geometry.base);
}

static inline uint8_t *shared_at(const struct vmap_shared *ring, uint64_t pos)
{
	return ring->map.data + pos % ring->geometry.capacity;
}

/* attach.c */
uint32_t shared_crc32c(const void *data, size_t len);
/* Read the geometry line of @fd and check all that does not need the rest of the file. */
int shared_read_geometry(int fd, struct shared_geometry *ret_geometry);
/* Are these positions possible in a ring of @geometry? Loads them in the order in which they may be compared. */
int shared_check_positions(const struct shared_header *header, const struct shared_geometry *geometry);
/* Map and guard what @geometry says; shared_unmap() takes both back. */
int shared_map(struct vmap_shared *ring, const struct shared_geometry *geometry, struct vmap_os_mirror *ret_map);
void shared_unmap(struct vmap_os_mirror *map);
struct shared_header *shared_header_of(const struct vmap_os_mirror *map);
/* Make @map, which is of @geometry, the one this handle works with; another one is unmapped. */
void shared_adopt(struct vmap_shared *ring, const struct shared_geometry *geometry, const struct vmap_os_mirror *map);

/* lock.c */
/* What a busy machine may keep a living owner from running for, and more. */
#define SHARED_LOCK_NS 1000000000u
/* Claim a slot of the file and with it the right to the lock. -EUSERS all are taken. */
int shared_claim_slot(struct vmap_shared *ring);
/*
 * Take the writer lock within @timeout_ns (0: try). Then the ring has our shape and is open to this handle. -EBUSY a
 * living owner holds it; -ESTALE, -EIO, -ESHUTDOWN, -EIDRM as shared_check_state().
 */
int shared_lock(struct vmap_shared *ring, uint64_t timeout_ns);
/* Has a living handle, not this one, that slot? */
bool shared_slot_is_taken(const struct vmap_shared *ring, uint32_t slot);
/* Release it. -ESTALE the ring was reshaped in spite of it: what was stored under it may or may not be there. */
int shared_unlock(struct vmap_shared *ring);
/*
 * What the header's state means for this handle: 0 go on; -EIO broken; -ESTALE it has another shape now;
 * -ESHUTDOWN, -EIDRM its end was announced. After a copy, 0 says that what was copied was the ring.
 */
int shared_check_state_slow(const struct vmap_shared *ring);
static inline int shared_check_state(const struct vmap_shared *ring)
{
	if (atomic_load_explicit(&ring->header->state, memory_order_relaxed) == ring->open_word &&
	    !atomic_load_explicit(&ring->broken, memory_order_relaxed))
		return 0;
	return shared_check_state_slow(ring);
}

/* wait.c */
void shared_wake(_Atomic uint32_t *waiters, _Atomic uint32_t *seq);

/* handover.c */
/* -ENOTCONN the server that has handed the ring over is gone. A system call. */
int shared_check_lifeline(const struct vmap_shared *ring);

/* append.c */
/* Give pages to the positions [from, to), at most a capacity of them, which may lie around the edge. */
int shared_reserve_pages(int fd, const struct shared_geometry *geometry, uint64_t from, uint64_t to);
/* Whether a line starts at @start, by the byte before it. False when that lies below @readable. */
bool shared_starts_line(const struct vmap_shared *ring, uint64_t start, uint64_t readable);
/* The head, for whoever has the lock. -EBADMSG the positions are impossible or have gone back. */
int shared_load_head(struct vmap_shared *ring, uint64_t *ret_head);
/* What every append does before its bytes are copied: room, pages, time. */
int shared_prepare(struct vmap_shared *ring, uint64_t head, size_t len);
void shared_announce(struct vmap_shared *ring, uint64_t head, size_t len);
void shared_publish(struct vmap_shared *ring, uint64_t new_head);
void shared_count_append(struct vmap_shared *ring, size_t len);

/* reshape.c */
/* Give back whatever of the file is neither header nor data: what a change of shape left that was killed. */
void shared_trim(const struct vmap_shared *ring);

/* copy.c: between private memory and ring memory that another thread may be writing at the same time. */
void shared_copy_out(void *dst, const uint8_t *ring_src, size_t len);
void shared_copy_in(uint8_t *ring_dst, const void *src, size_t len);

#endif
