/* SPDX-License-Identifier: MIT */
/*
 * Writers and consumers in threads on one bounded ring: every line is consumed exactly once.
 *
 * I1 A consumer gets whole lines, whole again when it looks twice.
 * I2 No line is consumed twice and none is left over; each writer's lines are consumed in their order.
 * I3 Who only looks sees whole lines, or is told that they were consumed.
 * I4 A ring that says it is full is full: head - tail never exceeds the capacity, and nothing is overwritten.
 *
 * usage: queue [SECONDS]
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "lines.h"

enum { N_WRITERS = 3, N_CONSUMERS = 3, N_SLOTS = 1 << 16, CAPACITY = 3 * LINE_RING };

struct stress {
	struct vmap_shared *ring;
	_Atomic bool stop; /* writers end */
	_Atomic bool done; /* nothing more comes */
	uint64_t n_lines[N_WRITERS];
	uint64_t n_bytes[N_WRITERS];
	_Atomic uint64_t n_full;
	/* Line n goes into slot n % N_SLOTS when it is consumed. */
	struct {
		_Atomic uint64_t n_lines, sum; /* how many, and the sum of their numbers */
	} seen[N_WRITERS][N_SLOTS];
};

struct thread {
	pthread_t thread;
	struct stress *stress;
	unsigned id;
	uint64_t n_lines, n_lost_races;
	uint64_t next[N_WRITERS]; /* no line below it can come */
	char *scratch;
};

static void *writer_main(void *arg)
{
	struct thread *self = arg;
	struct stress *stress = self->stress;
	struct rng rng = {.state = 8000 + self->id};
	char *bytes = xmalloc(LINE_MAX_LEN);
	uint64_t number = 0, n_bytes = 0;
	while (!atomic_load_explicit(&stress->stop, memory_order_relaxed)) {
		size_t len = line_build(bytes, self->id, number);
		ssize_t n;
		while ((n = vmap_shared_append(stress->ring, bytes, len)) == -EAGAIN) {
			atomic_fetch_add_explicit(&stress->n_full, 1, memory_order_relaxed);
			sched_yield();
		}
		if (n != (ssize_t)len)
			fail("append of %zu bytes gave %zd", len, n);
		number++;
		n_bytes += len;
		if (rng_below(&rng, 2000) == 0)
			pause_us((unsigned)rng_below(&rng, 2000));
	}
	stress->n_lines[self->id] = number;
	stress->n_bytes[self->id] = n_bytes;
	free(bytes);
	return NULL;
}

/* The length of the whole lines in front of @bytes; 0 if there is none. */
static size_t whole_lines(const struct thread *self, const char *bytes, size_t len, size_t n_max)
{
	size_t at = 0;
	for (size_t n = 0; n < n_max; n++) {
		const char *newline = memchr(bytes + at, '\n', len - at);
		if (!newline)
			break;
		struct line line;
		size_t line_len_ = (size_t)(newline - bytes) + 1 - at;
		if (!line_parse(bytes + at, line_len_, self->scratch, &line) || line.key >= N_WRITERS)
			fail("consumer %u: torn line of %zu bytes, %zu behind the tail", self->id, line_len_, at); /* I1 */
		at += line_len_;
	}
	return at;
}

static void mark_seen(struct thread *self, const char *bytes, size_t len)
{
	for (size_t at = 0; at < len;) {
		const char *newline = memchr(bytes + at, '\n', len - at);
		size_t n = (size_t)(newline - bytes) + 1 - at;
		struct line line;
		if (!line_parse(bytes + at, n, self->scratch, &line))
			fail("consumer %u: a line changed in private memory", self->id);
		if (line.number < self->next[line.key])
			fail("consumer %u: line %llu of writer %u was consumed out of turn", self->id,
			     (unsigned long long)line.number, line.key); /* I2 */
		self->next[line.key] = line.number + 1;
		atomic_fetch_add(&self->stress->seen[line.key][line.number % N_SLOTS].n_lines, 1);
		atomic_fetch_add(&self->stress->seen[line.key][line.number % N_SLOTS].sum, line.number);
		self->n_lines++;
		at += n;
	}
}

static void *consumer_main(void *arg)
{
	struct thread *self = arg;
	struct stress *stress = self->stress;
	struct rng rng = {.state = 8100 + self->id};
	self->scratch = xmalloc(LINE_MAX_LEN);
	char *bytes = xmalloc(CAPACITY);
	for (;;) {
		bool was_done = atomic_load(&stress->done);
		uint64_t from = vmap_shared_oldest(stress->ring, VMAP_ALIGN_BYTE), cursor = from;
		/* As long as the longest line, or all there is. */
		size_t want = rng_below(&rng, 4) == 0 ? CAPACITY : LINE_MAX_LEN;
		ssize_t n = vmap_shared_read(stress->ring, &cursor, bytes, want);
		if (n == -EPIPE) {
			self->n_lost_races++;
			continue;
		}
		if (n == -EAGAIN) {
			if (was_done)
				break;
			sched_yield();
			continue;
		}
		if (n <= 0)
			fail("consumer %u at %llu: error %zd", self->id, (unsigned long long)from, n);
		size_t len = whole_lines(self, bytes, (size_t)n, 1 + rng_below(&rng, 20));
		int r = vmap_shared_consume(stress->ring, from, len);
		if (len == 0 && r != -EPIPE)
			fail("consumer %u: no line end in %zd bytes", self->id, n); /* I1; else the read was cut short */
		if (r == 0)
			mark_seen(self, bytes, len);
		else if (r == -EPIPE)
			self->n_lost_races++;
		else
			fail("consume gave %d", r);
		if (rng_below(&rng, 3000) == 0)
			pause_us((unsigned)rng_below(&rng, 3000)); /* let it fill up */
	}
	free(bytes);
	free(self->scratch);
	return NULL;
}

/* Looks and takes nothing. */
static void *looker_main(void *arg)
{
	struct thread *self = arg;
	struct stress *stress = self->stress;
	self->scratch = xmalloc(LINE_MAX_LEN);
	char *bytes = xmalloc(LINE_MAX_LEN);
	uint64_t cursor = 0;
	while (!atomic_load(&stress->done)) {
		uint64_t before = cursor;
		ssize_t n = vmap_shared_read_line(stress->ring, &cursor, bytes, LINE_MAX_LEN);
		struct line line;
		if (n == -EPIPE && cursor > before)
			self->n_lost_races++;
		else if (n == -EAGAIN)
			sched_yield();
		else if (n < 0)
			fail("the looker at %llu: error %zd", (unsigned long long)before, n);
		else if (!line_parse(bytes, (size_t)n, self->scratch, &line))
			fail("the looker: torn line of %zd bytes before %llu", n, (unsigned long long)cursor); /* I3 */
		else
			self->n_lines++;
	}
	free(bytes);
	free(self->scratch);
	return NULL;
}

/* What may be asked and changed at any time, by anybody. */
static void watch(struct stress *stress, double seconds)
{
	double end = monotonic_s() + seconds;
	struct vmap_shared_state last = ring_state(stress->ring);
	for (uint64_t i = 1; monotonic_s() < end; i++) {
		struct vmap_shared_state state = ring_state(stress->ring);
		if (state.head < last.head || state.tail < last.tail || state.generation < last.generation)
			fail("the state went back");
		if (state.tail > state.head || state.head - state.tail > state.capacity)
			fail("impossible window: tail %llu head %llu", (unsigned long long)state.tail,
			     (unsigned long long)state.head); /* I4 */
		last = state;
		int r = vmap_shared_set_attributes(stress->ring, i);
		if (r < 0 || vmap_shared_attributes(stress->ring) != i)
			fail("attributes: %d", r);
		vmap_shared_count_dropped(stress->ring);
		vmap_shared_count_lost(stress->ring, 2);
		vmap_shared_set_mtime(stress->ring, i);
		pause_us(500);
	}
}

static void check_totals(const struct stress *stress)
{
	uint64_t n_bytes = 0, n_lines = 0;
	for (unsigned key = 0; key < N_WRITERS; key++) {
		n_bytes += stress->n_bytes[key];
		n_lines += stress->n_lines[key];
		for (uint64_t slot = 0; slot < N_SLOTS; slot++) {
			uint64_t lines = stress->n_lines[key];
			uint64_t n = lines / N_SLOTS + (slot < lines % N_SLOTS ? 1 : 0);
			uint64_t sum = n * slot + (n > 0 ? n * (n - 1) / 2 * N_SLOTS : 0);
			if (stress->seen[key][slot].n_lines != n || stress->seen[key][slot].sum != sum)
				fail("writer %u, slot %llu: %llu lines consumed of %llu, or others", key,
				     (unsigned long long)slot, (unsigned long long)stress->seen[key][slot].n_lines,
				     (unsigned long long)n); /* I2 */
		}
	}
	struct vmap_shared_state state = ring_state(stress->ring);
	if (state.head != n_bytes || state.tail != n_bytes || state.bytes != n_bytes || state.records != n_lines)
		fail("tail %llu, head %llu after %llu bytes", (unsigned long long)state.tail, (unsigned long long)state.head,
		     (unsigned long long)n_bytes);
	if (state.overwritten != 0 || state.lost != 2 * state.dropped)
		fail("%llu bytes overwritten, %llu lost", (unsigned long long)state.overwritten,
		     (unsigned long long)state.lost); /* I4 */
}

int main(int argc, char **argv)
{
	double seconds = stress_seconds(argc > 1 ? argv[1] : NULL);
	lines_init();
	static struct stress stress;
	static struct thread writers[N_WRITERS], consumers[N_CONSUMERS], looker;
	stress.ring = ring_open_with(CAPACITY, 0, VMAP_RING_BOUNDED);
	looker = (struct thread){.stress = &stress};
	MUST(pthread_create(&looker.thread, NULL, looker_main, &looker) == 0);
	for (unsigned i = 0; i < N_CONSUMERS; i++) {
		consumers[i] = (struct thread){.stress = &stress, .id = i};
		MUST(pthread_create(&consumers[i].thread, NULL, consumer_main, &consumers[i]) == 0);
	}
	for (unsigned i = 0; i < N_WRITERS; i++) {
		writers[i] = (struct thread){.stress = &stress, .id = i};
		MUST(pthread_create(&writers[i].thread, NULL, writer_main, &writers[i]) == 0);
	}
	watch(&stress, seconds);
	atomic_store(&stress.stop, true);
	for (unsigned i = 0; i < N_WRITERS; i++)
		MUST(pthread_join(writers[i].thread, NULL) == 0);
	atomic_store(&stress.done, true);
	for (unsigned i = 0; i < N_CONSUMERS; i++)
		MUST(pthread_join(consumers[i].thread, NULL) == 0);
	MUST(pthread_join(looker.thread, NULL) == 0);
	check_totals(&stress);
	uint64_t n_lines = 0, n_races = 0;
	for (unsigned i = 0; i < N_CONSUMERS; i++) {
		n_lines += consumers[i].n_lines;
		n_races += consumers[i].n_lost_races;
	}
	vmap_shared_close(stress.ring);
	printf("queue: %llu lines consumed exactly once, %llu times another consumer was faster, %llu times full, "
	       "%llu lines looked at\n",
	       (unsigned long long)n_lines, (unsigned long long)n_races, (unsigned long long)stress.n_full,
	       (unsigned long long)looker.n_lines);
	return 0;
}
