/* SPDX-License-Identifier: MIT */
/*
 * Sleeping until there is something to read, or room, and waking who sleeps.
 *
 * Invariants:
 * I1 Who sleeps has said so before it looked for the last time; who publishes looks for sleepers afterwards.
 * I2 Every sleep is bounded: a writer may be killed between publishing and waking.
 * I3 Where nobody sleeps, an append makes no system call.
 *
 * Pairs:
 *   wait:A  seq_cst fence after the count of sleepers was raised, before head (tail) is loaded for the last time
 *     with  wake:A  seq_cst fence after head (tail) was stored, before the count is loaded
 */
#include <errno.h>
#include <limits.h>

#include "shared_priv.h"

/* How long a sleeper goes without a look at the world: who was to wake it may have died. */
#define SLICE_NS 100000000u
/*
 * A handle that cannot write cannot say that it sleeps: it looks again after 0.1 ms, then asks the server that has handed
 * it the ring to be woken, which is worth it only where little happens. Without one it looks ever later, up to every 8 ms.
 */
#define READER_NAP_NS 100000u
#define READER_NAP_MAX_NS 8000000u

void shared_wake(const struct vmap_shared *ring, _Atomic uint32_t *waiters, _Atomic uint32_t *seq)
{
	atomic_thread_fence(memory_order_seq_cst); /* wake:A */
	if (atomic_load_explicit(waiters, memory_order_relaxed) == 0)
		return; /* keeps I3 */
	if (!shared_has_header(ring))
		return; /* the ring was moved since, and who moved it woke them */
	atomic_fetch_add_explicit(seq, 1, memory_order_relaxed);
	SHARED_FAULT(WAKES);
	vmap_os_futex_wake(seq, INT_MAX);
}

/* One sleeper less; not where another header or none is by now. */
static void leave(const struct vmap_shared *ring, _Atomic uint32_t *waiters)
{
	if (shared_has_header(ring))
		atomic_fetch_sub_explicit(waiters, 1, memory_order_relaxed);
}

/* What is waited for: 1 it is there, 0 not yet, or a negative errno. */
typedef int look_fn(const struct vmap_shared *ring, uint64_t what);

static int look_for_data(const struct vmap_shared *ring, uint64_t cursor)
{
	/* Any other head, also one below the cursor, is for the reader to see. */
	return shared_visible_head(ring) != cursor ? 1 : shared_check_state(ring);
}

static int look_for_room(const struct vmap_shared *ring, uint64_t len)
{
	uint64_t head = atomic_load_explicit(&ring->header->head, memory_order_acquire);
	uint64_t start = shared_window_start(ring, head);
	uint64_t used = start < head ? head - start : 0;
	if (used <= ring->geometry.capacity && len <= ring->geometry.capacity - used)
		return 1;
	return shared_check_state(ring);
}

static uint64_t left_of(uint64_t start, int timeout_ms)
{
	if (timeout_ms < 0)
		return UINT64_MAX;
	uint64_t all = (uint64_t)timeout_ms * 1000000u;
	uint64_t gone = vmap_os_monotonic_ns() - start;
	return gone < all ? all - gone : 0;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* For handles that can write: they are counted, so they are woken. */
static int wait_counted(struct vmap_shared *ring, look_fn *look, uint64_t what, _Atomic uint32_t *waiters,
			const _Atomic uint32_t *seq, int timeout_ms)
{
	uint64_t start = vmap_os_monotonic_ns();
	unsigned n = 0;
	int r = look(ring, what);
	if (r != 0)
		return r < 0 ? r : 0;
	atomic_fetch_add_explicit(waiters, 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_seq_cst); /* wait:A, keeps I1 */
	while (r == 0) {
		uint32_t seen = atomic_load_explicit(seq, memory_order_acquire);
		r = look(ring, what);
		uint64_t left = left_of(start, timeout_ms);
		if (r != 0)
			break;
		if (left == 0)
			r = -ETIMEDOUT;
		else if (n++ > 0)
			r = shared_check_lifeline(ring);
		SHARED_FAULT(SLEEPS);
		if (r == 0)
			vmap_os_futex_wait(seq, seen, least(left, SLICE_NS)); /* keeps I2 */
		SHARED_FAULT(AWAKE);
	}
	leave(ring, waiters);
	return r < 0 ? r : 0;
}

static int wait_uncounted(const struct vmap_shared *ring, uint64_t cursor, int timeout_ms)
{
	const _Atomic uint32_t *seq = &ring->header->data_seq;
	uint64_t start = vmap_os_monotonic_ns();
	uint64_t nap = READER_NAP_NS;
	bool will_be_woken = false;
	for (bool first = true;; first = false) {
		uint32_t seen = atomic_load_explicit(seq, memory_order_acquire);
		int r = look_for_data(ring, cursor);
		uint64_t left = left_of(start, timeout_ms);
		if (r != 0)
			return r < 0 ? r : 0;
		if (left == 0)
			return -ETIMEDOUT;
		if (nap >= READER_NAP_MAX_NS && (r = shared_check_lifeline(ring)) < 0)
			return r;
		/* What is appended from now on, or was since the look above, the server finds and changes seq. */
		if (!first && !will_be_woken && shared_ask_to_be_woken(ring, cursor))
			will_be_woken = true;
		if (will_be_woken)
			nap = SLICE_NS;
		/* The futex wakes us at once if another sleeper was announced. */
		vmap_os_futex_wait(seq, seen, least(left, nap));
		nap = least(2 * nap, READER_NAP_MAX_NS);
	}
}

int vmap_shared_wait(struct vmap_shared *ring, uint64_t cursor, int timeout_ms)
{
	struct shared_header *header = ring->header;
	if (ring->writable)
		return wait_counted(ring, look_for_data, cursor, &header->data_waiters, &header->data_seq, timeout_ms);
	return wait_uncounted(ring, cursor, timeout_ms);
}

void vmap_shared_wake_readers(struct vmap_shared *ring)
{
	if (!ring->writable || !shared_has_header(ring))
		return;
	atomic_fetch_add_explicit(&ring->header->data_seq, 1, memory_order_release);
	vmap_os_futex_wake(&ring->header->data_seq, INT_MAX);
}

int vmap_shared_wait_room(struct vmap_shared *ring, size_t len, int timeout_ms)
{
	struct shared_header *header = ring->header;
	if (!ring->writable)
		return -EACCES;
	if (len > ring->geometry.capacity)
		return -EMSGSIZE;
	if (!shared_is_bounded(ring))
		return 0;
	return wait_counted(ring, look_for_room, len, &header->space_waiters, &header->space_seq, timeout_ms);
}

void vmap_shared_watch(struct vmap_shared *ring, struct vmap_shared_place *ret_place)
{
	*ret_place = (struct vmap_shared_place){
		.ring = ring,
		.head = atomic_load_explicit(&ring->header->head, memory_order_acquire),
		.tail = atomic_load_explicit(&ring->header->tail, memory_order_acquire),
	};
}

int vmap_shared_wait_any(const struct vmap_shared_place *places, size_t n, const uint32_t *bell, uint32_t bell_seen,
			 int timeout_ms)
{
	struct vmap_os_futex futexes[VMAP_OS_FUTEX_ANY_MAX];
	struct shared_header *headers[VMAP_SHARED_WATCH_MAX]; /* NULL: it cannot be slept on */
	size_t n_futexes = 0;
	uint64_t timeout_ns = timeout_ms < 0 ? SLICE_NS : (uint64_t)timeout_ms * 1000000u;
	if (n > VMAP_SHARED_WATCH_MAX)
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		if (!places[i].ring->writable)
			return -EACCES;
	for (size_t i = 0; i < n; i++) {
		headers[i] = shared_has_header(places[i].ring) ? places[i].ring->header : NULL;
		if (!headers[i]) {
			/* It has moved, or a hostile peer says so: the caller looks soon, but not all the time. */
			timeout_ns = least(timeout_ns, READER_NAP_MAX_NS);
			continue;
		}
		atomic_fetch_add_explicit(&headers[i]->data_waiters, 1, memory_order_relaxed);
		atomic_fetch_add_explicit(&headers[i]->space_waiters, 1, memory_order_relaxed);
	}
	atomic_thread_fence(memory_order_seq_cst); /* wait:A, keeps I1 */
	bool changed = false;
	for (size_t i = 0; i < n; i++) {
		struct shared_header *header = headers[i];
		if (!header)
			continue;
		futexes[n_futexes].word = &header->data_seq;
		futexes[n_futexes++].seen = atomic_load_explicit(&header->data_seq, memory_order_acquire);
		futexes[n_futexes].word = &header->space_seq;
		futexes[n_futexes++].seen = atomic_load_explicit(&header->space_seq, memory_order_acquire);
		changed |= atomic_load_explicit(&header->head, memory_order_acquire) != places[i].head ||
			   atomic_load_explicit(&header->tail, memory_order_acquire) != places[i].tail;
	}
	futexes[n_futexes].word = (const _Atomic uint32_t *)(const void *)bell;
	futexes[n_futexes++].seen = bell_seen;
	if (!changed)
		vmap_os_futex_wait_any(futexes, n_futexes, timeout_ns);
	for (size_t i = 0; i < n; i++) {
		if (!headers[i])
			continue;
		leave(places[i].ring, &headers[i]->data_waiters);
		leave(places[i].ring, &headers[i]->space_waiters);
	}
	return 0;
}

void vmap_shared_ring_bell(uint32_t *bell)
{
	_Atomic uint32_t *word = (_Atomic uint32_t *)(void *)bell;
	atomic_fetch_add_explicit(word, 1, memory_order_release);
	vmap_os_futex_wake(word, INT_MAX);
}
