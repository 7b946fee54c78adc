/* SPDX-License-Identifier: MIT */
/*
 * Writers and readers in threads on one mapped ring of 64 KiB: nobody ever sees a byte in a wrong place.
 *
 * One mapping for all threads, on purpose: ThreadSanitizer goes by address and is blind to a race between
 * two mappings of one page.
 *
 * What holds for each reader, however slow it is:
 * I1 Every line it gets is whole, but for a first part directly behind an overrun.
 * I2 The lines of one writer come in order and never twice.
 * I3 The bytes it was told it lost are exactly the lines it did not get.
 *
 * usage: threads [SECONDS]
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "lines.h"

enum { N_WRITERS = 3, N_READERS = 4 };

struct stress {
	struct vmap_shared *ring;
	_Atomic bool stop; /* writers end */
	_Atomic bool done; /* nothing more comes: readers end at the head */
	uint64_t n_lines[N_WRITERS]; /* set by each writer when it ends, read after the join */
	uint64_t n_bytes[N_WRITERS];
};

struct writer {
	pthread_t thread;
	struct stress *stress;
	uint32_t key;
};

struct reader {
	pthread_t thread;
	struct stress *stress;
	unsigned id;
	bool by_line;
	struct rng rng;
	unsigned slow_us; /* upper bound of its pauses, 0: none */
	uint64_t cursor;
	uint64_t next[N_WRITERS]; /* the line expected of each writer */
	uint64_t n_lines, n_overruns;
	uint64_t lost;    /* bytes, by the cursor's jumps and the parts of lines thrown away */
	uint64_t missing; /* bytes, by the lengths of the lines that were skipped */
	char *scratch;
};

static void *writer_main(void *arg)
{
	struct writer *writer = arg;
	struct stress *stress = writer->stress;
	struct rng rng = {.state = 5000 + writer->key};
	char *bytes = xmalloc(LINE_MAX_LEN);
	uint64_t number = 0, n_bytes = 0;
	while (!atomic_load_explicit(&stress->stop, memory_order_relaxed)) {
		size_t len = line_build(bytes, writer->key, number++);
		ssize_t n = vmap_shared_append(stress->ring, bytes, len);
		if (n != (ssize_t)len)
			fail("append of %zu bytes gave %zd", len, n);
		n_bytes += len;
		/* Bursts, and gaps in which readers catch up. */
		if (rng_below(&rng, 2000) == 0)
			pause_us((unsigned)rng_below(&rng, 4000));
	}
	stress->n_lines[writer->key] = number;
	stress->n_bytes[writer->key] = n_bytes;
	free(bytes);
	return NULL;
}

static void reader_skip_to(struct reader *reader, uint32_t key, uint64_t number)
{
	for (uint64_t i = reader->next[key]; i < number; i++)
		reader->missing += line_len(key, i);
	reader->next[key] = number;
}

static void reader_take(struct reader *reader, const struct line *line)
{
	if (line->key >= N_WRITERS)
		fail("reader %u: a line of nobody's, key %x", reader->id, line->key);
	if (line->number < reader->next[line->key])
		fail("reader %u: line %llu of writer %u comes again", reader->id, (unsigned long long)line->number,
		     line->key); /* I2 */
	reader_skip_to(reader, line->key, line->number);
	reader->next[line->key]++;
	reader->n_lines++;
}

static void reader_pause(struct reader *reader)
{
	if (reader->slow_us > 0 && rng_below(&reader->rng, 50) == 0)
		pause_us((unsigned)rng_below(&reader->rng, reader->slow_us));
}

/* True when the reader is through: nothing new, and nothing more to come. */
static bool reader_at_end(struct reader *reader, bool was_done, ssize_t n)
{
	if (n != -EAGAIN)
		fail("reader %u at %llu: error %zd", reader->id, (unsigned long long)reader->cursor, n);
	if (!was_done)
		sched_yield();
	return was_done;
}

static void count_loss(struct reader *reader, uint64_t before)
{
	if (reader->cursor <= before)
		fail("reader %u: an overrun moved the cursor from %llu to %llu", reader->id, (unsigned long long)before,
		     (unsigned long long)reader->cursor);
	reader->lost += reader->cursor - before;
	reader->n_overruns++;
}

/* Reads pieces of any length and puts lines together itself. */
static void read_pieces(struct reader *reader)
{
	struct stress *stress = reader->stress;
	char *held = xmalloc(LINE_MAX_LEN + LINE_RING);
	size_t n_held = 0;
	bool part = false; /* the held bytes may begin inside a line */
	for (;;) {
		size_t want = 1 + (rng_below(&reader->rng, 4) == 0 ? rng_below(&reader->rng, LINE_RING)
								   : rng_below(&reader->rng, 1000));
		bool was_done = atomic_load(&stress->done);
		uint64_t before = reader->cursor;
		ssize_t n = vmap_shared_read(stress->ring, &reader->cursor, held + n_held, want);
		if (n == -EPIPE) {
			count_loss(reader, before);
			reader->lost += n_held;
			n_held = 0;
			part = true;
			continue;
		}
		if (n < 0) {
			if (reader_at_end(reader, was_done, n))
				break;
			continue;
		}
		n_held += (size_t)n;
		char *line = held, *newline;
		while ((newline = memchr(line, '\n', n_held - (size_t)(line - held)))) {
			size_t len = (size_t)(newline - line) + 1;
			struct line parsed;
			if (line_parse(line, len, reader->scratch, &parsed))
				reader_take(reader, &parsed);
			else if (part)
				reader->lost += len;
			else
				fail("reader %u: torn line of %zu bytes before %llu", reader->id, len,
				     (unsigned long long)reader->cursor); /* I1 */
			part = false;
			line = newline + 1;
		}
		n_held -= (size_t)(line - held);
		memmove(held, line, n_held);
		if (n_held > LINE_MAX_LEN)
			fail("reader %u: no line end in %zu bytes", reader->id, n_held);
		reader_pause(reader);
	}
	if (n_held > 0)
		fail("reader %u: the ring ends inside a line", reader->id);
	free(held);
}

/* Reads line by line and goes on at the oldest whole line after an overrun. */
static void read_lines(struct reader *reader)
{
	struct stress *stress = reader->stress;
	char *bytes = xmalloc(LINE_MAX_LEN);
	bool skipped = false;
	for (;;) {
		bool was_done = atomic_load(&stress->done);
		uint64_t before = reader->cursor;
		ssize_t n = vmap_shared_read_line(stress->ring, &reader->cursor, bytes, LINE_MAX_LEN);
		if (n == -EPIPE) {
			uint64_t oldest = vmap_shared_oldest(stress->ring, VMAP_ALIGN_LINE);
			if (oldest < reader->cursor)
				fail("reader %u: oldest line at %llu below the tail %llu", reader->id,
				     (unsigned long long)oldest, (unsigned long long)reader->cursor);
			reader->cursor = oldest;
			count_loss(reader, before);
			skipped = true;
			continue;
		}
		if (n < 0) {
			if (reader_at_end(reader, was_done, n))
				break;
			continue;
		}
		struct line parsed;
		if (line_parse(bytes, (size_t)n, reader->scratch, &parsed))
			reader_take(reader, &parsed);
		else if (skipped && line_is_long_part(bytes, (size_t)n))
			reader->lost += (uint64_t)n; /* no line started in all that could be read */
		else
			fail("reader %u: torn line of %zd bytes before %llu", reader->id, n,
			     (unsigned long long)reader->cursor); /* I1 */
		skipped = false;
		reader_pause(reader);
	}
	free(bytes);
}

static void *reader_main(void *arg)
{
	struct reader *reader = arg;
	reader->scratch = xmalloc(LINE_MAX_LEN);
	if (reader->by_line)
		read_lines(reader);
	else
		read_pieces(reader);
	free(reader->scratch);
	return NULL;
}

/* Watches the state for @seconds, clears the ring now and then. */
static void watch(struct stress *stress, double seconds)
{
	double end = monotonic_s() + seconds;
	struct vmap_shared_state last, state;
	vmap_shared_get_state(stress->ring, &last);
	for (int i = 1; monotonic_s() < end; i++) {
		vmap_shared_get_state(stress->ring, &state);
		if (state.head < last.head || state.floor < last.floor || state.mtime_ns < last.mtime_ns ||
		    state.records < last.records || state.bytes < last.bytes)
			fail("the state went back");
		if (state.tail > state.head || state.head - state.tail > state.capacity || state.tail < state.floor)
			fail("impossible window: tail %llu head %llu", (unsigned long long)state.tail,
			     (unsigned long long)state.head);
		last = state;
		if (i % 100 == 0)
			vmap_shared_clear(stress->ring);
		pause_us(500);
	}
}

static void check_totals(const struct stress *stress, struct reader *reader, uint64_t head)
{
	uint64_t n_bytes = 0;
	for (uint32_t key = 0; key < N_WRITERS; key++) {
		if (reader->next[key] > stress->n_lines[key])
			fail("reader %u: lines that writer %u never wrote", reader->id, key);
		reader_skip_to(reader, key, stress->n_lines[key]);
		n_bytes += stress->n_bytes[key];
	}
	if (head != n_bytes)
		fail("head at %llu after %llu bytes", (unsigned long long)head, (unsigned long long)n_bytes);
	if (reader->cursor != head)
		fail("reader %u ended at %llu of %llu", reader->id, (unsigned long long)reader->cursor,
		     (unsigned long long)head);
	if (reader->lost != reader->missing) /* I3 */
		fail("reader %u was told of %llu lost bytes and misses %llu", reader->id,
		     (unsigned long long)reader->lost, (unsigned long long)reader->missing);
}

int main(int argc, char **argv)
{
	double seconds = stress_seconds(argc > 1 ? argv[1] : NULL);
	lines_init();
	static struct stress stress;
	static struct writer writers[N_WRITERS];
	static struct reader readers[N_READERS];
	stress.ring = ring_open(LINE_RING, 0);
	for (unsigned i = 0; i < N_READERS; i++) {
		readers[i] = (struct reader){.stress = &stress,
					     .id = i,
					     .by_line = i % 2,
					     .slow_us = i < 2 ? 0 : 3000,
					     .rng = {.state = 6000 + i}};
		MUST(pthread_create(&readers[i].thread, NULL, reader_main, &readers[i]) == 0);
	}
	for (uint32_t i = 0; i < N_WRITERS; i++) {
		writers[i] = (struct writer){.stress = &stress, .key = i};
		MUST(pthread_create(&writers[i].thread, NULL, writer_main, &writers[i]) == 0);
	}
	watch(&stress, seconds);
	atomic_store(&stress.stop, true);
	for (unsigned i = 0; i < N_WRITERS; i++)
		MUST(pthread_join(writers[i].thread, NULL) == 0);
	atomic_store(&stress.done, true);
	for (unsigned i = 0; i < N_READERS; i++)
		MUST(pthread_join(readers[i].thread, NULL) == 0);

	struct vmap_shared_state state;
	vmap_shared_get_state(stress.ring, &state);
	uint64_t n_lines = 0, n_read = 0, n_overruns = 0;
	for (unsigned i = 0; i < N_WRITERS; i++)
		n_lines += stress.n_lines[i];
	for (unsigned i = 0; i < N_READERS; i++) {
		check_totals(&stress, &readers[i], state.head);
		n_read += readers[i].n_lines;
		n_overruns += readers[i].n_overruns;
	}
	if (state.records != n_lines)
		fail("%llu records for %llu lines", (unsigned long long)state.records, (unsigned long long)n_lines);
	vmap_shared_close(stress.ring);
	printf("threads: %llu lines written, %llu read and whole, %llu overruns, every lost byte accounted for\n",
	       (unsigned long long)n_lines, (unsigned long long)n_read, (unsigned long long)n_overruns);
	return 0;
}
