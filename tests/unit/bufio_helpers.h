/* SPDX-License-Identifier: MIT */
/*
 * The other side of a reader or writer under test: a stream of bytes that tell their position, and that is
 * as unreliable as asked for.
 */
#ifndef TESTS_UNIT_BUFIO_HELPERS_H
#define TESTS_UNIT_BUFIO_HELPERS_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <vmap/bufio.h>

#include "map_helpers.h"

struct unsure {
	struct rng rng;
	uint64_t pos;       /* of the next byte it gives or expects */
	uint64_t end;       /* where it has no more to give */
	size_t most;        /* bytes in one call; 0: as many as asked for */
	unsigned int odds;  /* one call in so many fails with an error of the list; 0: none */
	int error;          /* what the next call fails with, once; 0: nothing */
	size_t n_calls;
	size_t n_flushes;
	bool wrong;         /* it was given bytes that do not belong at their position */
};

/* The error this call fails with, or 0. */
static inline int unsure_error(struct unsure *side)
{
	static const int errors[] = {-EINTR, -EINTR, -EAGAIN, -EAGAIN, -EIO, -EPIPE};
	side->n_calls++;
	int error = side->error;
	side->error = 0;
	if (error == 0 && side->odds > 0 && rng_below(&side->rng, side->odds) == 0)
		error = errors[rng_below(&side->rng, N_OF(errors))];
	return error;
}

/* How many of @len bytes this call handles. */
static inline size_t unsure_count(struct unsure *side, size_t len)
{
	size_t most = side->most > 0 && side->most < len ? side->most : len;
	return side->odds > 0 ? 1 + rng_below(&side->rng, most) : most;
}

static inline ssize_t unsure_read(void *context, void *dst, size_t len)
{
	struct unsure *side = context;
	MUST(len > 0);
	int error = unsure_error(side);
	if (error < 0)
		return error;
	if (side->pos == side->end)
		return 0;
	size_t n = unsure_count(side, len);
	if (n > side->end - side->pos)
		n = (size_t)(side->end - side->pos);
	pattern_fill(dst, side->pos, n);
	side->pos += n;
	return (ssize_t)n;
}

static inline ssize_t unsure_write(void *context, const void *src, size_t len)
{
	struct unsure *side = context;
	MUST(len > 0);
	int error = unsure_error(side);
	if (error < 0)
		return error;
	size_t n = unsure_count(side, len);
	side->wrong |= !pattern_matches(src, side->pos, n);
	side->pos += n;
	return (ssize_t)n;
}

static inline int unsure_flush(void *context)
{
	struct unsure *side = context;
	side->n_flushes++;
	return unsure_error(side);
}

static inline struct vmap_source unsure_source(struct unsure *side)
{
	return vmap_source_call(unsure_read, side);
}

static inline struct vmap_sink unsure_sink(struct unsure *side)
{
	return vmap_sink_call(unsure_write, unsure_flush, side);
}

static inline struct vmap_reader *reader_over(struct vmap_source source, size_t capacity)
{
	struct vmap_reader *reader = NULL;
	MUST(vmap_reader_create(source, capacity, &reader) == 0);
	return reader;
}

static inline struct vmap_writer *writer_over(struct vmap_sink sink, size_t capacity)
{
	struct vmap_writer *writer = NULL;
	MUST(vmap_writer_create(sink, capacity, &writer) == 0);
	return writer;
}

/* A call failed with @error, and left word of it. */
static inline void expect_noted(int result, int error, enum vmap_operation operation)
{
	struct vmap_error noted = vmap_last_error();
	cr_expect(eq(int, result, error));
	cr_expect(eq(int, noted.result, error));
	cr_expect(eq(int, (int)noted.operation, (int)operation));
}

static inline bool span_is(struct vmap_span span, const char *text)
{
	return span.len == strlen(text) && memcmp(span.data, text, span.len) == 0;
}

#endif
