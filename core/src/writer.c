/* SPDX-License-Identifier: MIT */
/*
 * A buffered writer: a bounded ring that is emptied into a sink.
 *
 * Invariants:
 * I1 The bytes the sink took and those in the ring are, in this order, what was written: a byte leaves the
 *    ring only when the sink has taken it, and nothing goes past a ring that is not empty.
 * I2 The sink is never given 0 bytes: when it takes none, it has failed.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include <vmap/bufio.h>

#include "error_priv.h"
#include "os/os_priv.h"

struct vmap_writer {
	struct vmap_ring *ring;
	struct vmap_sink sink;
};

int vmap_writer_from_parts(struct vmap_sink sink, struct vmap_ring *ring, struct vmap_writer **ret_writer)
{
	if (!vmap_ring_is_bounded(ring))
		return vmap_error_input(VMAP_OPERATION_RING_ALLOCATE, VMAP_INPUT_OPTIONS, -EINVAL);
	struct vmap_writer *writer = calloc(1, sizeof(*writer));
	if (!writer)
		return vmap_error_system(VMAP_OPERATION_RING_ALLOCATE, ENOMEM);
	writer->ring = ring;
	writer->sink = sink;
	*ret_writer = writer;
	return 0;
}

int vmap_writer_create(struct vmap_sink sink, size_t capacity, struct vmap_writer **ret_writer)
{
	struct vmap_ring *ring = NULL;
	int r = vmap_ring_create(capacity, VMAP_RING_BOUNDED, &ring);
	if (r < 0)
		return r;
	r = vmap_writer_from_parts(sink, ring, ret_writer);
	if (r < 0)
		vmap_ring_destroy(ring);
	return r;
}

void vmap_writer_into_parts(struct vmap_writer *writer, struct vmap_sink *ret_sink, struct vmap_ring **ret_ring)
{
	if (ret_sink)
		*ret_sink = writer->sink;
	if (ret_ring)
		*ret_ring = writer->ring;
	else
		vmap_ring_destroy(writer->ring);
	free(writer);
}

struct vmap_sink vmap_writer_sink(const struct vmap_writer *writer)
{
	return writer->sink;
}

size_t vmap_writer_capacity(const struct vmap_writer *writer)
{
	return vmap_ring_capacity(writer->ring);
}

struct vmap_span vmap_writer_buffer(const struct vmap_writer *writer)
{
	return vmap_ring_readable(writer->ring);
}

/* Give the sink at most @len bytes, at least 1 (keeps I2); the count, or a negative errno. */
static ssize_t sink_write(const struct vmap_sink *sink, const void *src, size_t len)
{
	ssize_t n;
	do {
		n = sink->write ? sink->write(sink->context, src, len) : vmap_os_fd_write(sink->fd, src, len);
	} while (n == -EINTR);
	if (n < 0 && n >= -INT_MAX)
		return vmap_error_system(VMAP_OPERATION_SINK_WRITE, (int)-n);
	if (n == 0 || (size_t)n > len) /* or no errno */
		return vmap_error_system(VMAP_OPERATION_SINK_WRITE, EIO);
	return n;
}

/* Write out all that is buffered. */
static int writer_push(struct vmap_writer *writer)
{
	for (;;) {
		struct vmap_span span = vmap_ring_readable(writer->ring);
		if (span.len == 0)
			return 0;
		ssize_t n = sink_write(&writer->sink, span.data, span.len);
		if (n < 0)
			return (int)n;
		vmap_ring_consume(writer->ring, (size_t)n);
	}
}

int vmap_writer_destroy(struct vmap_writer *writer)
{
	if (!writer)
		return 0;
	int r = writer_push(writer);
	vmap_writer_into_parts(writer, NULL, NULL);
	return r;
}

int vmap_writer_into_inner(struct vmap_writer *writer, struct vmap_sink *ret_sink)
{
	int r = writer_push(writer);
	if (r < 0)
		return r;
	vmap_writer_into_parts(writer, ret_sink, NULL);
	return 0;
}

/* Give the sink what has no room in the buffer: the count of @src that it took, or a negative errno. */
static ssize_t writer_pass(struct vmap_writer *writer, const void *src, size_t len)
{
	int r = writer_push(writer);
	if (r < 0)
		return r;
	if (len < vmap_writer_capacity(writer))
		return 0;
	return sink_write(&writer->sink, src, len);
}

ssize_t vmap_writer_write(struct vmap_writer *writer, const void *src, size_t len)
{
	if (len > SSIZE_MAX)
		return vmap_error_input(VMAP_OPERATION_RING_WRITE, VMAP_INPUT_INVALID_RANGE, -EINVAL);
	const uint8_t *from = src;
	size_t left = len;
	while (left > vmap_ring_writable(writer->ring).len || left >= vmap_writer_capacity(writer)) {
		ssize_t n = writer_pass(writer, from, left);
		if (n == -EAGAIN && left <= vmap_ring_writable(writer->ring).len)
			break; /* the sink has made room at least, or the buffer was empty */
		if (n < 0)
			return left < len ? (ssize_t)(len - left) : n;
		from += n;
		left -= (size_t)n;
	}
	vmap_ring_write(writer->ring, from, left);
	return (ssize_t)len;
}

int vmap_writer_write_all(struct vmap_writer *writer, const void *src, size_t len)
{
	const uint8_t *from = src;
	while (len > 0) {
		ssize_t n = vmap_writer_write(writer, from, len);
		if (n < 0)
			return (int)n;
		from += n;
		len -= (size_t)n;
	}
	return 0;
}

int vmap_writer_flush(struct vmap_writer *writer)
{
	int r = writer_push(writer);
	if (r < 0 || !writer->sink.flush)
		return r;
	do {
		r = writer->sink.flush(writer->sink.context);
	} while (r == -EINTR);
	return r < 0 ? vmap_error_system(VMAP_OPERATION_SINK_FLUSH, -r) : 0;
}
