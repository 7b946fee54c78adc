/* SPDX-License-Identifier: MIT */
/*
 * The writer lock: one word that names its owner, so that the kernel can be asked whether the owner lives.
 *
 * Who may write has a slot: a byte far behind the end of the file, locked for as long as the handle's own open file
 * exists. However a process ends, the kernel closes its files after the last of its stores, so a slot whose byte is
 * free belongs to nobody, and what it holds can be taken. Nothing is ever taken from a living owner, however slow.
 *
 * Invariants:
 * I1 wlock is 0 or names the slot and generation of the one who stores to the publication line.
 * I2 Who claims a slot first releases what its previous owner died with: otherwise the dead would look alive.
 * I3 Every sleep is bounded: whoever was to wake us may have died before it could.
 * I4 No pthread object is in shared memory: glibc's unlock would write where another process says.
 *
 * Pairs:
 *   lock:A acquire CAS of wlock from 0    with  lock:B release exchange of wlock to 0
 *   lock:C the byte lock found free, a system call behind all stores of the dead  with  the CAS from its word
 */
#include <errno.h>

#include "shared_priv.h"

#define SLOT_BYTE ((uint64_t)1 << 40)
#define SPINS 100
/* How often a sleeper asks whether the owner has died. */
#define PROBE_NS 2000000u

#ifdef VMAP_FAULT_POINTS
void (*shared_fault_hook)(enum shared_fault point);
#endif

static void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

static bool is_dead(const struct vmap_shared *ring, uint32_t word)
{
	uint32_t owner = word & SHARED_LOCK_OWNER;
	if (owner == 0 || owner > SHARED_SLOTS)
		return true; /* garbage; nobody has such a slot */
	if (owner == ring->slot + 1)
		return false; /* another thread with this handle; our own byte lock would not be seen */
	return !vmap_os_byte_is_locked(ring->fd, SLOT_BYTE + owner - 1);
}

bool shared_slot_is_taken(const struct vmap_shared *ring, uint32_t slot)
{
	return vmap_os_byte_is_locked(ring->fd, SLOT_BYTE + slot);
}

/* The lock came from a dead owner: note what it had announced, and wake who waits for what it may have published. */
static void recover(struct vmap_shared *ring)
{
	struct shared_header *header = ring->header;
	uint64_t head = atomic_load_explicit(&header->head, memory_order_relaxed);
	uint64_t intent = atomic_load_explicit(&header->intent, memory_order_relaxed);
	if (intent > head && intent - head <= ring->geometry.capacity)
		atomic_store_explicit(&header->spoilt, intent, memory_order_relaxed);
	SHARED_FAULT(RECOVERED);
	shared_wake(&header->data_waiters, &header->data_seq);
	shared_wake(&header->space_waiters, &header->space_seq);
}

/* Take the lock from @word, if that is still there. */
static bool steal(struct vmap_shared *ring, uint32_t word)
{
	struct shared_header *header = ring->header;
	if (!atomic_compare_exchange_strong_explicit(&header->wlock, &word, ring->lock_word | SHARED_LOCK_WAITERS,
						     memory_order_acquire /* lock:C */, memory_order_relaxed))
		return false;
	SHARED_FAULT(STOLEN);
	atomic_fetch_add_explicit(&header->steals, 1, memory_order_relaxed);
	recover(ring);
	return true;
}

/* Returns with the lock, or -EBUSY, or -EIO. */
static int lock_slow(struct vmap_shared *ring, uint64_t timeout_ns)
{
	_Atomic uint32_t *lock = &ring->header->wlock;
	uint64_t start = vmap_os_monotonic_ns();
	for (int i = 0; i < SPINS; i++) {
		uint32_t free = 0;
		if (atomic_load_explicit(lock, memory_order_relaxed) == 0 &&
		    atomic_compare_exchange_weak_explicit(lock, &free, ring->lock_word, memory_order_acquire /* lock:A */,
							  memory_order_relaxed))
			return 0;
		relax();
	}
	/* The time is looked at in every round but the first: a hostile peer may change the word for ever. */
	for (uint64_t gone = 0, first = 1; first || gone < timeout_ns; gone = vmap_os_monotonic_ns() - start, first = 0) {
		if (atomic_load_explicit(&ring->broken, memory_order_relaxed)) {
			int r = shared_check_state_slow(ring);
			return r < 0 ? r : -EIO;
		}
		uint32_t word = atomic_load_explicit(lock, memory_order_relaxed);
		if ((word & ~SHARED_LOCK_WAITERS) == 0) {
			/* Others may sleep: the bit stays until the last of them has been woken. */
			if (atomic_compare_exchange_strong_explicit(lock, &word, ring->lock_word | SHARED_LOCK_WAITERS,
								    memory_order_acquire /* lock:A */,
								    memory_order_relaxed))
				return 0;
			continue;
		}
		if (is_dead(ring, word)) {
			if (steal(ring, word))
				return 0;
			continue;
		}
		if (gone >= timeout_ns)
			break;
		if (!(word & SHARED_LOCK_WAITERS) &&
		    !atomic_compare_exchange_strong_explicit(lock, &word, word | SHARED_LOCK_WAITERS, memory_order_relaxed,
							     memory_order_relaxed))
			continue;
		uint64_t left = timeout_ns - gone;
		vmap_os_futex_wait(lock, word | SHARED_LOCK_WAITERS, left < PROBE_NS ? left : PROBE_NS); /* keeps I3 */
	}
	return -EBUSY;
}

/* A change of shape was begun by somebody who has died, or is done: which of the two, the file says. */
static int settle_state(struct vmap_shared *ring)
{
	struct shared_header *header = ring->header;
	int r = shared_check_state_slow(ring);
	if (r < 0)
		return r;
	uint32_t state = atomic_load_explicit(&header->state, memory_order_relaxed);
	if ((state & SHARED_STATE_MASK) != SHARED_MOVED && (state ^ ring->open_word) >> SHARED_STATE_BITS == 0)
		return 0; /* an end that does not concern this handle */
	atomic_fetch_and_explicit(&header->tail, ~SHARED_TAIL_FROZEN, memory_order_relaxed);
	atomic_store_explicit(&header->state, ring->open_word, memory_order_relaxed);
	return 0;
}

int shared_lock(struct vmap_shared *ring, uint64_t timeout_ns)
{
	uint32_t free = 0;
	int r = 0;
	if (!atomic_compare_exchange_strong_explicit(&ring->header->wlock, &free, ring->lock_word,
						     memory_order_acquire /* lock:A */, memory_order_relaxed))
		r = lock_slow(ring, timeout_ns);
	if (r < 0)
		return r;
	SHARED_FAULT(LOCKED);
	if (atomic_load_explicit(&ring->header->state, memory_order_relaxed) != ring->open_word ||
	    atomic_load_explicit(&ring->broken, memory_order_relaxed))
		r = settle_state(ring);
	if (r < 0)
		(void)shared_unlock(ring);
	return r;
}

int shared_unlock(struct vmap_shared *ring)
{
	struct shared_header *header = ring->header;
	/* lock:B; and seq_cst, so that the look at state below comes after what was published before. */
	uint32_t word = atomic_exchange_explicit(&header->wlock, 0, memory_order_seq_cst);
	SHARED_FAULT(UNLOCKED);
	if (word & SHARED_LOCK_WAITERS)
		vmap_os_futex_wake(&header->wlock, 1);
	/* Who locked us out said so before it looked at what we had published. */
	uint32_t state = atomic_load_explicit(&header->state, memory_order_seq_cst);
	return state == ring->open_word ? 0 : shared_check_state_slow(ring);
}

int shared_check_state_slow(const struct vmap_shared *ring)
{
	/* Of a part that is not the ring any more nothing need be left: a change of shape cuts it off. */
	bool broken = atomic_load_explicit(&ring->broken, memory_order_relaxed);
	uint32_t state = atomic_load_explicit(&ring->header->state, memory_order_relaxed);
	bool ours = (state ^ ring->open_word) >> SHARED_STATE_BITS == 0;
	switch (ours && !broken ? state & SHARED_STATE_MASK : SHARED_MOVED) {
	case SHARED_MOVED: {
		struct shared_geometry geometry;
		int r = shared_read_geometry(ring->fd, &geometry);
		if (r < 0)
			return r == -ENOMEM || r == -EINTR ? r : -EIO;
		if (geometry.shape != ring->geometry.shape || geometry.data_offset != ring->geometry.data_offset)
			return -ESTALE;
		return broken ? -EIO : 0;
	}
	case SHARED_CLOSED:
		return ring->serves ? 0 : -ESHUTDOWN;
	case SHARED_REMOVED:
		return ring->serves ? 0 : -EIDRM;
	default:
		return 0;
	}
}

int shared_claim_slot(struct vmap_shared *ring)
{
	struct shared_header *header = ring->header;
	uint32_t slot = 0;
	int r = -EAGAIN;
	for (; slot < SHARED_SLOTS; slot++) {
		r = vmap_os_byte_lock(ring->fd, SLOT_BYTE + slot);
		if (r != -EAGAIN)
			break;
	}
	if (r < 0)
		return r == -EAGAIN ? -EUSERS : r;
	uint32_t generation = atomic_fetch_add_explicit(&header->slot_generation[slot], 1, memory_order_relaxed) + 1;
	ring->slot = slot;
	ring->lock_word = (slot + 1) | (generation << 16 & SHARED_LOCK_GENERATION);
	SHARED_FAULT(SLOT_CLAIMED);
	uint32_t word = atomic_load_explicit(&header->wlock, memory_order_relaxed);
	if ((word & SHARED_LOCK_OWNER) == slot + 1 && steal(ring, word)) /* keeps I2 */
		(void)shared_unlock(ring);
	return 0;
}

int vmap_shared_wait_writer(struct vmap_shared *ring, uint64_t lock_ns)
{
	if (!ring->writable)
		return -EACCES;
	int r = shared_lock(ring, lock_ns);
	return r < 0 ? r : shared_unlock(ring);
}
