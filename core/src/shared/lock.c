/* SPDX-License-Identifier: MIT */
/*
 * The writer lock: one word that names its owner, so that the kernel can be asked whether the owner lives.
 *
 * Who may write has a slot: a byte far behind the end of the file, locked for as long as the handle's own open file
 * exists. However a process ends, the kernel closes its files after the last of its stores, so a slot whose byte is
 * free belongs to nobody, and what it holds can be taken. Nothing is ever taken from a living owner, however slow.
 *
 * Invariants:
 * I1 wlock is free or names the slot and generation of the one who stores to the publication line.
 * I2 Who claims a slot, and who comes to another shape with it, first releases what its previous owner died with: otherwise
 *    the dead would look alive.
 * I3 Every sleep is bounded: whoever was to wake us may have died before it could.
 * I4 No pthread object is in shared memory: glibc's unlock would write where another process says.
 * I5 Nobody starves: who has waited for HANDOFF_NS has the lock kept for a sleeper when it is released, so that a writer
 *    that appends all the time, and so finds it free before anybody has woken up, does not get it again.
 * I6 wlock is not stored to where another shape has its data by now: it is loaded, then the state is looked at, then it
 *    is exchanged for exactly what was loaded.
 * I7 Who finds a change of shape under way goes on in the old shape only with the shape lock: whoever has that may be
 *    about to replace the geometry line without the writer lock, to lock out a writer that stopped with it.
 *
 * Pairs:
 *   lock:A acquire CAS of a free wlock    with  lock:B release CAS of wlock to a free one
 *   lock:C the byte lock found free, a system call behind all stores of the dead  with  the CAS from its word
 */
#include <errno.h>

#include "shared_priv.h"

#define SLOT_BYTE ((uint64_t)1 << 40)
/* Behind the slots. */
#define SHAPE_BYTE (SLOT_BYTE + SHARED_SLOTS)
/* Of the slot of the server that has found all others taken. */
#define SERVER_BYTE (SHAPE_BYTE + 1)
#define SPINS 100
/* How often a sleeper asks whether the owner has died. */
#define PROBE_NS 2000000u
/* Until then who comes first has it: handing it on costs a wake-up, in which nobody appends. */
#define HANDOFF_NS 10000000u

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
	if (owner == SHARED_SLOT_SERVER + 1)
		return false; /* but for the next server, which takes its slot */
	if (owner == 0 || owner > SHARED_SLOTS)
		return true; /* garbage; nobody has such a slot */
	if (owner == ring->slot + 1)
		return false; /* another thread with this handle; our own byte lock would not be seen */
	return !vmap_os_byte_is_locked(ring->fd, SLOT_BYTE + owner - 1);
}

bool shared_slot_is_taken(const struct vmap_shared *ring, uint32_t slot)
{
	return vmap_os_byte_is_locked(ring->fd, slot == SHARED_SLOT_SERVER ? SERVER_BYTE : SLOT_BYTE + slot);
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
	shared_wake(ring, &header->data_waiters, &header->data_seq);
	shared_wake(ring, &header->space_waiters, &header->space_seq);
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

/* What a sleeper leaves in the lock's word while it waits; @word is what was there. */
static uint32_t asleep(uint32_t word, bool is_starved)
{
	return word | SHARED_LOCK_WAITERS | (is_starved ? SHARED_LOCK_HANDOFF : 0);
}

/* Is there a lock of ours, or something else by now? Keeps I6. */
static int check_header(const struct vmap_shared *ring)
{
	atomic_thread_fence(memory_order_acquire);
	return shared_has_header(ring) ? 0 : shared_check_state_slow(ring);
}

/*
 * The lock is kept for a sleeper. Who only tries (@timeout_ns 0) does not sleep itself, so this is remembered: who does
 * not take it for as long as others sleep once has died.
 */
static bool is_kept_in_vain(struct vmap_shared *ring, uint64_t timeout_ns, uint64_t now)
{
	uint64_t since = atomic_load_explicit(&ring->kept_since_ns, memory_order_relaxed);
	if (since == 0)
		atomic_store_explicit(&ring->kept_since_ns, now, memory_order_relaxed);
	return timeout_ns == 0 && since != 0 && now >= since + PROBE_NS;
}

/* Returns with the lock, or -EBUSY, -EIO, -ESTALE. */
static int lock_slow(struct vmap_shared *ring, uint64_t timeout_ns)
{
	_Atomic uint32_t *lock = &ring->header->wlock;
	uint64_t start = vmap_os_monotonic_ns();
	bool has_slept = false;
	int r = check_header(ring);
	for (int i = 0; i < SPINS && r == 0; i++) {
		uint32_t free = 0;
		if (atomic_load_explicit(lock, memory_order_relaxed) == 0 &&
		    atomic_compare_exchange_weak_explicit(lock, &free, ring->lock_word, memory_order_acquire /* lock:A */,
							  memory_order_relaxed))
			return 0;
		relax();
	}
	/* The time is looked at in every round but the first: a hostile peer may change the word for ever. */
	for (uint64_t gone = 0, first = 1; first || gone < timeout_ns; gone = vmap_os_monotonic_ns() - start, first = 0) {
		uint32_t word = atomic_load_explicit(lock, memory_order_relaxed);
		atomic_thread_fence(memory_order_acquire);
		/* Also where another has the lock: one that has stopped and was locked out keeps it for as long as it likes. */
		r = shared_check_state(ring); /* keeps I6 */
		if (r < 0)
			return r;
		bool is_free = (word & SHARED_LOCK_NAME) == 0;
		bool is_kept = is_free && (word & SHARED_LOCK_HANDOFF);
		if (!is_kept)
			atomic_store_explicit(&ring->kept_since_ns, 0, memory_order_relaxed);
		if (is_free && (!is_kept || has_slept || is_kept_in_vain(ring, timeout_ns, start))) { /* keeps I5 */
			/* Others may sleep: the bit stays until the last of them has been woken. */
			if (atomic_compare_exchange_strong_explicit(lock, &word, ring->lock_word | SHARED_LOCK_WAITERS,
								    memory_order_acquire /* lock:A */,
								    memory_order_relaxed))
				return 0;
			continue;
		}
		if (!is_free && is_dead(ring, word)) {
			if (steal(ring, word))
				return 0;
			continue;
		}
		if (gone >= timeout_ns)
			break;
		uint32_t left_word = asleep(word, !is_free && gone >= HANDOFF_NS);
		if (word != left_word && !atomic_compare_exchange_strong_explicit(lock, &word, left_word, memory_order_relaxed,
										  memory_order_relaxed))
			continue;
		uint64_t left = timeout_ns - gone;
		SHARED_FAULT(LOCK_SLEEPS);
		vmap_os_futex_wait(lock, left_word, left < PROBE_NS ? left : PROBE_NS); /* keeps I3 */
		has_slept = true;
	}
	return -EBUSY;
}

/* For somebody who will not wake us. */
static void nap(const struct vmap_shared *ring, uint64_t left_ns)
{
	const _Atomic uint32_t *state = &ring->header->state;
	vmap_os_futex_wait(state, atomic_load_explicit(state, memory_order_relaxed), left_ns < PROBE_NS ? left_ns : PROBE_NS);
}

int shared_lock_shape(struct vmap_shared *ring, uint64_t timeout_ns)
{
	uint64_t start = vmap_os_monotonic_ns();
	if (timeout_ns > 0)
		pthread_mutex_lock(&ring->geometry_lock);
	else if (pthread_mutex_trylock(&ring->geometry_lock) != 0)
		return -EBUSY;
	int r;
	while ((r = vmap_os_byte_lock(ring->fd, SHAPE_BYTE)) == -EAGAIN) {
		/*
		 * Locks for reading are those of somebody who can only read the file, and must not stop its server. One more
		 * beside them keeps out all who can write, also when theirs are gone.
		 */
		if (ring->serves && (r = vmap_os_byte_lock_beside_readers(ring->fd, SHAPE_BYTE)) != -EAGAIN)
			break;
		uint64_t gone = vmap_os_monotonic_ns() - start;
		if (gone >= timeout_ns) {
			r = -EBUSY;
			break;
		}
		nap(ring, timeout_ns - gone);
	}
	if (r < 0)
		pthread_mutex_unlock(&ring->geometry_lock);
	else
		SHARED_FAULT(SHAPE_LOCKED);
	return r;
}

void shared_unlock_shape(struct vmap_shared *ring)
{
	vmap_os_byte_unlock(ring->fd, SHAPE_BYTE);
	pthread_mutex_unlock(&ring->geometry_lock);
}

void shared_settle(struct vmap_shared *ring)
{
	struct shared_header *header = ring->header;
	atomic_fetch_and_explicit(&header->tail, ~SHARED_TAIL_FROZEN, memory_order_release);
	SHARED_FAULT(SETTLES);
	atomic_store_explicit(&header->state, shared_settled_state(ring), memory_order_seq_cst);
}

/*
 * A change of shape was begun by somebody who has died, or is done: which of the two, the file says. Or by somebody who
 * lives and does it without the writer lock: -EBUSY.
 */
static int settle_state(struct vmap_shared *ring, bool has_shape)
{
	struct shared_header *header = ring->header;
	int r = shared_check_state_slow(ring);
	if (r < 0)
		return r;
	uint32_t state = atomic_load_explicit(&header->state, memory_order_relaxed);
	if ((state & SHARED_STATE_MASK) != SHARED_MOVED && shared_has_header(ring))
		return 0; /* an end that does not concern this handle */
	if (!has_shape) {
		r = shared_lock_shape(ring, 0);
		if (r < 0)
			return r;
		r = shared_check_state_slow(ring); /* keeps I7 */
	}
	if (r == 0)
		shared_settle(ring);
	if (!has_shape)
		shared_unlock_shape(ring);
	return r;
}

/* With the lock of a ring that is not simply open; without it when that fails. */
static int settle(struct vmap_shared *ring, uint64_t timeout_ns, bool has_shape)
{
	uint64_t start = vmap_os_monotonic_ns();
	for (;;) {
		int r = settle_state(ring, has_shape);
		if (r == 0)
			return 0;
		(void)shared_unlock(ring);
		uint64_t gone = vmap_os_monotonic_ns() - start;
		if (r != -EBUSY || gone >= timeout_ns)
			return r;
		nap(ring, timeout_ns - gone);
		r = lock_slow(ring, timeout_ns - gone);
		if (r < 0)
			return r;
	}
}

static int lock_ring(struct vmap_shared *ring, uint64_t timeout_ns, bool has_shape)
{
	uint32_t free = 0;
	int r = 0;
	if (atomic_load_explicit(&ring->header->state, memory_order_relaxed) != ring->open_word || /* keeps I6 */
	    !atomic_compare_exchange_strong_explicit(&ring->header->wlock, &free, ring->lock_word,
						     memory_order_acquire /* lock:A */, memory_order_relaxed))
		r = lock_slow(ring, timeout_ns);
	if (r < 0)
		return r;
	SHARED_FAULT(LOCKED);
	if (atomic_load_explicit(&ring->header->state, memory_order_relaxed) != ring->open_word ||
	    atomic_load_explicit(&ring->broken, memory_order_relaxed))
		r = settle(ring, timeout_ns, has_shape);
	SHARED_FAULT(CHECKED);
	return r;
}

int shared_lock(struct vmap_shared *ring, uint64_t timeout_ns)
{
	return lock_ring(ring, timeout_ns, false);
}

int shared_lock_with_shape(struct vmap_shared *ring, uint64_t timeout_ns)
{
	int r = shared_lock_shape(ring, timeout_ns);
	if (r < 0)
		return r;
	r = lock_ring(ring, timeout_ns, true);
	if (r < 0)
		shared_unlock_shape(ring);
	return r;
}

/* What was stored under the lock, when the state is not what it was. */
static int check_unlocked(const struct vmap_shared *ring, uint32_t state)
{
	int r = shared_check_state_slow(ring);
	/* An end that was announced meanwhile: what was done before it is done. */
	if (r < 0 && r != -ESHUTDOWN && r != -EIDRM)
		return r;
	/* It was open when we got the lock, so somebody is about to lock us out, and may have seen our stores or not. */
	return state == (ring->open_word | SHARED_MOVED) ? -ESTALE : 0;
}

/* Release a lock with somebody's bits in it, @word. Who was locked out finds another's name there, or none. */
static void unlock_slow(struct vmap_shared *ring, uint32_t word)
{
	struct shared_header *header = ring->header;
	uint32_t rest;
	do {
		if ((word & SHARED_LOCK_NAME) != ring->lock_word) {
			atomic_thread_fence(memory_order_seq_cst); /* in place of lock:B, for the look at state */
			return;
		}
		rest = word & SHARED_LOCK_HANDOFF ? SHARED_LOCK_HANDOFF | SHARED_LOCK_WAITERS : 0; /* keeps I5 */
	} while (!atomic_compare_exchange_weak_explicit(&header->wlock, &word, rest, memory_order_seq_cst /* lock:B */,
							memory_order_relaxed));
	SHARED_FAULT(UNLOCKED);
	if (word & SHARED_LOCK_WAITERS)
		vmap_os_futex_wake(&header->wlock, 1);
}

int shared_unlock(struct vmap_shared *ring)
{
	struct shared_header *header = ring->header;
	uint32_t word = ring->lock_word;
	/* lock:B; and seq_cst, so that the look at state below comes after what was published before. */
	if (atomic_compare_exchange_strong_explicit(&header->wlock, &word, 0, memory_order_seq_cst, memory_order_relaxed))
		SHARED_FAULT(UNLOCKED);
	else
		unlock_slow(ring, word);
	/* Who locked us out said so before it looked at what we had published. */
	uint32_t state = atomic_load_explicit(&header->state, memory_order_seq_cst);
	/* The zeros that stand in for a file that was cut short say open, too. */
	bool broken = atomic_load_explicit(&ring->broken, memory_order_seq_cst);
	return state == ring->open_word && !broken ? 0 : check_unlocked(ring, state);
}

int shared_check_state_slow(const struct vmap_shared *ring)
{
	/* Of a part that is not the ring any more nothing need be left: its place has no pages, and the disk may be full. */
	bool broken = atomic_load_explicit(&ring->broken, memory_order_relaxed);
	uint32_t state = atomic_load_explicit(&ring->header->state, memory_order_relaxed);
	bool ours = (state ^ ring->open_word) >> SHARED_STATE_BITS == 0; /* of the word that is looked at */
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

static void count_claim(struct vmap_shared *ring)
{
	if (ring->slot == SHARED_SLOT_SERVER) {
		ring->lock_word = ring->slot + 1;
		return;
	}
	_Atomic uint32_t *count = &ring->header->slot_generation[ring->slot];
	uint32_t generation = atomic_load_explicit(count, memory_order_relaxed);
	/* The ring may have moved since it was mapped. */
	if (shared_has_header(ring) || shared_check_state_slow(ring) != -ESTALE)
		generation = atomic_fetch_add_explicit(count, 1, memory_order_relaxed) + 1;
	ring->lock_word = (ring->slot + 1) | (generation << 16 & SHARED_LOCK_GENERATION);
}

void shared_enter(struct vmap_shared *ring)
{
	count_claim(ring);
	SHARED_FAULT(SLOT_CLAIMED);
	uint32_t word = atomic_load_explicit(&ring->header->wlock, memory_order_relaxed);
	if ((word & SHARED_LOCK_OWNER) == ring->slot + 1 && check_header(ring) == 0 && steal(ring, word)) /* keeps I2 */
		(void)shared_unlock(ring);
}

int shared_claim_slot(struct vmap_shared *ring)
{
	uint32_t slot = 0;
	int r = -EAGAIN;
	for (; slot < SHARED_SLOTS; slot++) {
		r = vmap_os_byte_lock(ring->fd, SLOT_BYTE + slot);
		if (r != -EAGAIN)
			break;
	}
	/* Who may map the ring can have all the locks, and must not keep its server out. */
	if (r == -EAGAIN && ring->serves) {
		/* For others_write() alone: that it lives need not be known, and one who keeps it from this harms its own ring. */
		(void)vmap_os_byte_lock(ring->fd, SERVER_BYTE);
		r = 0;
	}
	if (r == -EAGAIN)
		r = -EUSERS;
	if (r < 0)
		return r;
	SHARED_FAULT(SLOT_LOCKED);
	ring->slot = slot;
	shared_enter(ring);
	return 0;
}

int vmap_shared_wait_writer(struct vmap_shared *ring, uint64_t lock_ns)
{
	if (!ring->writable)
		return -EACCES;
	int r = shared_lock(ring, lock_ns);
	return r < 0 ? r : shared_unlock(ring);
}
