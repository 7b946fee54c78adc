/* SPDX-License-Identifier: MIT */
/*
 * Readers and writers against a model of two numbers, over another side that is short, late or broken at
 * random.
 *
 * Bytes are a function of their position. Whatever calls returned, the bytes given out so far, those in the
 * buffer and those still to come are one stream without a gap. Seeds are fixed; a failure prints seed and
 * step.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "bufio_helpers.h"

enum { N_STEPS = 250000 };

struct run {
	struct unsure side;
	struct rng rng;
	uint64_t seed;
	int step;
	size_t capacity;
	uint64_t pos;   /* reader: of the next byte given out; writer: of the next byte to be written */
	uint8_t *bytes; /* room for the longest operation */
};

#define CHECK(run, condition)                                                                             \
	do {                                                                                              \
		if (!(condition))                                                                         \
			cr_fatal("seed %llu step %d capacity %zu: %s", (unsigned long long)(run)->seed,   \
				 (run)->step, (run)->capacity, #condition);                               \
	} while (0)

static struct vmap_ring *ring_at(size_t capacity, uint64_t start)
{
	struct vmap_ring *ring = NULL;
	MUST(vmap_ring_create_at(capacity, VMAP_RING_BOUNDED, start, &ring) == 0);
	return ring;
}

static struct run run_create(const struct vmap_ring *ring, uint64_t seed)
{
	struct run run = {.seed = seed, .rng = {.state = seed}, .capacity = vmap_ring_capacity(ring)};
	run.side = (struct unsure){.rng = {.state = ~seed}, .odds = 4};
	run.bytes = xmalloc(2 * run.capacity);
	return run;
}

static bool is_error_of_side(ssize_t r)
{
	return r == -EAGAIN || r == -EIO || r == -EPIPE;
}

/* Between quiet times and bad ones, short calls and whole ones. */
static void change_weather(struct run *run)
{
	static const unsigned int odds[] = {2, 3, 10, 100};
	run->side.odds = odds[rng_below(&run->rng, N_OF(odds))];
	run->side.most = rng_below(&run->rng, 2) ? 0 : 1 + rng_below(&run->rng, run->capacity);
}

static void reader_check(struct run *run, const struct vmap_reader *reader)
{
	struct vmap_span span = vmap_reader_buffer(reader);
	CHECK(run, span.len == run->side.pos - run->pos);
	CHECK(run, span.len <= run->capacity);
	if (run->step % 16 == 0)
		CHECK(run, pattern_matches(span.data, run->pos, span.len));
}

static void step_reader_read(struct run *run, struct vmap_reader *reader, size_t len)
{
	size_t buffered = vmap_reader_buffer(reader).len;
	ssize_t n = vmap_reader_read(reader, run->bytes, len);
	if (n < 0) {
		CHECK(run, is_error_of_side(n));
		CHECK(run, n != -EAGAIN || buffered == 0);
		return;
	}
	CHECK(run, (size_t)n <= len);
	CHECK(run, n > 0 || len == 0 || run->side.pos == run->side.end);
	CHECK(run, pattern_matches(run->bytes, run->pos, (size_t)n));
	run->pos += (uint64_t)n;
}

static void step_reader_fill(struct run *run, struct vmap_reader *reader)
{
	size_t before = vmap_reader_buffer(reader).len;
	bool asks = before <= vmap_reader_lowat(reader) && before < run->capacity;
	uint64_t pos = run->side.pos;
	ssize_t n = vmap_reader_fill(reader);
	CHECK(run, asks || n == 0);
	CHECK(run, n >= 0 ? (uint64_t)n == run->side.pos - pos : is_error_of_side(n));
}

static void step_reader_consume(struct run *run, struct vmap_reader *reader, size_t len)
{
	bool fits = len <= vmap_reader_buffer(reader).len;
	CHECK(run, vmap_reader_consume(reader, len) == (fits ? 0 : -EINVAL));
	run->pos += fits ? len : 0;
}

/* @len bytes at run->pos came as a line: it ends in the first newline, or with the stream. */
static void check_line(struct run *run, const uint8_t *line, size_t len)
{
	CHECK(run, pattern_matches(line, run->pos, len));
	const uint8_t *newline = len > 0 ? memchr(line, '\n', len) : NULL;
	CHECK(run, newline ? newline == line + len - 1 : run->side.pos == run->side.end);
	run->pos += len;
}

static void step_reader_line(struct run *run, struct vmap_reader *reader, size_t len)
{
	struct vmap_span span = {0};
	bool copies = rng_below(&run->rng, 2);
	ssize_t r = copies ? vmap_reader_read_line(reader, run->bytes, len) : vmap_reader_take_line(reader, &span);
	if (r == -EMSGSIZE)
		CHECK(run, vmap_reader_buffer(reader).len > (copies && len < run->capacity ? len : run->capacity - 1));
	else if (r < 0)
		CHECK(run, is_error_of_side(r));
	else
		check_line(run, copies ? run->bytes : span.data, copies ? (size_t)r : span.len);
}

static void step_reader(struct run *run, struct vmap_reader **reader)
{
	size_t len = rng_len(&run->rng, run->capacity);
	switch (rng_below(&run->rng, 16)) {
	case 0:
	case 1:
	case 2:
		step_reader_fill(run, *reader);
		break;
	case 3:
	case 4:
		step_reader_consume(run, *reader, len);
		break;
	case 5:
		vmap_reader_set_lowat(*reader, rng_below(&run->rng, 8) ? len : SIZE_MAX);
		break;
	case 6:
		change_weather(run);
		run->side.end = run->side.pos + rng_below(&run->rng, 8 * run->capacity);
		break;
	case 7:
		if (rng_below(&run->rng, 50) == 0) {
			struct vmap_source source;
			struct vmap_ring *ring;
			vmap_reader_into_parts(*reader, &source, &ring);
			MUST(vmap_reader_from_parts(source, ring, reader) == 0);
		}
		break;
	case 8:
	case 9:
	case 10:
	case 11:
		step_reader_line(run, *reader, len);
		break;
	default:
		step_reader_read(run, *reader, len);
		break;
	}
	reader_check(run, *reader);
}

static void run_reader(size_t capacity, uint64_t start, uint64_t seed)
{
	struct vmap_ring *ring = ring_at(capacity, start);
	struct run run = run_create(ring, seed);
	struct vmap_reader *reader = NULL;
	MUST(vmap_reader_from_parts(unsure_source(&run.side), ring, &reader) == 0);
	int n_steps = N_STEPS / (int)test_every();
	for (run.step = 0; run.step < n_steps; run.step++)
		step_reader(&run, &reader);
	run.side.odds = 0;
	while (run.pos < run.side.end)
		step_reader_read(&run, reader, run.capacity);
	reader_check(&run, reader);
	vmap_reader_destroy(reader);
	free(run.bytes);
}

static void writer_check(struct run *run, const struct vmap_writer *writer)
{
	struct vmap_span span = vmap_writer_buffer(writer);
	CHECK(run, !run->side.wrong);
	CHECK(run, span.len == run->pos - run->side.pos);
	CHECK(run, span.len <= run->capacity);
	if (run->step % 16 == 0)
		CHECK(run, pattern_matches(span.data, run->side.pos, span.len));
}

static void step_writer_write(struct run *run, struct vmap_writer *writer, size_t len)
{
	pattern_fill(run->bytes, run->pos, len);
	ssize_t n = vmap_writer_write(writer, run->bytes, len);
	if (n < 0) {
		CHECK(run, is_error_of_side(n));
		/* What fits is never refused for want of room in the sink. */
		CHECK(run, n != -EAGAIN || len > run->capacity - vmap_writer_buffer(writer).len);
		return;
	}
	CHECK(run, (size_t)n == len || (n > 0 && len > run->capacity));
	run->pos += (uint64_t)n;
}

static void step_writer_write_all(struct run *run, struct vmap_writer *writer, size_t len)
{
	/* Of more, nobody would know how much was taken. */
	if (len > run->capacity)
		len = run->capacity;
	pattern_fill(run->bytes, run->pos, len);
	int r = vmap_writer_write_all(writer, run->bytes, len);
	CHECK(run, r == 0 || is_error_of_side(r));
	run->pos += r == 0 ? len : 0;
}

static void step_writer_flush(struct run *run, struct vmap_writer *writer)
{
	int r = vmap_writer_flush(writer);
	if (r == 0)
		CHECK(run, vmap_writer_buffer(writer).len == 0);
	else
		CHECK(run, is_error_of_side(r));
}

static void step_writer(struct run *run, struct vmap_writer **writer)
{
	size_t len = rng_len(&run->rng, run->capacity);
	switch (rng_below(&run->rng, 16)) {
	case 0:
		step_writer_flush(run, *writer);
		break;
	case 1:
		change_weather(run);
		break;
	case 2:
		if (rng_below(&run->rng, 50) == 0) {
			struct vmap_sink sink;
			struct vmap_ring *ring;
			vmap_writer_into_parts(*writer, &sink, &ring);
			MUST(vmap_writer_from_parts(sink, ring, writer) == 0);
		}
		break;
	case 3:
		if (rng_below(&run->rng, 50) == 0) {
			struct vmap_sink sink;
			if (vmap_writer_into_inner(*writer, &sink) == 0) {
				CHECK(run, run->side.pos == run->pos);
				MUST(vmap_writer_from_parts(sink, ring_at(run->capacity, UINT64_MAX - 5), writer) == 0);
			}
		}
		break;
	case 4:
	case 5:
		step_writer_write_all(run, *writer, len);
		break;
	default:
		step_writer_write(run, *writer, len);
		break;
	}
	writer_check(run, *writer);
}

static void run_writer(size_t capacity, uint64_t start, uint64_t seed)
{
	struct vmap_ring *ring = ring_at(capacity, start);
	struct run run = run_create(ring, seed);
	struct vmap_writer *writer = NULL;
	MUST(vmap_writer_from_parts(unsure_sink(&run.side), ring, &writer) == 0);
	int n_steps = N_STEPS / (int)test_every();
	for (run.step = 0; run.step < n_steps; run.step++)
		step_writer(&run, &writer);
	run.side.odds = 0;
	CHECK(&run, vmap_writer_destroy(writer) == 0);
	CHECK(&run, run.side.pos == run.pos && !run.side.wrong);
	free(run.bytes);
}

static void run_capacities(void (*run)(size_t capacity, uint64_t start, uint64_t seed), uint64_t seed)
{
	size_t page = vmap_page_size();
	run(page, 0, seed);
	run(3 * page, UINT64_MAX - 100 * page, seed + 1);
	run(7 * page - 1, (uint64_t)INT64_MAX - 50 * page - 3, seed + 2);
	run(45 * page + 1, UINT64_MAX - 17u, seed + 3);
}

Test(bufio_model, of_a_reader_agrees)
{
	run_capacities(run_reader, 3000);
}

Test(bufio_model, of_a_writer_agrees)
{
	run_capacities(run_writer, 4000);
}
