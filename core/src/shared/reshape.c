/* SPDX-License-Identifier: MIT */
/*
 * Changing what a ring is while it holds bytes: capacity, policy, attributes.
 *
 * Bytes lie at `position % capacity`, so another capacity needs every byte in another place. They are copied
 * to a part of the file that the ring does not use, and one write of the geometry line, which lies within one
 * page, makes that part the ring. The file stays the same inode, with its links, owner and open descriptors.
 *
 * Invariants:
 * I1 A kill at any instruction leaves the old ring or the new one, with all the bytes it holds.
 * I2 The old data is given back only when the new geometry is on the disk.
 * I3 Positions do not change; what the new shape has no room for is below its base.
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
	return 0;
}

/* The same, and the ring is that from now on: nobody else uses it. */
static int set_geometry(struct vmap_shared *ring, struct shared_geometry *line)
{
	int r = write_geometry(ring, line);
	if (r == 0)
		ring->geometry = *line;
	return r;
}

/*
 * Take back what a writer that died had announced: the bytes that it stood for are below the base first, so
 * nobody takes them for good ones again.
 */
static int settle_intent(struct vmap_shared *ring, uint64_t head)
{
	uint64_t intent = atomic_load_explicit(&ring->header->intent, memory_order_relaxed);
	if (intent == head)
		return 0;
	struct shared_geometry line = ring->geometry;
	line.base = shared_window_start(ring, intent);
	int r = set_geometry(ring, &line);
	if (r < 0)
		return r;
	atomic_store_explicit(&ring->header->intent, head, memory_order_release);
	ring->spoilt = head;
	return 0;
}

/* Where in the file @capacity bytes find a place beside the present ones. */
static uint64_t free_offset(const struct shared_geometry *old, uint64_t capacity)
{
	if (VMAP_SHARED_HEADER_SIZE + capacity <= old->data_offset)
		return VMAP_SHARED_HEADER_SIZE;
	return old->data_offset + old->capacity;
}

void shared_trim(const struct vmap_shared *ring)
{
	const struct shared_geometry *geometry = &ring->geometry;
	uint64_t end = geometry->data_offset + geometry->capacity;
	struct stat st;
	/* A file that stays too long merely holds pages that nobody uses. */
	if (fstat(ring->fd, &st) == 0 && (uint64_t)st.st_size > end)
		(void)!ftruncate(ring->fd, (off_t)end);
	if (geometry->data_offset > VMAP_SHARED_HEADER_SIZE)
		vmap_os_release(ring->fd, VMAP_SHARED_HEADER_SIZE, geometry->data_offset - VMAP_SHARED_HEADER_SIZE);
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

/* Put the bytes [@start, @head) where @line says they are to be, with @pages of their own; *ret_map is that place. */
static int copy_data(const struct vmap_shared *ring, const struct shared_geometry *line, uint64_t start, uint64_t head,
		     struct pages pages, struct vmap_os_mirror *ret_map)
{
	struct stat st;
	if (fstat(ring->fd, &st) < 0)
		return -errno;
	uint64_t end = line->data_offset + line->capacity;
	if ((uint64_t)st.st_size < end && ftruncate(ring->fd, (off_t)end) < 0)
		return -errno;
	int r = pages.to > pages.from ? shared_reserve(ring->fd, line, pages.from, pages.to) : 0;
	if (r == 0)
		r = vmap_os_mirror_map(ring->fd, VMAP_SHARED_HEADER_SIZE, line->data_offset, (size_t)line->capacity, ret_map);
	if (r < 0)
		return r;
	memcpy(ret_map->data + start % line->capacity, shared_at(ring, start), (size_t)(head - start));
	return 0;
}

/* The ring of @line instead of the present one; keeps I1 and I2. */
static int move_data(struct vmap_shared *ring, struct shared_geometry *line, uint64_t start, uint64_t head)
{
	struct vmap_os_mirror map = {0};
	struct pages pages = pages_of(start, head, line->capacity);
	int r = copy_data(ring, line, start, head, pages, &map);
	if (r == 0 && fdatasync(ring->fd) < 0)
		r = -errno;
	if (r == 0)
		r = set_geometry(ring, line);
	if (r < 0) {
		vmap_os_mirror_unmap(&map);
		shared_trim(ring);
		return r;
	}
	vmap_os_mirror_unmap(&ring->map);
	ring->map = map;
	ring->header = (struct shared_header *)(void *)map.prefix;
	ring->reserved_from = pages.from;
	ring->reserved_to = pages.to;
	return 0;
}

static int reshape_locked(struct vmap_shared *ring, uint64_t capacity, enum vmap_ring_policy policy)
{
	struct shared_header *header = ring->header;
	uint64_t head = atomic_load_explicit(&header->head, memory_order_relaxed);
	int r = settle_intent(ring, head);
	if (r < 0)
		return r;
	uint64_t old_start = shared_window_start(ring, head);
	uint64_t start = old_start;
	bool starts_line = false;
	if (head - start > capacity) {
		/* A log gives its oldest bytes way, a queue would lose what somebody waits for. */
		if (shared_is_bounded(ring))
			return -EBUSY;
		start = head - capacity;
		starts_line = shared_starts_line(ring, start, old_start);
	} else if (shared_is_bounded(ring) && head - start < ring->geometry.capacity) {
		/* The last byte that was consumed is still there, unless a dead writer's intent was just settled. */
		starts_line = shared_starts_line(ring, start, ring->geometry.base);
	}
	struct shared_geometry line = ring->geometry;
	line.policy = policy;
	line.base = start; /* keeps I3 */
	/* Where a consumer would start, whichever of the two shapes is found after a kill. */
	if (!shared_is_bounded(ring))
		atomic_store_explicit(&header->tail, start, memory_order_release);
	bool moves = capacity != line.capacity;
	if (moves) {
		line.data_offset = free_offset(&line, capacity);
		line.capacity = capacity;
		r = move_data(ring, &line, start, head);
	} else {
		r = set_geometry(ring, &line);
	}
	if (r < 0)
		return r;
	header = ring->header; /* it may have moved, too */
	if (start > old_start) {
		uint64_t gone = atomic_load_explicit(&header->overwritten, memory_order_relaxed);
		atomic_store_explicit(&header->overwritten, gone + (start - old_start), memory_order_relaxed);
	}
	/* Not before: the old shape needs what this word says. A kill here costs a reader one whole line. */
	if (starts_line)
		atomic_store_explicit(&header->line_tail, start, memory_order_relaxed);
	if (moves && fdatasync(ring->fd) == 0) /* a disk that is failing keeps both */
		shared_trim(ring);
	return 0;
}

int vmap_shared_reshape(struct vmap_shared *ring, uint64_t capacity, enum vmap_ring_policy policy)
{
	if (capacity == 0 || (policy != VMAP_RING_OVERWRITE && policy != VMAP_RING_BOUNDED))
		return -EINVAL;
	capacity = vmap_shared_round_capacity(capacity);
	if (capacity == 0)
		return -EFBIG;
	pthread_mutex_lock(&ring->lock);
	int r = 0;
	if (capacity != ring->geometry.capacity || policy != (enum vmap_ring_policy)ring->geometry.policy)
		r = reshape_locked(ring, capacity, policy);
	pthread_mutex_unlock(&ring->lock);
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
	pthread_mutex_lock(&ring->lock);
	struct shared_geometry line = ring->geometry;
	line.attributes = attributes;
	int r = attributes == ring->geometry.attributes ? 0 : write_geometry(ring, &line);
	if (r == 0) {
		/* Word by word: readers are using the others. */
		ring->geometry.attributes = line.attributes;
		ring->geometry.generation = line.generation;
		ring->geometry.crc32c = line.crc32c;
		atomic_store_explicit(&ring->attributes, attributes, memory_order_relaxed);
	}
	pthread_mutex_unlock(&ring->lock);
	return r;
}
