/* SPDX-License-Identifier: MIT */
/*
 * Appending to a shared ring: lock, announce, copy, publish, unlock, wake.
 *
 * Invariants:
 * I1 intent is raised before the first byte it covers is overwritten, by at most a capacity above head,
 *    and never lowered. A writer that dies in between leaves intent above head: the window already excludes
 *    what it spoilt, and the next append writes at the same head. There is nothing to repair.
 * I2 head is raised after the last byte is in place.
 * I3 Every page is reserved before it is first stored to.
 * I4 What a bounded ring holds is never overwritten: head <= tail + capacity.
 * I5 Only two expressions make addresses of what is in the header: data + position % capacity, with the private
 *    capacity, and a length of at most that.
 *
 * Pairs, beside those of lock.c and wait.c:
 *   append:A  release fence after intent, before the copy  with  read:A  acquire fence after the reader's copy
 *   append:B  release store of head after the copy         with  read:B  acquire load of head
 *   consume:A acquire load of the tail before the copy     with  consume:B  release store of the tail after a reader's copy
 */
#include <errno.h>
#include <limits.h>

#include "shared_priv.h"

static uint64_t round_to(uint64_t value, uint64_t unit)
{
	return (value + unit - 1) / unit * unit;
}

/* Reserve in steps: few system calls, and a ring that holds little costs little. */
static uint64_t reserve_step(uint64_t capacity)
{
	uint64_t step = round_to(capacity / 16, VMAP_SHARED_UNIT);
	return step < ((uint64_t)1 << 20) ? step : (uint64_t)1 << 20;
}

int shared_reserve_pages(int fd, const struct shared_geometry *geometry, uint64_t from, uint64_t to)
{
	uint64_t index = from % geometry->capacity;
	uint64_t len = to - from;
	uint64_t first = len < geometry->capacity - index ? len : geometry->capacity - index;
	int r = vmap_os_reserve(fd, geometry->data_offset + index, first);
	if (r == 0 && first < len)
		r = vmap_os_reserve(fd, geometry->data_offset, len - first);
	return r;
}

/*
 * Make sure that the positions from @head to @end have pages; keeps I3. What lies behind the head is not looked at:
 * a program that opens the ring anew for each line pays for the pages of its line only. Others have seen to theirs, if it is
 * true that they have written that much: one who merely says so could make us fill the disk, and wait for that.
 */
static int ensure_reserved(struct vmap_shared *ring, uint64_t head, uint64_t end)
{
	/* Atomic, since a hostile peer can give the lock away under us; two who reserve the same do no harm. */
	uint64_t from = shared_max(atomic_load_explicit(&ring->reserved_to, memory_order_relaxed), head - head % vmap_page_size());
	uint64_t all = atomic_load_explicit(&ring->reserved_from, memory_order_relaxed) + ring->geometry.capacity;
	if (end <= from || from >= all)
		return 0;
	uint64_t to = round_to(end, reserve_step(ring->geometry.capacity));
	int r = shared_reserve_pages(ring->fd, &ring->geometry, from, to < all ? to : all);
	if (r == -ENOSPC || r == -EDQUOT) {
		/* The last pages of a store are as good as any. */
		to = round_to(end, vmap_page_size());
		r = shared_reserve_pages(ring->fd, &ring->geometry, from, to < all ? to : all);
	}
	if (r == 0)
		atomic_store_explicit(&ring->reserved_to, to < all ? to : all, memory_order_relaxed);
	return r;
}

bool shared_starts_line(const struct vmap_shared *ring, uint64_t start, uint64_t readable)
{
	uint8_t byte;
	if (start <= readable)
		return false;
	shared_copy_out(&byte, shared_at(ring, start - 1), 1);
	return byte == '\n';
}

/* The time of a change: now, but later than the last one although clocks stand still and step back. */
static void touch(struct vmap_shared *ring)
{
	uint64_t last = atomic_load_explicit(&ring->header->mtime_ns, memory_order_relaxed);
	uint64_t now = vmap_os_now_coarse_ns(); /* as precise as the kernel's own times of files */
	atomic_store_explicit(&ring->header->mtime_ns, now > last ? now : last + 1, memory_order_relaxed);
}

static void count(_Atomic uint64_t *counter, uint64_t n)
{
	/* Under the lock: no read-modify-write is needed. */
	uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);
	atomic_store_explicit(counter, value + n, memory_order_relaxed);
}

int shared_load_head(struct vmap_shared *ring, uint64_t *ret_head)
{
	int r = shared_check_positions(ring->header, &ring->geometry);
	if (r < 0)
		return r;
	uint64_t head = atomic_load_explicit(&ring->header->head, memory_order_relaxed);
	if (head < atomic_load_explicit(&ring->seen_head, memory_order_relaxed) || head > VMAP_SHARED_POSITION_MAX)
		return -EBADMSG;
	atomic_store_explicit(&ring->seen_head, head, memory_order_relaxed);
	*ret_head = head;
	return 0;
}

/* Is there room for all of @len bytes in a bounded ring? Consumers can only make more meanwhile. */
static int check_room(const struct vmap_shared *ring, uint64_t head, size_t len)
{
	if (len > ring->geometry.capacity)
		return -EMSGSIZE;
	uint64_t start = shared_window_start(ring, head);
	if (start > head || head - start > ring->geometry.capacity)
		return -EBADMSG;
	return len > ring->geometry.capacity - (head - start) ? -EAGAIN : 0;
}

int shared_prepare(struct vmap_shared *ring, uint64_t head, size_t len)
{
	if (len > VMAP_SHARED_POSITION_MAX - head)
		return -EFBIG;
	int r = shared_is_bounded(ring) ? check_room(ring, head, len) : 0;
	if (r == 0)
		r = ensure_reserved(ring, head, head + len);
	SHARED_FAULT(PREPARED);
	return r;
}

void shared_count_append(struct vmap_shared *ring, size_t len)
{
	touch(ring);
	count(&ring->header->records, 1);
	count(&ring->header->bytes, len);
}

void shared_announce(struct vmap_shared *ring, uint64_t head, size_t len)
{
	struct shared_header *header = ring->header;
	uint64_t intent = atomic_load_explicit(&header->intent, memory_order_relaxed);
	uint64_t new_head = head + len;
	if (new_head > intent) {
		if (!shared_is_bounded(ring)) {
			uint64_t start = shared_window_start(ring, intent);
			uint64_t new_start = shared_window_start(ring, new_head);
			if (new_start > start) {
				/* The byte that tells is about to go. */
				if (shared_starts_line(ring, new_start, start))
					atomic_store_explicit(&header->line_tail, new_start, memory_order_relaxed);
				count(&header->overwritten, new_start - start);
			}
		}
		atomic_store_explicit(&header->intent, new_head, memory_order_relaxed); /* keeps I1 */
	}
	atomic_thread_fence(memory_order_release); /* append:A */
	SHARED_FAULT(INTENT);
}

int shared_publish(struct vmap_shared *ring, uint64_t new_head)
{
	SHARED_FAULT(COPIED);
	/* The file was cut short, and what was copied is in this process's zeros, not in the file; keeps I2. */
	if (atomic_load_explicit(&ring->broken, memory_order_relaxed))
		return -EIO;
	atomic_store_explicit(&ring->header->head, new_head, memory_order_release); /* append:B, keeps I2 */
	atomic_store_explicit(&ring->seen_head, new_head, memory_order_relaxed);
	SHARED_FAULT(HEAD);
	return 0;
}

/* Announce, copy, publish @len bytes, at most the capacity, whose pages are there. */
static int append_run(struct vmap_shared *ring, uint64_t head, const uint8_t *src, size_t len)
{
	shared_announce(ring, head, len);
	uint8_t *dst = shared_at(ring, head); /* keeps I5 */
#ifdef VMAP_FAULT_POINTS
	shared_copy_in(dst, src, len / 2);
	SHARED_FAULT(HALF_COPIED);
	shared_copy_in(dst + len / 2, src + len / 2, len - len / 2);
#else
	shared_copy_in(dst, src, len);
#endif
	return shared_publish(ring, head + len);
}

static ssize_t append_locked(struct vmap_shared *ring, const uint8_t *src, size_t len)
{
	uint64_t head;
	int r = shared_load_head(ring, &head);
	if (r == 0)
		r = shared_prepare(ring, head, len);
	if (r < 0)
		return r;

	shared_count_append(ring, len);
	/*
	 * What is longer than the ring passes through it in several runs. One run would announce more than a
	 * capacity ahead of the head, and a writer that died in it would hide what comes after (breaks I1).
	 */
	for (size_t done = 0; done < len && r == 0;) {
		size_t run = len - done < ring->geometry.capacity ? len - done : (size_t)ring->geometry.capacity;
		r = append_run(ring, head + done, src + done, run);
		done += run;
	}
	return r < 0 ? r : (ssize_t)len;
}

ssize_t vmap_shared_append_within(struct vmap_shared *ring, const void *src, size_t len, uint64_t lock_ns)
{
	if (!ring->writable)
		return -EACCES;
	if (len > SSIZE_MAX)
		return -EINVAL;
	if (len == 0)
		return 0;
	int r = shared_lock(ring, lock_ns);
	if (r < 0)
		return r;
	ssize_t n = append_locked(ring, src, len);
	r = shared_unlock(ring);
	if (n > 0)
		shared_wake(ring, &ring->header->data_waiters, &ring->header->data_seq);
	SHARED_FAULT(WOKEN);
	/* Who has been locked out may have found anything, for the old part was given back. */
	return r < 0 && (n > 0 || r == -ESTALE) ? r : n;
}

ssize_t vmap_shared_append(struct vmap_shared *ring, const void *src, size_t len)
{
	return vmap_shared_append_within(ring, src, len, SHARED_LOCK_NS);
}

/*
 * Nobody consumes beyond @head, so this cannot take the tail back. Nor does it thaw it for who locks us out, and has said
 * so in the state before; a tail that is frozen for nobody is damage.
 */
static void clear_tail(struct vmap_shared *ring, uint64_t head)
{
	enum { TRIES = 1000 }; /* consumers, and a change of shape that begins or is given up, may be first as often */
	struct shared_header *header = ring->header;
	uint64_t tail = atomic_load_explicit(&header->tail, memory_order_acquire);
	for (int i = 0; i < TRIES; i++) {
		bool stays_frozen = (tail & SHARED_TAIL_FROZEN) &&
				    atomic_load_explicit(&header->state, memory_order_relaxed) != ring->open_word;
		if (atomic_compare_exchange_strong_explicit(&header->tail, &tail, stays_frozen ? head | SHARED_TAIL_FROZEN : head,
							    memory_order_acq_rel, memory_order_acquire))
			return;
	}
}

int vmap_shared_clear(struct vmap_shared *ring)
{
	struct shared_header *header = ring->header;
	uint64_t head;
	if (!ring->writable)
		return -EACCES;
	int r = shared_lock(ring, SHARED_LOCK_NS);
	if (r < 0)
		return r;
	r = shared_load_head(ring, &head);
	if (r < 0) {
		/* Not mended here: who reads beside us would not know that positions have changed. Another shape tells. */
		int moved = shared_unlock(ring);
		return moved == -ESTALE ? moved : r;
	}
	touch(ring);
	if (shared_is_bounded(ring))
		clear_tail(ring, head);
	SHARED_FAULT(CLEARS);
	atomic_store_explicit(&header->floor, head, memory_order_release);
	r = shared_unlock(ring);
	shared_wake(ring, &header->space_waiters, &header->space_seq);
	return r;
}

int vmap_shared_consume(struct vmap_shared *ring, uint64_t from, size_t len)
{
	struct shared_header *header = ring->header;
	if (!ring->writable)
		return -EACCES;
	if (!shared_is_bounded(ring))
		return -EINVAL;
	uint64_t tail = atomic_load_explicit(&header->tail, memory_order_relaxed);
	uint64_t head = atomic_load_explicit(&header->head, memory_order_acquire); /* read:B */
	int r = shared_check_state(ring);
	if (r == -ESTALE || r == -EIO)
		return r;
	if (from > head || len > head - from)
		return -EINVAL;
	if (tail & SHARED_TAIL_FROZEN)
		return -EBUSY;
	if (shared_max(tail, ring->geometry.base) != from)
		return -EPIPE;
	SHARED_FAULT(CONSUMES);
	/* consume:B: what was copied out stays before the store, and the next writer after it. */
	if (!atomic_compare_exchange_strong_explicit(&header->tail, &tail, from + len, memory_order_release,
						     memory_order_relaxed))
		return -EPIPE;
	SHARED_FAULT(CONSUMED);
	shared_wake(ring, &header->space_waiters, &header->space_seq);
	return 0;
}

void vmap_shared_count_lost(struct vmap_shared *ring, uint64_t bytes)
{
	if (!ring->writable)
		shared_tell_lost(ring, bytes);
	else if (shared_has_header(ring))
		atomic_fetch_add_explicit(&ring->header->lost, bytes, memory_order_relaxed);
}

void vmap_shared_count_dropped(struct vmap_shared *ring)
{
	if (ring->writable && shared_has_header(ring))
		atomic_fetch_add_explicit(&ring->header->drops_full, 1, memory_order_relaxed);
}

int vmap_shared_set_mtime(struct vmap_shared *ring, uint64_t mtime_ns)
{
	if (!ring->writable)
		return -EACCES;
	int r = shared_lock(ring, SHARED_LOCK_NS);
	if (r < 0)
		return r;
	/* As far as a timespec goes: later appends must find room above it. */
	uint64_t latest = INT64_MAX;
	atomic_store_explicit(&ring->header->mtime_ns, mtime_ns < latest ? mtime_ns : latest, memory_order_relaxed);
	return shared_unlock(ring);
}
