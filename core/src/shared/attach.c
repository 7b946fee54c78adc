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
#include <unistd.h>

#include "shared_priv.h"

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

/* What a ring asks of its descriptor. */
static int check_descriptor(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0)
		return -errno;
	if ((flags & O_ACCMODE) != O_RDWR)
		return -EACCES;
	/* pwrite(2) would write behind the data, and say that it wrote the header. */
	return flags & O_APPEND ? -EINVAL : 0;
}

int vmap_shared_format(int fd, const struct vmap_shared_options *options)
{
	int r = check_descriptor(fd);
	if (r < 0)
		return r;
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
	if (st.st_size != 0)
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

	if (ftruncate(fd, (off_t)(VMAP_SHARED_HEADER_SIZE + capacity)) < 0) {
		r = -errno;
		goto out_free;
	}
	r = vmap_os_reserve(fd, 0, SHARED_HEADER_USED);
	if (r == 0)
		r = write_header(fd, header, SHARED_HEADER_USED); /* keeps I1 */
	if (r < 0 && ftruncate(fd, 0) < 0)
		r = -EIO;
out_free:
	free(header);
	return r;
}

/* Check the used part of a header, @len bytes of it, against the file's size; keeps I2. */
static int check_header(const struct shared_header *header, size_t len, uint64_t file_size)
{
	const struct shared_geometry *geometry = &header->geometry;
	if (len < sizeof(geometry->magic) || memcmp(geometry->magic, SHARED_MAGIC, sizeof(geometry->magic)) != 0)
		return -ENOMSG;
	if (len < SHARED_HEADER_USED)
		return -EBADMSG;
	if (geometry->bom != SHARED_BOM || geometry->version_major != SHARED_VERSION_MAJOR)
		return -EPROTO;
	if (geometry->crc32c != shared_crc32c(geometry, offsetof(struct shared_geometry, crc32c)))
		return -EBADMSG;
	bool bounded = geometry->policy == VMAP_RING_BOUNDED;
	if (geometry->feat_incompat != 0 || geometry->feat_ro_compat != 0 ||
	    (geometry->policy != VMAP_RING_OVERWRITE && !bounded))
		return -EOPNOTSUPP;
	uint64_t capacity = geometry->capacity;
	uint64_t offset = geometry->data_offset;
	if (geometry->header_size != VMAP_SHARED_HEADER_SIZE || capacity == 0 ||
	    capacity != vmap_shared_round_capacity(capacity) || offset < VMAP_SHARED_HEADER_SIZE ||
	    offset % VMAP_SHARED_UNIT != 0 || offset > file_size || capacity > file_size - offset)
		return -EBADMSG;
	/* head before intent, floor and tail before head, as writers raise them the other way round. */
	uint64_t floor = atomic_load_explicit(&header->floor, memory_order_relaxed);
	uint64_t tail = shared_max(atomic_load_explicit(&header->tail, memory_order_relaxed), geometry->base);
	uint64_t head = atomic_load_explicit(&header->head, memory_order_relaxed);
	uint64_t intent = atomic_load_explicit(&header->intent, memory_order_relaxed);
	if (floor > head || geometry->base > head || head > intent || intent - head > capacity ||
	    intent > VMAP_SHARED_POSITION_MAX)
		return -EBADMSG;
	if (bounded && (tail > head || head - tail > capacity))
		return -EBADMSG;
	return 0;
}

/* Read and check the header of @fd into @header. */
static int read_header(int fd, struct shared_header *header)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ENOMSG;
	ssize_t n;
	do {
		n = pread(fd, header, SHARED_HEADER_USED, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return check_header(header, (size_t)n, (uint64_t)st.st_size);
}

int vmap_shared_probe(int fd, struct vmap_shared_state *ret_state)
{
	struct shared_header *header = calloc(1, sizeof(*header));
	if (!header)
		return -ENOMEM;
	int r = read_header(fd, header);
	if (r == 0) {
		/* A ring around the copy: the window rules stand in one place. */
		struct vmap_shared ring = {
			.header = header,
			.geometry = header->geometry,
			.generation = header->geometry.generation,
			.spoilt = atomic_load_explicit(&header->intent, memory_order_relaxed),
		};
		vmap_shared_get_state(&ring, ret_state);
	}
	free(header);
	return r;
}

int vmap_shared_open(int fd, struct vmap_shared **ret_ring)
{
	int r = check_descriptor(fd);
	if (r < 0)
		return r;
	struct vmap_shared *ring = calloc(1, sizeof(*ring));
	struct shared_header *header = calloc(1, sizeof(*header));
	r = -ENOMEM;
	if (!ring || !header)
		goto err_free;
	r = read_header(fd, header);
	if (r < 0)
		goto err_free;
	ring->geometry = header->geometry;
	atomic_init(&ring->attributes, ring->geometry.attributes);
	atomic_init(&ring->generation, ring->geometry.generation);
	if (ring->geometry.capacity % vmap_allocation_size() != 0) {
		r = -EOPNOTSUPP;
		goto err_free;
	}
	ring->spoilt = atomic_load_explicit(&header->intent, memory_order_relaxed);
	uint64_t head = atomic_load_explicit(&header->head, memory_order_relaxed);
	ring->reserved_from = head - head % vmap_page_size();
	ring->reserved_to = ring->reserved_from;

	ring->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (ring->fd < 0) {
		r = -errno;
		goto err_free;
	}
	r = vmap_os_mirror_map(ring->fd, VMAP_SHARED_HEADER_SIZE, ring->geometry.data_offset,
			       (size_t)ring->geometry.capacity, &ring->map);
	if (r < 0)
		goto err_close;
	r = -pthread_mutex_init(&ring->lock, NULL);
	if (r < 0)
		goto err_unmap;
	ring->header = (struct shared_header *)(void *)ring->map.prefix;
	shared_trim(ring);
	free(header);
	*ret_ring = ring;
	return 0;

err_unmap:
	vmap_os_mirror_unmap(&ring->map);
err_close:
	close(ring->fd);
err_free:
	free(header);
	free(ring);
	return r;
}

void vmap_shared_close(struct vmap_shared *ring)
{
	if (!ring)
		return;
	pthread_mutex_destroy(&ring->lock);
	vmap_os_mirror_unmap(&ring->map);
	close(ring->fd);
	free(ring);
}

int vmap_shared_sync(struct vmap_shared *ring)
{
	return fsync(ring->fd) < 0 ? -errno : 0;
}
