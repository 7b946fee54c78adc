/* SPDX-License-Identifier: MIT */
/*
 * Changing what a ring is while it holds bytes and others have it mapped: capacity, policy, attributes.
 *
 * Bytes lie at `position % capacity`, so another capacity needs every byte in another place. They are copied, with
 * a live header of their own, to a part of the file that the ring does not use, and one write of the geometry line,
 * which lies within one page, makes that part the ring. The file stays the same inode, with its links, owner and
 * open descriptors. A policy alone changes where it is.
 *
 * Who has the old part mapped learns of it from the old header's state: writers when they have the lock, readers
 * after each copy. A writer that has stopped for good with the lock is locked out in the same way, without the lock.
 *
 * Invariants:
 * I1 A kill at any instruction leaves the old ring or the new one, with all the bytes it holds; while the geometry
 *    line is the old one, whoever gets the lock makes the old ring usable again.
 * I2 The old data is given back only when the new geometry is on the disk.
 * I3 Positions do not change; what the new shape has no room for is below its base. But those of a ring that is damaged, or
 *    has none left, are new ones, above all that was written: see begin_anew().
 * I4 Once the state says moved and the tail is frozen, nothing is published or consumed in the old part that the
 *    new one does not have: a writer that was locked out in the middle is told so, what it overwrites is not kept, and
 *    what it publishes is not seen.
 * I5 The geometry line is replaced, and parts of the file are written anew or given back, by one at a time: the owner
 *    of the shape lock, from before it looks at the geometry until it is done. Who stops with that holds up the next
 *    change of shape and who would lock it out, but its stores never come into what somebody else has made.
 * I6 A file is never made shorter: others may have all of it mapped.
 * I7 What decides where memory is touched is the private copy of the geometry, never what the file says now.
 *
 * Pairs:
 *   move:A  seq_cst store of the state, then the load of head that decides what moves
 *     with  move:B  acquire load of head, then the load of the state: who sees a head that came later sees the state. That
 *                   holds where a store becomes visible to all others at once, as on all processors but POWER.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared_priv.h"

/* Put @line into the file, with its checksum and the next generation. The private copy is the caller's. */
static int write_geometry(struct vmap_shared *ring, struct shared_geometry *line)
{
	line->generation = ring->geometry.generation + 1;
	line->crc32c = shared_crc32c(line, offsetof(struct shared_geometry, crc32c));
	ssize_t n;
	do {
		/* Not through the mapping: a kill cannot come between the bytes of one small write (keeps I1). */
		n = pwrite(ring->fd, line, sizeof(*line), 0);
	} while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(*line))
		return n < 0 ? -errno : -EIO;
	atomic_store_explicit(&ring->generation, line->generation, memory_order_relaxed);
	SHARED_FAULT(SWITCHED);
	return 0;
}

/*
 * With the shape lock: what the geometry line is to be changed from. Ours, for the file can say anything (keeps I7); but
 * somebody else may have set attributes since. -ESTALE the ring is elsewhere.
 */
static int read_line(const struct vmap_shared *ring, struct shared_geometry *ret_line)
{
	struct shared_geometry line;
	int r = shared_read_geometry(ring->fd, &line);
	if (r < 0)
		return r;
	if (line.shape != ring->geometry.shape || line.data_offset != ring->geometry.data_offset)
		return -ESTALE;
	*ret_line = ring->geometry;
	ret_line->generation = line.generation;
	ret_line->attributes = line.attributes;
	return 0;
}

/* Where in the file a header and @capacity bytes find a place beside the present ones; the offset of the data. */
static uint64_t free_offset(const struct shared_geometry *old, uint64_t capacity)
{
	uint64_t low = old->first_offset + VMAP_SHARED_HEADER_SIZE;
	if (capacity <= old->data_offset && low + capacity <= old->data_offset - VMAP_SHARED_HEADER_SIZE)
		return low;
	return old->data_offset + old->capacity + VMAP_SHARED_HEADER_SIZE;
}

/* Has anybody but this handle the ring open for writing, in whatever shape? */
static bool others_write(const struct vmap_shared *ring)
{
	for (uint32_t slot = 0; slot <= SHARED_SLOT_SERVER; slot++)
		if (slot != ring->slot && shared_slot_is_taken(ring, slot))
			return true;
	return false;
}

/* Give [@from, @to) back, in pieces until @deadline: a gigabyte takes a tenth of a second and more. */
static void release_until(int fd, uint64_t from, uint64_t to, uint64_t deadline_ns)
{
	const uint64_t piece = (uint64_t)64 << 20;
	if (deadline_ns == UINT64_MAX && from < to)
		vmap_os_release(fd, from, to - from);
	while (deadline_ns != UINT64_MAX && from < to && vmap_os_monotonic_ns() < deadline_ns) {
		uint64_t n = to - from < piece ? to - from : piece;
		vmap_os_release(fd, from, n);
		from += n;
	}
}

/* The same, but for the used part of the header at @keep. */
static void release(int fd, uint64_t from, uint64_t to, uint64_t keep, uint64_t deadline_ns)
{
	if (keep >= from && keep < to) {
		release_until(fd, from, keep, deadline_ns);
		from = keep + SHARED_HEADER_USED;
	}
	release_until(fd, from, to, deadline_ns);
}

void shared_trim(const struct vmap_shared *ring, uint64_t keep, uint64_t deadline_ns)
{
	const struct shared_geometry *geometry = &ring->geometry;
	uint64_t end = geometry->data_offset + geometry->capacity;
	struct stat st;
	SHARED_FAULT(TRIMS);
	/* Holes, and no shorter file: for who still has an old part mapped the pages behind the end would be a signal. */
	if (fstat(ring->fd, &st) == 0)
		release(ring->fd, end, (uint64_t)st.st_size, keep, deadline_ns);
	/* Not the first unit: the geometry line is in it. */
	release(ring->fd, VMAP_SHARED_HEADER_SIZE, geometry->data_offset - VMAP_SHARED_HEADER_SIZE, keep, deadline_ns);
}

/* The positions that have pages when [@start, @head) was copied to a ring of @capacity; none, if that is empty. */
struct pages {
	uint64_t from;
	uint64_t to;
};

static struct pages pages_of(uint64_t start, uint64_t head, uint64_t capacity)
{
	uint64_t page = vmap_page_size();
	struct pages pages = {.from = start - start % page};
	uint64_t all = pages.from + capacity;
	uint64_t to = head > start ? (head + page - 1) / page * page : pages.from;
	pages.to = to < all ? to : all;
	return pages;
}

/* What the old shape holds, as found once nothing is published or consumed any more. */
struct contents {
	uint64_t old_start; /* of what is readable */
	uint64_t start;     /* of what the new shape keeps of that */
	uint64_t head;
	uint64_t floor;
	bool starts_line; /* at start */
};

/*
 * A ring with positions that no writer can have left, or that are used up, begins anew, empty. Readers are to find that
 * theirs are below, and were they ever so far above, that nothing will be there again that they have not seen. What a
 * position was is not known: the header can say anything. So it begins above what is written in the life of a machine (2^61
 * bytes), below half of all positions, and nobody knows where.
 */
static int begin_anew(struct contents *ret_contents)
{
	const uint64_t from = VMAP_SHARED_POSITION_MAX / 4 + 1;
	uint64_t any;
	int r = vmap_os_random(&any, sizeof(any));
	if (r < 0)
		return r;
	uint64_t head = from + any % from;
	*ret_contents = (struct contents){.old_start = head, .start = head, .head = head, .floor = head, .starts_line = true};
	return 0;
}

static int find_contents(struct vmap_shared *ring, uint64_t capacity, bool lock_out, struct contents *ret_contents)
{
	enum { TRIES = 16 };
	struct contents contents;
	int r = -EBADMSG;
	/* Where the owner of the lock goes on, these may be positions of different moments. */
	for (int i = 0; i < TRIES && r == -EBADMSG; i++)
		r = shared_load_head(ring, &contents.head);
	if (r == -EBADMSG && lock_out)
		return begin_anew(ret_contents);
	if (r < 0)
		return r;
	uint64_t head = contents.head;
	atomic_store_explicit(&ring->header->moved_head, head, memory_order_relaxed);
	/* By intent: what a dead writer announced is gone. */
	contents.old_start = shared_window_start(ring, atomic_load_explicit(&ring->header->intent, memory_order_relaxed));
	if (contents.old_start > head)
		contents.old_start = head;
	if (lock_out && contents.old_start == head && head > VMAP_SHARED_POSITION_MAX - ring->geometry.capacity)
		return begin_anew(ret_contents);
	contents.floor = atomic_load_explicit(&ring->header->floor, memory_order_relaxed);
	if (contents.floor > head)
		contents.floor = head;
	if (head - contents.old_start > ring->geometry.capacity)
		return -EBADMSG;
	contents.start = contents.old_start;
	contents.starts_line = false;
	if (head - contents.start > capacity) {
		/* A log gives its oldest bytes way, a queue would lose what somebody waits for. */
		if (shared_is_bounded(ring))
			return -EBUSY;
		contents.start = head - capacity;
		contents.starts_line = shared_starts_line(ring, contents.start, contents.old_start);
	} else if (shared_is_bounded(ring) && head - contents.start < ring->geometry.capacity &&
		   atomic_load_explicit(&ring->header->intent, memory_order_relaxed) == head) {
		/* The last byte that was consumed is still there. */
		contents.starts_line = shared_starts_line(ring, contents.start, ring->geometry.base);
	}
	SHARED_FAULT(FOUND);
	*ret_contents = contents;
	return 0;
}

/* Who is being locked out may have gone on until now: what it has announced was not copied whole. Keeps I4. */
static void check_contents(const struct vmap_shared *ring, struct contents *contents)
{
	atomic_thread_fence(memory_order_acquire); /* read:A */
	uint64_t start = shared_window_start(ring, atomic_load_explicit(&ring->header->intent, memory_order_relaxed));
	if (start <= contents->start)
		return;
	contents->start = start < contents->head ? start : contents->head;
	contents->starts_line = false;
}

static void copy_word(_Atomic uint64_t *to, const _Atomic uint64_t *from)
{
	atomic_store_explicit(to, atomic_load_explicit(from, memory_order_relaxed), memory_order_relaxed);
}

/* The live header that goes with the new part; nobody knows of it yet. */
static void make_header(const struct vmap_shared *ring, const struct contents *contents, uint32_t shape,
			struct shared_header *new)
{
	const struct shared_header *old = ring->header;
	const size_t state_at = offsetof(struct shared_header, state), behind_state = state_at + sizeof(new->state);
	/*
	 * Not the first line, which in the first unit of the file is the geometry in force. Nor the state, not even for a
	 * moment: 0 says open to readers of the first shape, whose header may have been here.
	 */
	memset((uint8_t *)new + sizeof(new->geometry), 0, state_at - sizeof(new->geometry));
	memset((uint8_t *)new + behind_state, 0, SHARED_HEADER_USED - behind_state);
	atomic_store_explicit(&new->steals, atomic_load_explicit(&old->steals, memory_order_relaxed), memory_order_relaxed);
	atomic_store_explicit(&new->intent, contents->head, memory_order_relaxed);
	atomic_store_explicit(&new->head, contents->head, memory_order_relaxed);
	atomic_store_explicit(&new->spoilt, contents->head, memory_order_relaxed);
	atomic_store_explicit(&new->tail, contents->start, memory_order_relaxed);
	atomic_store_explicit(&new->state,
			      shape << SHARED_STATE_BITS | atomic_load_explicit(&ring->end, memory_order_relaxed),
			      memory_order_relaxed);
	atomic_store_explicit(&new->floor, contents->floor, memory_order_relaxed);
	copy_word(&new->line_tail, &old->line_tail);
	copy_word(&new->mtime_ns, &old->mtime_ns);
	copy_word(&new->records, &old->records);
	copy_word(&new->bytes, &old->bytes);
	copy_word(&new->drops_full, &old->drops_full);
	copy_word(&new->overwritten, &old->overwritten);
	copy_word(&new->lost, &old->lost);
	for (uint32_t i = 0; i < SHARED_SLOTS; i++)
		atomic_store_explicit(&new->slot_generation[i],
				      atomic_load_explicit(&old->slot_generation[i], memory_order_relaxed),
				      memory_order_relaxed);
}

/* In pieces: of a file that was cut short, or has no room, each page is a signal, and there may be very many. */
static int copy_bytes(const struct vmap_shared *ring, const struct contents *contents, uint8_t *to, uint64_t to_capacity)
{
	const uint64_t piece = VMAP_SHARED_LINE_MAX;
	for (uint64_t pos = contents->start; pos < contents->head;) {
		uint64_t n = contents->head - pos < piece ? contents->head - pos : piece;
		shared_copy_out(to + pos % to_capacity, shared_at(ring, pos), (size_t)n);
		if (atomic_load_explicit(&ring->broken, memory_order_relaxed))
			return -EIO;
		pos += n;
	}
	return 0;
}

/* Put the contents where @line says they are to be, with pages of their own; *ret_map is that place. */
static int copy_data(struct vmap_shared *ring, struct shared_geometry *line, struct contents *contents, struct pages pages,
		     uint64_t file_size, struct vmap_os_mirror *ret_map)
{
	uint64_t end = line->data_offset + line->capacity;
	if (file_size < end && ftruncate(ring->fd, (off_t)end) < 0)
		return -errno;
	SHARED_FAULT(GROWN);
	int r = vmap_os_reserve(ring->fd, line->data_offset - VMAP_SHARED_HEADER_SIZE, SHARED_HEADER_USED);
	if (r == 0 && pages.to > pages.from)
		r = shared_reserve_pages(ring->fd, line, pages.from, pages.to);
	struct vmap_os_mirror map = {0};
	if (r == 0)
		r = shared_map(ring, line, &map);
	if (r < 0)
		return r;
	*ret_map = map; /* the caller's to unmap, also after an error */
	r = copy_bytes(ring, contents, map.data, line->capacity);
	if (r < 0)
		return r;
	SHARED_FAULT(DATA_COPIED);
	check_contents(ring, contents);
	line->base = contents->start; /* keeps I3 */
	make_header(ring, contents, line->shape, shared_header_of(&map));
	return 0;
}

/* The ring of @line in another part of the file; keeps I1 and I2. */
static int move_ring(struct vmap_shared *ring, struct shared_geometry *line, struct contents *contents)
{
	struct vmap_os_mirror map = {0};
	struct pages pages = pages_of(contents->start, contents->head, line->capacity);
	struct stat st;
	int r = fstat(ring->fd, &st) < 0 ? -errno : 0;
	if (r == 0) {
		r = copy_data(ring, line, contents, pages, (uint64_t)st.st_size, &map);
		/* What has been added is nobody else's yet: here alone I6 does not matter. */
		if (r < 0)
			(void)!ftruncate(ring->fd, st.st_size);
	}
	SHARED_FAULT(DATA_MOVED);
	if (r == 0 && fdatasync(ring->fd) < 0)
		r = -errno;
	SHARED_FAULT(SYNCED);
	if (r == 0 && atomic_load_explicit(&ring->broken, memory_order_relaxed))
		r = -EIO; /* since the copy; what stands in for the header is not the ring's */
	if (r == 0)
		r = write_geometry(ring, line);
	if (r < 0) {
		shared_unmap(&map);
		return r;
	}
	/* Who waits for anything in the old part is to look at its state. */
	struct shared_header *old = ring->header;
	shared_wake(ring, &old->data_waiters, &old->data_seq);
	shared_wake(ring, &old->space_waiters, &old->space_seq);
	(void)shared_unlock(ring);
	SHARED_FAULT(OLD_UNLOCKED);
	shared_adopt(ring, line, &map);
	atomic_store_explicit(&ring->seen_head, contents->head, memory_order_relaxed);
	atomic_store_explicit(&ring->reserved_from, pages.from, memory_order_relaxed);
	atomic_store_explicit(&ring->reserved_to, pages.to, memory_order_relaxed);
	return 0;
}

/* The ring of @line, which differs in policy alone, where it is. */
static int change_policy(struct vmap_shared *ring, struct shared_geometry *line, const struct contents *contents)
{
	struct shared_header *header = ring->header;
	/* Where a consumer would start, whichever of the two shapes is found after a kill. */
	if (!shared_is_bounded(ring))
		atomic_store_explicit(&header->tail, contents->start | SHARED_TAIL_FROZEN, memory_order_release);
	int r = write_geometry(ring, line);
	if (r < 0)
		return r;
	struct vmap_os_mirror same = ring->map;
	uint64_t from = atomic_load_explicit(&ring->reserved_from, memory_order_relaxed);
	uint64_t to = atomic_load_explicit(&ring->reserved_to, memory_order_relaxed);
	shared_adopt(ring, line, &same);
	atomic_store_explicit(&ring->reserved_from, from, memory_order_relaxed);
	atomic_store_explicit(&ring->reserved_to, to, memory_order_relaxed);
	atomic_fetch_and_explicit(&header->tail, ~SHARED_TAIL_FROZEN, memory_order_release);
	SHARED_FAULT(THAWED);
	atomic_store_explicit(&header->state, shared_settled_state(ring), memory_order_seq_cst);
	shared_wake(ring, &header->data_waiters, &header->data_seq);
	shared_wake(ring, &header->space_waiters, &header->space_seq);
	return shared_unlock(ring);
}

/* Nothing is published or consumed here from now on; keeps I4. */
static void freeze(struct vmap_shared *ring)
{
	struct shared_header *header = ring->header;
	/* Not above what find_contents() will find. */
	copy_word(&header->moved_head, &header->head);
	atomic_store_explicit(&header->state, ring->open_word | SHARED_MOVED, memory_order_seq_cst);
	SHARED_FAULT(MOVED);
	atomic_fetch_or_explicit(&header->tail, SHARED_TAIL_FROZEN, memory_order_acq_rel);
	SHARED_FAULT(FROZEN);
}

/* With the shape lock; and with the writer lock, or to lock its owner out, and without that when done. */
static int reshape(struct vmap_shared *ring, uint64_t capacity, enum vmap_ring_policy policy, bool lock_out)
{
	struct contents contents;
	struct shared_geometry line;
	int r = read_line(ring, &line);
	if (r < 0) {
		if (!lock_out)
			(void)shared_unlock(ring);
		return r;
	}
	ring->geometry.generation = line.generation;
	uint64_t old_header = line.data_offset - VMAP_SHARED_HEADER_SIZE;
	freeze(ring);
	r = find_contents(ring, capacity, lock_out, &contents);
	if (r < 0)
		goto err_settle;
	line.policy = policy;
	line.base = contents.start;
	line.shape = (line.shape + 1) & (UINT32_MAX >> SHARED_STATE_BITS);
	/* What a dead writer announced is settled by a new header only: intent never goes back. */
	bool moves = lock_out || capacity != line.capacity ||
		     atomic_load_explicit(&ring->header->intent, memory_order_relaxed) != contents.head;
	/*
	 * Whoever holds a slot may still store to the lock and the waiters of the part it has mapped, now or after any
	 * number of changes: that place must never be data of another shape. Nobody left, all of the file is free.
	 */
	if (moves)
		line.first_offset = lock_out || others_write(ring) ? line.data_offset + line.capacity : 0;
	if (moves) {
		line.data_offset = free_offset(&line, capacity);
		line.capacity = capacity;
		r = move_ring(ring, &line, &contents);
	} else {
		r = change_policy(ring, &line, &contents);
	}
	if (r < 0)
		goto err_settle;
	struct shared_header *header = ring->header; /* it may be another */
	if (contents.start > contents.old_start)
		atomic_fetch_add_explicit(&header->overwritten, contents.start - contents.old_start, memory_order_relaxed);
	/* Not before: the old shape needs what this word says. A kill here costs a reader one whole line. */
	if (contents.starts_line)
		atomic_store_explicit(&header->line_tail, contents.start, memory_order_relaxed);
	/* A disk that is failing keeps both. Of the old header they look whether it still is one, also on a full disk. */
	if (moves && fdatasync(ring->fd) == 0)
		shared_trim(ring, old_header, UINT64_MAX);
	return 0;

err_settle:
	shared_settle(ring);
	shared_trim(ring, old_header, UINT64_MAX);
	if (!lock_out)
		(void)shared_unlock(ring);
	return r;
}

int vmap_shared_reshape(struct vmap_shared *ring, uint64_t capacity, enum vmap_ring_policy policy)
{
	if (!ring->writable)
		return -EACCES;
	if (capacity == 0 || (policy != VMAP_RING_OVERWRITE && policy != VMAP_RING_BOUNDED))
		return -EINVAL;
	capacity = vmap_shared_round_capacity(capacity);
	if (capacity == 0)
		return -EFBIG;
	if (capacity == ring->geometry.capacity && policy == (enum vmap_ring_policy)ring->geometry.policy)
		return shared_check_state(ring);
	int r = shared_lock_with_shape(ring, shared_patience(ring));
	if (r < 0)
		return r;
	r = reshape(ring, capacity, policy, false);
	shared_unlock_shape(ring);
	return r;
}

int vmap_shared_revoke(struct vmap_shared *ring)
{
	if (!ring->writable)
		return -EACCES;
	int r = shared_lock_shape(ring, shared_patience(ring));
	if (r < 0)
		return r;
	/* Somebody else may have done it. */
	r = shared_check_state(ring);
	if (r == 0)
		r = reshape(ring, ring->geometry.capacity, (enum vmap_ring_policy)ring->geometry.policy, true);
	shared_unlock_shape(ring);
	return r;
}

enum vmap_ring_policy vmap_shared_policy(const struct vmap_shared *ring)
{
	return (enum vmap_ring_policy)ring->geometry.policy;
}

uint64_t vmap_shared_attributes(const struct vmap_shared *ring)
{
	return atomic_load_explicit(&ring->attributes, memory_order_relaxed);
}

int vmap_shared_set_attributes(struct vmap_shared *ring, uint64_t attributes)
{
	if (!ring->writable)
		return -EACCES;
	int r = shared_lock_with_shape(ring, shared_patience(ring));
	if (r < 0)
		return r;
	struct shared_geometry line;
	r = read_line(ring, &line);
	if (r == 0 && line.attributes != attributes) {
		ring->geometry.generation = line.generation;
		line.attributes = attributes;
		SHARED_FAULT(ATTRIBUTES);
		r = write_geometry(ring, &line);
	}
	if (r == 0) {
		/* Word by word: readers are using the others. */
		ring->geometry.attributes = line.attributes;
		ring->geometry.generation = line.generation;
		ring->geometry.crc32c = line.crc32c;
		atomic_store_explicit(&ring->generation, line.generation, memory_order_relaxed);
		atomic_store_explicit(&ring->attributes, attributes, memory_order_relaxed);
	}
	int moved = shared_unlock(ring);
	shared_unlock_shape(ring);
	return r < 0 ? r : moved;
}
