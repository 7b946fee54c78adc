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
	 * geometry_lock, which is also among threads what the shape lock is among handles.
	 */
	struct shared_geometry geometry;
	pthread_mutex_t geometry_lock;
	_Atomic uint64_t generation; /* = geometry's, for those without the lock */
	_Atomic uint64_t attributes;
	uint32_t open_word; /* what the header's state is while the ring is open and has our shape */
	_Atomic bool broken; /* the file was cut short under the mapping: what it shows is not the ring */
	bool writable;
	bool serves;         /* this is the handle of vmap_shared_serve(): the ends it announces are not its own */
	_Atomic uint32_t end; /* SHARED_OPEN, or the end this handle has announced */
	int fd;              /* an open file of its own: its byte locks are this handle's */
	int lifeline;        /* -1, or what ends with the server that has handed the ring over */
	uint32_t slot;
	uint32_t lock_word; /* what this handle stores into wlock */
	_Atomic uint64_t kept_since_ns; /* when this handle, which did not sleep, found the lock kept for a sleeper; 0: it did not */
	_Atomic uint64_t seen_head; /* no head that is loaded later may be below it */
	size_t reserved_len; /* of vmap_shared_reserve(), until the commit; under the writer lock */
	/* These positions have pages, for certain; all of the ring once they are a capacity apart. Under the writer lock. */
	_Atomic uint64_t reserved_from; /* the page of the head when the ring was opened */
	_Atomic uint64_t reserved_to;
};

/* Steps at which tests kill or stop a process: each is what has just been done, or is about to be. */
#define SHARED_FAULTS(X) \
	X(SLOT_LOCKED) /* the byte of a slot is locked, its generation the old one */ \
	X(SLOT_CLAIMED) \
	X(LOCK_SLEEPS) /* about to sleep behind a living owner, whose word says so */ \
	X(LOCKED) \
	X(CHECKED) /* and the state is open */ \
	X(STOLEN) \
	X(RECOVERED) \
	X(SETTLES) /* the tail is thawed after a change of shape that was killed, the state says moved */ \
	X(PREPARED) /* there are room and pages */ \
	X(INTENT) \
	X(HALF_COPIED) \
	X(COPIED) \
	X(HEAD) \
	X(UNLOCKED) \
	X(WAKES) /* the futex word has changed, nobody is woken */ \
	X(WOKEN) \
	X(RESERVED) \
	X(COMMITS) /* with something to publish, or nothing */ \
	X(COMMITTED) /* and what was not used is marked, with the lock */ \
	X(READ) /* a reader's copy is made, not checked */ \
	X(CONSUMES) \
	X(CONSUMED) \
	X(CLEARS) /* the tail is at the head, the floor is not */ \
	X(SLEEPS) /* about to, and counted */ \
	X(AWAKE) /* and still counted */ \
	X(SHAPE_LOCKED) \
	X(MOVED) \
	X(FROZEN) \
	X(FOUND) /* what the new shape keeps is known */ \
	X(GROWN) /* the file has room for the new part */ \
	X(DATA_COPIED) \
	X(DATA_MOVED) /* and its header */ \
	X(SYNCED) \
	X(SWITCHED) \
	X(THAWED) /* a policy that has changed: consumers may go on, the state is to say so */ \
	X(OLD_UNLOCKED) /* those who wait for the old part are awake */ \
	X(TRIMS) \
	X(ATTRIBUTES) /* about to be replaced */

enum shared_fault {
#define X(name) SHARED_FAULT_##name,
	SHARED_FAULTS(X)
#undef X
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

/*
 * Can a ring that is not damaged hold [@start, @head)? Only if @head was loaded first: then a consumer that goes on makes it
 * less. Of an overwrite ring intent says the same.
 */
static inline bool shared_is_possible(const struct vmap_shared *ring, uint64_t start, uint64_t head)
{
	return !shared_is_bounded(ring) || start >= head || head - start <= ring->geometry.capacity;
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
/* Read the geometry line, map what it says and check the positions there. */
int shared_map_current(struct vmap_shared *ring, struct shared_geometry *ret_geometry, struct vmap_os_mirror *ret_map);
/* Make @map, which is of @geometry, the one this handle works with; another one is unmapped. */
void shared_adopt(struct vmap_shared *ring, const struct shared_geometry *geometry, const struct vmap_os_mirror *map);

/* lock.c */
/* What a busy machine may keep a living owner from running for, and more. */
#define SHARED_LOCK_NS 1000000000u
/* Who serves a ring has others to serve, whom a change of shape keeps waiting: it tries again. */
#define SHARED_SERVER_LOCK_NS 20000000u
static inline uint64_t shared_patience(const struct vmap_shared *ring)
{
	return ring->serves ? SHARED_SERVER_LOCK_NS : SHARED_LOCK_NS;
}
/* Claim a slot of the file and with it the right to the lock. -EUSERS all are taken. */
int shared_claim_slot(struct vmap_shared *ring);
/*
 * Come to a header with the slot: make the word this handle locks with another one than those of the slot's previous
 * owners, and release the lock if one of them has died with it.
 */
void shared_enter(struct vmap_shared *ring);
/*
 * Take the writer lock within @timeout_ns (0: try). Then the ring has our shape and is open to this handle. -EBUSY a
 * living owner holds it; -ESTALE, -EIO, -ESHUTDOWN, -EIDRM as shared_check_state().
 */
int shared_lock(struct vmap_shared *ring, uint64_t timeout_ns);
/*
 * Have the shape lock, and then the writer lock. Whoever replaces the geometry line or gives back parts of the file
 * has the first of them: it is a byte lock, so it ends with its owner, and nobody takes it away. -EBUSY another has
 * it: within @timeout_ns, or 0.
 */
int shared_lock_shape(struct vmap_shared *ring, uint64_t timeout_ns);
int shared_lock_with_shape(struct vmap_shared *ring, uint64_t timeout_ns);
void shared_unlock_shape(struct vmap_shared *ring);
/* With the shape lock, while the geometry line is still ours: no change of shape is under way any more. */
void shared_settle(struct vmap_shared *ring);
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

/*
 * Is the header that this handle has mapped a header still? Two changes of shape later data may lie there, which
 * nobody may store to who merely counts something.
 */
static inline bool shared_has_header(const struct vmap_shared *ring)
{
	uint32_t state = atomic_load_explicit(&ring->header->state, memory_order_relaxed);
	return (state ^ ring->open_word) >> SHARED_STATE_BITS == 0;
}

/*
 * The head, for those who do not have the lock. Who locks the lock's owner out takes the head over once, behind its store
 * of the state; what the owner publishes after that will not be in the ring, and must not be seen in it. Who sees that
 * head sees that state (move:B).
 */
static inline uint64_t shared_visible_head(const struct vmap_shared *ring)
{
	const struct shared_header *header = ring->header;
	uint64_t head = atomic_load_explicit(&header->head, memory_order_acquire); /* read:B */
	if (atomic_load_explicit(&header->state, memory_order_acquire) != (ring->open_word | SHARED_MOVED))
		return head;
	uint64_t moved_head = atomic_load_explicit(&header->moved_head, memory_order_relaxed);
	return moved_head < head ? moved_head : head;
}

/* What the state is when no change of shape is under way. */
static inline uint32_t shared_settled_state(const struct vmap_shared *ring)
{
	return ring->open_word | atomic_load_explicit(&ring->end, memory_order_relaxed);
}

/* wait.c */
void shared_wake(const struct vmap_shared *ring, _Atomic uint32_t *waiters, _Atomic uint32_t *seq);

/* handover.c */
/* -ENOTCONN the server that has handed the ring over is gone. A system call. */
int shared_check_lifeline(const struct vmap_shared *ring);
/* Ask the server to wake who sleeps on data_seq as soon as the head is not at @cursor. False: there is none that would. */
bool shared_ask_to_be_woken(const struct vmap_shared *ring, uint64_t cursor);
/* Have the server, if there is one, count what a handle that cannot write has missed. */
void shared_tell_lost(const struct vmap_shared *ring, uint64_t bytes);

/* cursor.c */
/* What a reader is told who is at @pos, where nothing is to be seen, in a ring with what shared_check_state() said. */
int shared_at_head(const struct vmap_shared *ring, uint64_t pos, int state);

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
/* Not where the file was cut short: -EIO. */
int shared_publish(struct vmap_shared *ring, uint64_t new_head);
void shared_count_append(struct vmap_shared *ring, size_t len);

/* reshape.c */
/*
 * Give back whatever of the file is neither header nor data: what a change of shape left; but for the header at @keep, if that is
 * not 0; all of it (UINT64_MAX), or as much as can be done until @deadline_ns by the monotonic clock. With the shape lock.
 */
void shared_trim(const struct vmap_shared *ring, uint64_t keep, uint64_t deadline_ns);

/* copy.c: between private memory and ring memory that another thread may be writing at the same time. */
void shared_copy_out(void *dst, const uint8_t *ring_src, size_t len);
void shared_copy_in(uint8_t *ring_dst, const void *src, size_t len);

#endif
