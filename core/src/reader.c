/* SPDX-License-Identifier: MIT */
/*
 * A buffered reader: a bounded ring that a source fills.
 *
 * Invariants:
 * I1 The bytes given out, those in the ring and those still in the source are, in this order, what the source
 *    has: a byte leaves the ring only when the caller gets it or gives it up.
 * I2 The source is never asked for 0 bytes: its 0 always means the end.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <vmap/bufio.h>

#include "error_priv.h"
#include "os/os_priv.h"

struct vmap_reader {
	struct vmap_ring *ring;
	struct vmap_source source;
	size_t lowat;
};

int vmap_reader_from_parts(struct vmap_source source, struct vmap_ring *ring, struct vmap_reader **ret_reader)
{
	if (!vmap_ring_is_bounded(ring))
		return vmap_error_input(VMAP_OPERATION_RING_ALLOCATE, VMAP_INPUT_OPTIONS, -EINVAL);
	struct vmap_reader *reader = calloc(1, sizeof(*reader));
	if (!reader)
		return vmap_error_system(VMAP_OPERATION_RING_ALLOCATE, ENOMEM);
	reader->ring = ring;
	reader->source = source;
	*ret_reader = reader;
	return 0;
}

int vmap_reader_create(struct vmap_source source, size_t capacity, struct vmap_reader **ret_reader)
{
	struct vmap_ring *ring = NULL;
	int r = vmap_ring_create(capacity, VMAP_RING_BOUNDED, &ring);
	if (r < 0)
		return r;
	r = vmap_reader_from_parts(source, ring, ret_reader);
	if (r < 0)
		vmap_ring_destroy(ring);
	return r;
}

void vmap_reader_into_parts(struct vmap_reader *reader, struct vmap_source *ret_source, struct vmap_ring **ret_ring)
{
	if (ret_source)
		*ret_source = reader->source;
	if (ret_ring)
		*ret_ring = reader->ring;
	else
		vmap_ring_destroy(reader->ring);
	free(reader);
}

void vmap_reader_destroy(struct vmap_reader *reader)
{
	if (reader)
		vmap_reader_into_parts(reader, NULL, NULL);
}

struct vmap_source vmap_reader_source(const struct vmap_reader *reader)
{
	return reader->source;
}

size_t vmap_reader_capacity(const struct vmap_reader *reader)
{
	return vmap_ring_capacity(reader->ring);
}

size_t vmap_reader_lowat(const struct vmap_reader *reader)
{
	return reader->lowat;
}

void vmap_reader_set_lowat(struct vmap_reader *reader, size_t lowat)
{
	reader->lowat = lowat;
}

struct vmap_span vmap_reader_buffer(const struct vmap_reader *reader)
{
	return vmap_ring_readable(reader->ring);
}

/* Ask the source for at most @len bytes, at least 1 (keeps I2); the count, 0 at its end, or a negative errno. */
static ssize_t source_read(const struct vmap_source *source, void *dst, size_t len)
{
	ssize_t n;
	do {
		n = source->read ? source->read(source->context, dst, len) : vmap_os_fd_read(source->fd, dst, len);
	} while (n == -EINTR);
	if (n < 0 && n >= -INT_MAX)
		return vmap_error_system(VMAP_OPERATION_SOURCE_READ, (int)-n);
	if ((size_t)n > len) /* or no errno */
		return vmap_error_system(VMAP_OPERATION_SOURCE_READ, EIO);
	return n;
}

/* Read ahead into a ring that has room. */
static ssize_t reader_pull(struct vmap_reader *reader)
{
	struct vmap_span_mut room = vmap_ring_writable(reader->ring);
	ssize_t n = source_read(&reader->source, room.data, room.len);
	if (n > 0)
		vmap_ring_feed(reader->ring, (size_t)n);
	return n;
}

ssize_t vmap_reader_fill(struct vmap_reader *reader)
{
	size_t buffered = vmap_reader_buffer(reader).len;
	if (buffered > reader->lowat || buffered == vmap_reader_capacity(reader))
		return 0;
	return reader_pull(reader);
}

int vmap_reader_consume(struct vmap_reader *reader, size_t len)
{
	return vmap_ring_consume(reader->ring, len);
}

ssize_t vmap_reader_read(struct vmap_reader *reader, void *dst, size_t len)
{
	if (len > SSIZE_MAX)
		return vmap_error_input(VMAP_OPERATION_RING_READ, VMAP_INPUT_INVALID_RANGE, -EINVAL);
	if (len == 0)
		return 0;
	size_t buffered = vmap_reader_buffer(reader).len;
	if (buffered == 0 && len >= vmap_reader_capacity(reader))
		return source_read(&reader->source, dst, len);
	ssize_t n = vmap_reader_fill(reader);
	if (n < 0 && !(n == -EAGAIN && buffered > 0))
		return n;
	return vmap_ring_read(reader->ring, dst, len);
}

/* Read ahead until the buffer begins with a run that ends in @delimiter, or with the source's last one. */
static int reader_find(struct vmap_reader *reader, uint8_t delimiter, size_t *ret_len)
{
	size_t scanned = 0;
	for (;;) {
		struct vmap_span span = vmap_reader_buffer(reader);
		const uint8_t *bytes = span.data;
		const uint8_t *found = memchr(bytes + scanned, delimiter, span.len - scanned);
		if (found) {
			*ret_len = (size_t)(found - bytes) + 1;
			return 0;
		}
		scanned = span.len;
		if (scanned == vmap_reader_capacity(reader))
			return vmap_error_input(VMAP_OPERATION_RING_READ, VMAP_INPUT_INVALID_RANGE, -EMSGSIZE);
		ssize_t n = reader_pull(reader);
		if (n < 0)
			return (int)n;
		if (n == 0) {
			*ret_len = scanned;
			return 0;
		}
	}
}

int vmap_reader_take_until(struct vmap_reader *reader, uint8_t delimiter, struct vmap_span *ret_span)
{
	size_t len = 0;
	int r = reader_find(reader, delimiter, &len);
	if (r < 0)
		return r;
	*ret_span = (struct vmap_span){.data = vmap_reader_buffer(reader).data, .len = len};
	return vmap_reader_consume(reader, len);
}

int vmap_reader_take_line(struct vmap_reader *reader, struct vmap_span *ret_span)
{
	return vmap_reader_take_until(reader, '\n', ret_span);
}

ssize_t vmap_reader_read_until(struct vmap_reader *reader, uint8_t delimiter, void *dst, size_t len)
{
	size_t found = 0;
	int r = reader_find(reader, delimiter, &found);
	if (r < 0)
		return r;
	if (found > len)
		return vmap_error_input(VMAP_OPERATION_RING_READ, VMAP_INPUT_INVALID_RANGE, -EMSGSIZE);
	return vmap_ring_read(reader->ring, dst, found);
}

ssize_t vmap_reader_read_line(struct vmap_reader *reader, void *dst, size_t len)
{
	return vmap_reader_read_until(reader, '\n', dst, len);
}
