/* SPDX-License-Identifier: MIT */
/*
 * Readers that are slower than writers, stopped in the middle of a copy and between copy and check: not one byte that
 * they are given is another's. Each byte is a function of its position, so that any byte from elsewhere is wrong.
 *
 * Threads on one mapping, for ThreadSanitizer goes by address. Rings are small and records large: most reads are overrun.
 *
 * usage: shared_torn [SECONDS]
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "lines.h"
#include "shared/shared_priv.h"

enum { N_WRITERS = 2, N_READERS = 4, MAX_UNITS = 3 };

struct stress {
	struct vmap_shared *ring;
	_Atomic bool stop;
	_Atomic uint64_t n_bytes, n_overruns, n_rejected;
};

struct thread {
	pthread_t id;
	struct stress *stress;
	unsigned nr;
	struct rng rng;
};

static _Thread_local struct rng *slow; /* of a reader that sleeps between copy and check */

static void hook(enum shared_fault point)
{
	if (point == SHARED_FAULT_READ && slow && rng_below(slow, 4) == 0)
		pause_us((unsigned)rng_below(slow, 300));
}

static void *writer_main(void *arg)
{
	struct thread *thread = arg;
	struct vmap_shared *ring = thread->stress->ring;
	uint64_t capacity = ring_state(ring).capacity;
	uint8_t *bytes = xmalloc(capacity);
	while (!atomic_load(&thread->stress->stop)) {
		size_t len = 1 + rng_below(&thread->rng, rng_below(&thread->rng, 8) == 0 ? capacity : capacity / 3);
		void *span;
		int r = vmap_shared_reserve(ring, len, SHARED_LOCK_NS, &span);
		if (r == -EBUSY)
			continue; /* the other one was not scheduled for a second */
		if (r < 0)
			fail("reserve gave %d", r);
		/* The lock is ours, so the head stays. Not all that was reserved, now and then. */
		size_t used = rng_below(&thread->rng, 4) == 0 ? rng_below(&thread->rng, len + 1) : len;
		pattern_fill(bytes, ring_state(ring).head, len);
		shared_copy_in(span, bytes, len);
		r = vmap_shared_commit(ring, used);
		if (r < 0)
			fail("commit gave %d", r);
	}
	free(bytes);
	return NULL;
}

static void check(struct stress *stress, const uint8_t *bytes, uint64_t pos, size_t len)
{
	if (!pattern_matches(bytes, pos, len))
		fail("torn: %zu bytes at %llu", len, (unsigned long long)pos);
	atomic_fetch_add(&stress->n_bytes, len);
}

/* A look into the ring itself, which must be taken for garbage until it was checked. */
static ssize_t peek(struct thread *thread, uint64_t *cursor, uint8_t *bytes, size_t max)
{
	const void *span;
	ssize_t n = vmap_shared_peek(thread->stress->ring, cursor, &span);
	if (n <= 0)
		return n;
	size_t len = (size_t)n < max ? (size_t)n : max;
	shared_copy_out(bytes, span, len / 2);
	if (rng_below(&thread->rng, 4) == 0)
		pause_us((unsigned)rng_below(&thread->rng, 300));
	shared_copy_out(bytes + len / 2, (const uint8_t *)span + len / 2, len - len / 2);
	int r = vmap_shared_check(thread->stress->ring, *cursor);
	if (r == -EPIPE)
		atomic_fetch_add(&thread->stress->n_rejected, 1);
	else if (r < 0)
		fail("check gave %d", r);
	if (r < 0)
		return 0;
	*cursor += len;
	return (ssize_t)len;
}

static void *reader_main(void *arg)
{
	struct thread *thread = arg;
	struct stress *stress = thread->stress;
	size_t max = MAX_UNITS * LINE_RING;
	uint8_t *bytes = xmalloc(max);
	uint64_t cursor = 0;
	slow = thread->nr % 2 ? &thread->rng : NULL;
	while (!atomic_load(&stress->stop)) {
		uint64_t start = cursor;
		size_t want = 1 + rng_below(&thread->rng, max);
		ssize_t n = thread->nr >= 2   ? peek(thread, &cursor, bytes, want) :
			    want % 4 == 0 ? vmap_shared_read_line(stress->ring, &cursor, bytes, want) :
					      vmap_shared_read(stress->ring, &cursor, bytes, want);
		if (n > 0 && cursor != start + (uint64_t)n)
			fail("%zd bytes at %llu moved the cursor to %llu", n, (unsigned long long)start, (unsigned long long)cursor);
		if (n > 0)
			check(stress, bytes, start, (size_t)n);
		else if (n == -EPIPE)
			atomic_fetch_add(&stress->n_overruns, 1);
		else if (n == -EAGAIN)
			sched_yield();
		else if (n < 0)
			fail("reading gave %zd", n);
	}
	free(bytes);
	return NULL;
}

/* One ring, from just below 2^32 on or from 0. */
static void run(uint64_t capacity, double seconds, uint64_t seed, uint64_t totals[3])
{
	static struct stress stress;
	struct thread threads[N_WRITERS + N_READERS];
	memset(&stress, 0, sizeof(stress));
	stress.ring = ring_open(capacity, seed % 2 ? ((uint64_t)1 << 32) - 1000000 : 0);
	for (unsigned i = 0; i < N_WRITERS + N_READERS; i++) {
		bool writes = i < N_WRITERS;
		threads[i] = (struct thread){.stress = &stress, .nr = writes ? i : i - N_WRITERS, .rng.state = seed * 100 + i};
		MUST(pthread_create(&threads[i].id, NULL, writes ? writer_main : reader_main, &threads[i]) == 0);
	}
	double end = monotonic_s() + seconds;
	while (monotonic_s() < end)
		pause_us(5000);
	atomic_store(&stress.stop, true);
	for (unsigned i = 0; i < N_WRITERS + N_READERS; i++)
		MUST(pthread_join(threads[i].id, NULL) == 0);
	totals[0] += atomic_load(&stress.n_bytes);
	totals[1] += atomic_load(&stress.n_overruns);
	totals[2] += atomic_load(&stress.n_rejected);
	vmap_shared_close(stress.ring);
}

int main(int argc, char **argv)
{
	double end = monotonic_s() + stress_seconds(argc > 1 ? argv[1] : NULL);
	uint64_t totals[3] = {0};
	pattern_table();
	shared_fault_hook = hook;
	uint64_t n = 0;
	do {
		run((1 + n % MAX_UNITS) * LINE_RING, 0.5, n, totals);
		n++;
	} while (monotonic_s() < end || n < MAX_UNITS);
	if (totals[0] == 0 || totals[1] == 0 || totals[2] == 0)
		fail("nobody was overrun");
	printf("shared_torn: %llu rings, %llu bytes read, %llu overruns, %llu looks rejected by their check, none torn\n",
	       (unsigned long long)n, (unsigned long long)totals[0], (unsigned long long)totals[1],
	       (unsigned long long)totals[2]);
	return 0;
}
