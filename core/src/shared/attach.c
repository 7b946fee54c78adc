/* SPDX-License-Identifier: MIT */
/*
 * Making, opening and closing shared rings: everything that happens once.
 *
 * Invariants:
 * I1 A file is either empty or holds a whole valid header: the header is written in one write, last.
 * I2 Nothing of the file is believed before it is checked, and geometry is copied, not referred to.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "shared_priv.h"

/* Of rings up to this capacity it does not matter how many addresses they take. */
#define ANY_CAPACITY ((uint64_t)64 << 30)
/* What opening a ring may take longer for what others have left in its file. */
#define OPEN_TRIM_NS 20000000u

/* CRC-32C (Castagnoli), bit by bit: it covers 124 bytes once per open. */
uint32_t shared_crc32c(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint32_t crc = ~0u;
	for (size_t i = 0; i < len; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (0x82f63b78u & (0u - (crc & 1u)));
	}
	return ~crc;
}

uint64_t vmap_shared_round_capacity(uint64_t capacity)
{
	if (capacity == 0 || capacity > VMAP_SHARED_CAPACITY_MAX)
		return 0;
	return (capacity + VMAP_SHARED_UNIT - 1) / VMAP_SHARED_UNIT * VMAP_SHARED_UNIT;
}

static int write_header(int fd, const void *bytes, size_t len)
{
	size_t done = 0;
	while (done < len) {
		ssize_t n = pwrite(fd, (const uint8_t *)bytes + done, len - done, (off_t)done);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			done += (size_t)n;
	}
	return 0;
}

/* What a ring asks of its descriptor, and whether that may write. */
static int check_descriptor(int fd, bool *ret_writable)
{
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0)
		return -errno;
	if ((flags & O_ACCMODE) == O_WRONLY)
		return -EACCES;
#ifdef O_PATH
	if (flags & O_PATH)
		return -EBADF;
#endif
	*ret_writable = (flags & O_ACCMODE) == O_RDWR;
	/* pwrite(2) would write behind the data, and say that it wrote the header. */
	return *ret_writable && flags & O_APPEND ? -EINVAL : 0;
}

/* The ring of @options in @fd, whose size is @size_before. */
static int format(int fd, const struct vmap_shared_options *options, uint64_t size_before)
{
	int r = 0;
	enum vmap_ring_policy policy = options->policy != 0 ? options->policy : VMAP_RING_OVERWRITE;
	if (options->capacity == 0 || options->start > VMAP_SHARED_POSITION_MAX ||
	    (policy != VMAP_RING_OVERWRITE && policy != VMAP_RING_BOUNDED))
		return -EINVAL;
	uint64_t capacity = vmap_shared_round_capacity(options->capacity);
	if (capacity == 0)
		return -EFBIG;
	struct stat st;
	if (fstat(fd, &st) < 0)
		return -errno;
	if ((uint64_t)st.st_size != size_before)
		return -EEXIST;

	/* The geometry and publication lines; all else of the header is zero. */
	struct shared_header *header = calloc(1, sizeof(*header));
	if (!header)
		return -ENOMEM;
	struct shared_geometry *geometry = &header->geometry;
	memcpy(geometry->magic, SHARED_MAGIC, sizeof(geometry->magic));
	geometry->version_major = SHARED_VERSION_MAJOR;
	geometry->version_minor = SHARED_VERSION_MINOR;
	geometry->bom = SHARED_BOM;
	geometry->header_size = (uint32_t)VMAP_SHARED_HEADER_SIZE;
	geometry->data_offset = VMAP_SHARED_HEADER_SIZE;
	geometry->capacity = capacity;
	geometry->policy = policy;
	geometry->generation = 1;
	geometry->created_ns = vmap_os_now_ns();
	geometry->base = options->start;
	geometry->attributes = options->attributes;
	r = vmap_os_random(geometry->ring_id, sizeof(geometry->ring_id));
	if (r < 0)
		goto out_free;
	geometry->crc32c = shared_crc32c(geometry, offsetof(struct shared_geometry, crc32c));
	atomic_init(&header->intent, options->start);
	atomic_init(&header->head, options->start);
	atomic_init(&header->floor, options->start);
	atomic_init(&header->tail, options->start);
	atomic_init(&header->mtime_ns, geometry->created_ns);

	if (size_before == 0 && ftruncate(fd, (off_t)(VMAP_SHARED_HEADER_SIZE + capacity)) < 0) {
		r = -errno;
		goto out_free;
	}
	r = vmap_os_reserve(fd, 0, SHARED_HEADER_USED);
	if (r == 0)
		r = write_header(fd, header, SHARED_HEADER_USED); /* keeps I1 */
	if (r < 0 && size_before == 0 && ftruncate(fd, 0) < 0)
		r = -EIO;
out_free:
	free(header);
	return r;
}

int vmap_shared_format(int fd, const struct vmap_shared_options *options)
{
	bool writable = false;
	int r = check_descriptor(fd, &writable);
	if (r < 0)
		return r;
	return writable ? format(fd, options, 0) : -EACCES;
}

/* Check the geometry line against itself and the file's size; keeps I2. */
static int check_geometry(const struct shared_geometry *geometry, size_t len, uint64_t file_size)
{
	if (len < sizeof(geometry->magic) || memcmp(geometry->magic, SHARED_MAGIC, sizeof(geometry->magic)) != 0)
		return -ENOMSG;
	if (len < sizeof(*geometry))
		return -EBADMSG;
	if (geometry->bom != SHARED_BOM || geometry->version_major != SHARED_VERSION_MAJOR)
		return -EPROTO;
	if (geometry->crc32c != shared_crc32c(geometry, offsetof(struct shared_geometry, crc32c)))
		return -EBADMSG;
	if (geometry->feat_incompat != 0 || geometry->feat_ro_compat != 0 ||
	    (geometry->policy != VMAP_RING_OVERWRITE && geometry->policy != VMAP_RING_BOUNDED))
		return -EOPNOTSUPP;
	uint64_t capacity = geometry->capacity;
	uint64_t offset = geometry->data_offset;
	if (geometry->header_size != VMAP_SHARED_HEADER_SIZE || capacity == 0 ||
	    capacity != vmap_shared_round_capacity(capacity) || offset < VMAP_SHARED_HEADER_SIZE ||
	    offset % VMAP_SHARED_UNIT != 0 || offset > file_size || capacity > file_size - offset)
		return -EBADMSG;
	if (geometry->base > VMAP_SHARED_POSITION_MAX || geometry->first_offset > offset - VMAP_SHARED_HEADER_SIZE)
		return -EBADMSG;
	return 0;
}

int shared_check_positions(const struct shared_header *header, const struct shared_geometry *geometry)
{
	/* head before intent, floor and tail before head, as writers raise them the other way round. */
	uint64_t floor = atomic_load_explicit(&header->floor, memory_order_acquire);
	uint64_t tail = atomic_load_explicit(&header->tail, memory_order_acquire) & ~SHARED_TAIL_FROZEN;
	uint64_t head = atomic_load_explicit(&header->head, memory_order_acquire);
	uint64_t intent = atomic_load_explicit(&header->intent, memory_order_relaxed);
	if (floor > head || geometry->base > head || head > intent || intent > VMAP_SHARED_POSITION_MAX)
		return -EBADMSG;
	if (intent - head > geometry->capacity)
		return -EBADMSG;
	tail = shared_max(tail, geometry->base);
	if (geometry->policy == VMAP_RING_BOUNDED && (tail > head || head - tail > geometry->capacity))
		return -EBADMSG;
	return 0;
}

/* As many bytes at @offset as the file has; the result is their number. */
static ssize_t read_at(int fd, void *dst, size_t len, uint64_t offset)
{
	ssize_t n;
	do {
		n = pread(fd, dst, len, (off_t)offset);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int shared_read_geometry(int fd, struct shared_geometry *ret_geometry)
{
	enum { TRIES = 16 };
	struct stat st;
	struct shared_geometry geometry;
	int r = -EBADMSG;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ENOMSG;
	/* A read(2) beside a write(2) of the same bytes may get some of both. */
	for (int i = 0; i < TRIES && r == -EBADMSG; i++) {
		ssize_t n = read_at(fd, &geometry, sizeof(geometry), 0);
		if (n < 0)
			return (int)n;
		/* Behind that: the file was given its length before it was given this geometry. */
		if (fstat(fd, &st) < 0)
			return -errno;
		r = check_geometry(&geometry, (size_t)n, (uint64_t)st.st_size);
	}
	if (r == 0)
		*ret_geometry = geometry;
	return r;
}

int vmap_shared_probe(int fd, struct vmap_shared_state *ret_state)
{
	enum { TRIES = 16 };
	struct shared_header *header = calloc(1, sizeof(*header));
	if (!header)
		return -ENOMEM;
	int r = -EAGAIN;
	struct shared_geometry geometry;
	/* A copy of a header in use can be of several moments; another one is not. */
	for (int i = 0; i < TRIES; i++) {
		r = shared_read_geometry(fd, &geometry);
		if (r < 0)
			break;
		ssize_t n = read_at(fd, header, SHARED_HEADER_USED, geometry.data_offset - VMAP_SHARED_HEADER_SIZE);
		r = n < 0 ? (int)n : (size_t)n < SHARED_HEADER_USED ? -EBADMSG : shared_check_positions(header, &geometry);
		if (r != -EBADMSG)
			break;
	}
	if (r == 0) {
		/* A ring around the copy: the window rules stand in one place. */
		struct vmap_shared ring = {
			.header = header,
			.geometry = geometry,
			.open_word = geometry.shape << SHARED_STATE_BITS,
		};
		atomic_init(&ring.generation, geometry.generation);
		atomic_init(&ring.attributes, geometry.attributes);
		/* Nobody has it mapped, as a rule: what was announced and is not there was announced by the dead. */
		atomic_store_explicit(&header->spoilt, atomic_load_explicit(&header->intent, memory_order_relaxed),
				      memory_order_relaxed);
		vmap_shared_get_state(&ring, ret_state);
	}
	free(header);
	return r;
}

/*
 * A file can be made to look as large as anybody likes, and four rings of the largest capacity take all addresses that there are.
 * So a large one must be no larger than its file system.
 */
static int check_room(int fd, uint64_t capacity)
{
	struct statvfs vfs;
	if (capacity <= ANY_CAPACITY)
		return 0;
	if (fstatvfs(fd, &vfs) < 0)
		return -errno;
	uint64_t total = (uint64_t)vfs.f_blocks * vfs.f_frsize;
	/* A file system without a size says 0. */
	return total != 0 && capacity > total ? -EFBIG : 0;
}

int shared_map(struct vmap_shared *ring, const struct shared_geometry *geometry, struct vmap_os_mirror *ret_map)
{
	if (geometry->capacity % vmap_allocation_size() != 0)
		return -EOPNOTSUPP;
	if (geometry->capacity > SIZE_MAX)
		return -EOVERFLOW;
	int r = check_room(ring->fd, geometry->capacity);
	if (r < 0)
		return r;
	struct vmap_os_mirror map = {0};
	r = vmap_os_mirror_map(ring->fd, VMAP_SHARED_HEADER_SIZE, geometry->data_offset, (size_t)geometry->capacity,
				   ring->writable ? VMAP_PROTECT_READ_WRITE : VMAP_PROTECT_READ_ONLY, &map);
	if (r < 0)
		return r;
	r = vmap_os_guard_add(map.base, map.length, &ring->broken);
	if (r < 0) {
		vmap_os_mirror_unmap(&map);
		return r;
	}
	/* A child that went on with this handle's slot would look like its owner. */
	if (ring->writable)
		vmap_os_dont_fork(map.base, map.length);
	*ret_map = map;
	return 0;
}

void shared_unmap(struct vmap_os_mirror *map)
{
	if (map->base)
		vmap_os_guard_remove(map->base);
	vmap_os_mirror_unmap(map);
}

struct shared_header *shared_header_of(const struct vmap_os_mirror *map)
{
	return (struct shared_header *)(void *)map->prefix;
}

int shared_map_current(struct vmap_shared *ring, struct shared_geometry *ret_geometry, struct vmap_os_mirror *ret_map)
{
	enum { TRIES = 16 };
	int r = -EBADMSG;
	/* Positions that are going on may look impossible to one who is interrupted between two of them; or it moves. */
	for (int i = 0; i < TRIES && r == -EBADMSG; i++) {
		struct shared_geometry geometry;
		struct vmap_os_mirror map = {0};
		r = shared_read_geometry(ring->fd, &geometry);
		if (r == 0)
			r = shared_map(ring, &geometry, &map);
		if (r < 0)
			return r;
		/* Who serves a damaged ring is who can begin it anew. */
		r = ring->serves ? 0 : shared_check_positions(shared_header_of(&map), &geometry);
		if (r < 0) {
			shared_unmap(&map);
			continue;
		}
		*ret_geometry = geometry;
		*ret_map = map;
	}
	return r;
}

void shared_adopt(struct vmap_shared *ring, const struct shared_geometry *geometry, const struct vmap_os_mirror *map)
{
	if (map->base != ring->map.base)
		shared_unmap(&ring->map);
	ring->map = *map;
	ring->header = shared_header_of(map);
	ring->geometry = *geometry;
	ring->open_word = geometry->shape << SHARED_STATE_BITS;
	atomic_store_explicit(&ring->attributes, geometry->attributes, memory_order_relaxed);
	atomic_store_explicit(&ring->generation, geometry->generation, memory_order_relaxed);
	uint64_t head = atomic_load_explicit(&ring->header->head, memory_order_acquire);
	head = head <= VMAP_SHARED_POSITION_MAX ? head : 0;
	uint64_t page = head - head % vmap_page_size();
	atomic_store_explicit(&ring->reserved_from, page, memory_order_relaxed);
	atomic_store_explicit(&ring->reserved_to, page, memory_order_relaxed);
}

/* The same, and the head there is where positions go on: what a writer that was locked out published is not there. */
static void adopt_head(struct vmap_shared *ring, const struct shared_geometry *geometry, const struct vmap_os_mirror *map)
{
	shared_adopt(ring, geometry, map);
	uint64_t head = atomic_load_explicit(&ring->header->head, memory_order_acquire);
	atomic_store_explicit(&ring->seen_head, head <= VMAP_SHARED_POSITION_MAX ? head : 0, memory_order_relaxed);
}

/* A writer that has died left its announcement, perhaps with nobody to notice until now. */
static int clean_up(struct vmap_shared *ring)
{
	struct shared_header *header = ring->header;
	int r = shared_claim_slot(ring);
	if (r < 0)
		return r;
	/* What the living are doing needs no help. */
	if (shared_lock_with_shape(ring, 0) < 0)
		return 0;
	uint64_t intent = atomic_load_explicit(&header->intent, memory_order_relaxed);
	if (intent > atomic_load_explicit(&header->head, memory_order_relaxed))
		atomic_store_explicit(&header->spoilt, intent, memory_order_relaxed);
	/* Any amount can be there, where somebody plays tricks; who opens the ring, and whom it serves, wait for a little of it. */
	shared_trim(ring, 0, vmap_os_monotonic_ns() + OPEN_TRIM_NS);
	(void)shared_unlock(ring);
	shared_unlock_shape(ring);
	return 0;
}

static int open_ring(int fd, bool serves, struct vmap_shared **ret_ring)
{
	bool writable = false;
	int r = check_descriptor(fd, &writable);
	if (r < 0)
		return r;
	struct shared_geometry geometry;
	r = shared_read_geometry(fd, &geometry); /* before anything is opened */
	if (r < 0)
		return r;
	struct vmap_shared *ring = calloc(1, sizeof(*ring));
	if (!ring)
		return -ENOMEM;
	ring->writable = writable;
	ring->serves = serves;
	ring->lifeline = -1;
	r = vmap_os_reopen(fd, &ring->fd);
	if (r < 0)
		goto err_free;
	r = -pthread_mutex_init(&ring->geometry_lock, NULL);
	if (r < 0)
		goto err_close;
	struct vmap_os_mirror map = {0};
	r = shared_map_current(ring, &geometry, &map);
	if (r < 0)
		goto err_mutex;
	adopt_head(ring, &geometry, &map);
	r = writable ? clean_up(ring) : 0;
	if (r < 0)
		goto err_unmap;
	*ret_ring = ring;
	return 0;

err_unmap:
	shared_unmap(&ring->map);
err_mutex:
	pthread_mutex_destroy(&ring->geometry_lock);
err_close:
	close(ring->fd);
err_free:
	free(ring);
	return r;
}

int vmap_shared_open(int fd, struct vmap_shared **ret_ring)
{
	return open_ring(fd, false, ret_ring);
}

int vmap_shared_open_serve(int fd, struct vmap_shared **ret_ring)
{
	struct vmap_shared *ring;
	int r = open_ring(fd, true, &ring);
	if (r < 0)
		return r;
	r = vmap_shared_serve(ring);
	if (r < 0)
		vmap_shared_close(ring);
	else
		*ret_ring = ring;
	return r;
}

int vmap_shared_create(const struct vmap_shared_options *options, struct vmap_shared **ret_ring)
{
	uint64_t capacity = vmap_shared_round_capacity(options->capacity);
	if (options->capacity == 0)
		return -EINVAL;
	if (capacity == 0 || capacity > SIZE_MAX - VMAP_SHARED_HEADER_SIZE)
		return -EFBIG;
	uint64_t size = VMAP_SHARED_HEADER_SIZE + capacity;
	int fd = -1;
	int r = vmap_os_memory_create((size_t)size, &fd);
	if (r < 0)
		return r;
	/* All of it now: where no page is left later, the answer would be a signal. */
	r = vmap_os_reserve(fd, 0, size);
	if (r == 0)
		r = format(fd, options, size);
	if (r == 0)
		r = vmap_shared_open(fd, ret_ring);
	close(fd);
	return r;
}

/* Set the state to @state, for everybody who has the ring mapped, and wake them. */
static void announce_end(struct vmap_shared *ring, enum shared_state state)
{
	enum { TRIES = 16 };
	struct shared_header *header = ring->header;
	atomic_store_explicit(&ring->end, state, memory_order_relaxed);
	uint32_t told = shared_settled_state(ring);
	uint32_t seen = atomic_load_explicit(&header->state, memory_order_relaxed);
	/* Not over what a change of shape says: this handle is told of that, and its reattach comes here again. */
	for (int i = 0; i < TRIES && seen != told && shared_has_header(ring) && (seen & SHARED_STATE_MASK) != SHARED_MOVED; i++)
		if (atomic_compare_exchange_strong(&header->state, &seen, told))
			seen = told;
	/* Unless whoever began that has died: those who find it settled would find the ring open. */
	if (seen != told && shared_lock_shape(ring, 0) == 0) {
		if (shared_check_state_slow(ring) == 0)
			shared_settle(ring);
		shared_unlock_shape(ring);
	}
	shared_wake(ring, &header->data_waiters, &header->data_seq);
	shared_wake(ring, &header->space_waiters, &header->space_seq);
}

int vmap_shared_reattach(struct vmap_shared *ring)
{
	struct shared_geometry geometry;
	int r = shared_read_geometry(ring->fd, &geometry);
	if (r < 0)
		return r;
	if (geometry.shape == ring->geometry.shape && geometry.data_offset == ring->geometry.data_offset)
		return 0;
	struct vmap_os_mirror map = {0};
	/* What has no pages any more may be the old part alone. */
	bool broken = atomic_exchange_explicit(&ring->broken, false, memory_order_relaxed);
	r = shared_map_current(ring, &geometry, &map);
	if (r < 0) {
		if (broken)
			atomic_store_explicit(&ring->broken, true, memory_order_relaxed);
		return r;
	}
	adopt_head(ring, &geometry, &map);
	if (ring->writable)
		shared_enter(ring);
	enum shared_state end = (enum shared_state)atomic_load_explicit(&ring->end, memory_order_relaxed);
	if (end != SHARED_OPEN)
		announce_end(ring, end);
	return 0;
}

void vmap_shared_close(struct vmap_shared *ring)
{
	if (!ring)
		return;
	pthread_mutex_destroy(&ring->geometry_lock);
	shared_unmap(&ring->map);
	if (ring->lifeline >= 0)
		close(ring->lifeline);
	close(ring->fd); /* and with it the slot */
	free(ring);
}

int vmap_shared_guard(void)
{
	return vmap_os_guard_install();
}

int vmap_shared_fd(const struct vmap_shared *ring)
{
	return ring->fd;
}

bool vmap_shared_is_writable(const struct vmap_shared *ring)
{
	return ring->writable;
}

int vmap_shared_sync(struct vmap_shared *ring)
{
	return fsync(ring->fd) < 0 ? -errno : 0;
}

int vmap_shared_serve(struct vmap_shared *ring)
{
	if (!ring->writable)
		return -EACCES;
	ring->serves = true;
	uint32_t closed = ring->open_word | SHARED_CLOSED;
	/* Not what a change of shape says: that is settled under the lock. */
	(void)atomic_compare_exchange_strong(&ring->header->state, &closed, ring->open_word);
	return 0;
}

void vmap_shared_end(struct vmap_shared *ring, bool removed)
{
	if (ring->serves)
		announce_end(ring, removed ? SHARED_REMOVED : SHARED_CLOSED);
}

const char *vmap_shared_strerror(int result)
{
	switch (-result) {
	case EAGAIN:
		return "has nothing newer, or no room, just now";
	case EBADMSG:
		return "is damaged";
	case EBUSY:
		return "another writer has stopped in the middle of an append or a change, or it holds more than it is to hold";
	case EIDRM:
		return "was removed";
	case EMSGSIZE:
		return "more than it can hold";
	case ENOMSG:
		return "is no ring";
	case ENOTCONN:
		return "its server has gone";
	case EOPNOTSUPP:
		return "has a policy or a feature that is not known here";
	case EPIPE:
		return "what was to be read was overwritten, or consumed by somebody else";
	case EPROTO:
		return "is of a newer version, or of a machine with another byte order";
	case ERANGE:
		return "a position that is not written yet";
	case ESHUTDOWN:
		return "its server has ended";
	case ESTALE:
		return "was given another shape";
	case ETIMEDOUT:
		return "nothing came in time";
	case EUSERS:
		return "64 writers have it open, or its server hands out no more";
	default:
		return strerror(-result);
	}
}
