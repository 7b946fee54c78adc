/* SPDX-License-Identifier: MIT */
/*
 * A process that appends to a bounded ring, consumes from it and changes its shape is killed again and again.
 *
 * What holds after a kill at any instruction:
 * I1 The ring opens, and its file is header and data with no more than one unused place in front of the data.
 * I2 It holds whole lines: of each writer those from the first that was not consumed to the last whose append
 *    returned, and perhaps the one in flight.
 * I3 The tail is where the last consume that returned put it, or the one in flight.
 *
 * usage: queue_kill [SECONDS]
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "lines.h"

enum { N_WRITERS = 2, MAX_UNITS = 6 };

/* A consume that returned, or is in flight: where it leaves the tail, and the next line of each writer there. */
struct taken {
	_Atomic uint64_t tail;
	_Atomic uint64_t next[N_WRITERS];
};

/* What the killed process tells; it outlives it. */
struct progress {
	_Atomic uint64_t n_appended[N_WRITERS]; /* appends that returned, of all processes */
	struct taken taken[2];                  /* of them one is the latest that returned */
	_Atomic uint64_t n_taken;
	_Atomic uint64_t n_reshapes;
	_Atomic bool in_reshape;
};

struct process {
	struct vmap_shared *ring;
	struct progress *progress;
	/* A change of shape is alone with the ring; glibc's rwlock would let the others keep it out for ever. */
	pthread_mutex_t gate;
	pthread_rwlock_t use;
};

struct writer {
	struct process *process;
	unsigned id;
};

static void begin_use(struct process *process)
{
	pthread_mutex_lock(&process->gate);
	pthread_rwlock_rdlock(&process->use);
	pthread_mutex_unlock(&process->gate);
}

static void end_use(struct process *process)
{
	pthread_rwlock_unlock(&process->use);
}

static void *writer_main(void *arg)
{
	struct writer *writer = arg;
	struct process *process = writer->process;
	char *bytes = xmalloc(LINE_MAX_LEN);
	uint64_t number = atomic_load(&process->progress->n_appended[writer->id]);
	for (;;) {
		size_t len = line_build(bytes, writer->id, number);
		begin_use(process);
		ssize_t n = vmap_shared_append(process->ring, bytes, len);
		if (n == (ssize_t)len)
			atomic_store(&process->progress->n_appended[writer->id], ++number);
		end_use(process);
		if (n == -EAGAIN)
			sched_yield();
		else if (n != (ssize_t)len)
			fail("append of %zu bytes gave %zd", len, n);
	}
	return NULL;
}

/* Count the whole lines of @bytes into @next; the length of those lines. */
static size_t count_lines(const char *bytes, size_t len, size_t n_max, uint64_t *next)
{
	static char scratch[LINE_MAX_LEN];
	size_t at = 0;
	for (size_t n = 0; n < n_max && at < len; n++) {
		const char *newline = memchr(bytes + at, '\n', len - at);
		if (!newline)
			break;
		struct line line;
		size_t one = (size_t)(newline - bytes) + 1 - at;
		if (!line_parse(bytes + at, one, scratch, &line) || line.key >= N_WRITERS)
			fail("torn line of %zu bytes, %zu behind the tail", one, at);
		if (line.number != next[line.key])
			fail("line %llu of writer %u instead of %llu", (unsigned long long)line.number, line.key,
			     (unsigned long long)next[line.key]);
		next[line.key]++;
		at += one;
	}
	return at;
}

static void *consumer_main(void *arg)
{
	struct process *process = arg;
	struct progress *progress = process->progress;
	uint64_t n_taken = atomic_load(&progress->n_taken), next[N_WRITERS];
	uint64_t tail = atomic_load(&progress->taken[n_taken % 2].tail);
	for (unsigned i = 0; i < N_WRITERS; i++)
		next[i] = atomic_load(&progress->taken[n_taken % 2].next[i]);
	struct rng rng = {.state = 9100 + tail};
	char *bytes = xmalloc(LINE_MAX_LEN);
	for (;;) {
		begin_use(process);
		uint64_t cursor = tail;
		ssize_t n = vmap_shared_read(process->ring, &cursor, bytes, LINE_MAX_LEN);
		if (n > 0) {
			size_t len = count_lines(bytes, (size_t)n, 1 + rng_below(&rng, 10), next);
			struct taken *taken = &progress->taken[(n_taken + 1) % 2];
			atomic_store(&taken->tail, tail + len);
			for (unsigned i = 0; i < N_WRITERS; i++)
				atomic_store(&taken->next[i], next[i]);
			int r = vmap_shared_consume(process->ring, tail, len);
			if (r != 0)
				fail("consume gave %d", r);
			tail += len;
			atomic_store(&progress->n_taken, ++n_taken);
		} else if (n != -EAGAIN) {
			fail("reading at the tail gave %zd", n);
		}
		end_use(process);
		if (n == -EAGAIN)
			sched_yield();
	}
	return NULL;
}

/* Changes the shape again and again: the capacity, now and then the policy and back. */
static void reshape_until_killed(struct process *process, uint64_t seed)
{
	struct rng rng = {.state = seed};
	for (;;) {
		uint64_t capacity = (1 + rng_below(&rng, MAX_UNITS)) * LINE_RING;
		bool there_and_back = rng_below(&rng, 4) == 0;
		pthread_mutex_lock(&process->gate);
		pthread_rwlock_wrlock(&process->use);
		pthread_mutex_unlock(&process->gate);
		atomic_store(&process->progress->in_reshape, true);
		enum vmap_ring_policy policy = there_and_back ? VMAP_RING_OVERWRITE : VMAP_RING_BOUNDED;
		int r = vmap_shared_reshape(process->ring, capacity, policy);
		if (r == 0 && there_and_back)
			r = vmap_shared_reshape(process->ring, capacity, VMAP_RING_BOUNDED);
		atomic_store(&process->progress->in_reshape, false);
		pthread_rwlock_unlock(&process->use);
		if (r != 0 && r != -EBUSY)
			fail("reshape gave %d", r);
		atomic_fetch_add(&process->progress->n_reshapes, 1);
		pause_us((unsigned)rng_below(&rng, 500));
	}
}

static int process_main(int fd, int progress_fd, uint64_t seed)
{
	static struct process process = {.gate = PTHREAD_MUTEX_INITIALIZER, .use = PTHREAD_RWLOCK_INITIALIZER};
	static struct writer writers[N_WRITERS];
	process.progress = mmap(NULL, sizeof(*process.progress), PROT_READ | PROT_WRITE, MAP_SHARED, progress_fd, 0);
	MUST(process.progress != MAP_FAILED);
	int r = vmap_shared_open(fd, &process.ring);
	if (r < 0)
		fail("the process's open: %s", strerror(-r));
	pthread_t thread;
	for (unsigned i = 0; i < N_WRITERS; i++) {
		writers[i] = (struct writer){.process = &process, .id = i};
		MUST(pthread_create(&thread, NULL, writer_main, &writers[i]) == 0);
	}
	MUST(pthread_create(&thread, NULL, consumer_main, &process) == 0);
	reshape_until_killed(&process, seed);
	return 1;
}

static pid_t start_process(int fd, int progress_fd, unsigned epoch)
{
	char texts[3][16];
	snprintf(texts[0], sizeof(texts[0]), "%d", fd);
	snprintf(texts[1], sizeof(texts[1]), "%d", progress_fd);
	snprintf(texts[2], sizeof(texts[2]), "%u", epoch);
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0) {
		execl("/proc/self/exe", "queue_kill", "--process", texts[0], texts[1], texts[2], (char *)NULL);
		_exit(127);
	}
	return child;
}

/* Check the file after a kill, and make the progress that of the ring. */
static void check_ring(int fd, unsigned epoch, struct progress *progress)
{
	static char bytes[MAX_UNITS * LINE_RING];
	struct vmap_shared *ring = NULL;
	int r = vmap_shared_open(fd, &ring);
	if (r < 0)
		fail("epoch %u: open after the kill: %s", epoch, strerror(-r)); /* I1 */
	struct vmap_shared_state state = ring_state(ring);
	uint64_t offset = file_get64(fd, AT_DATA_OFFSET);
	/* Never longer than it was with two of the largest rings in it. */
	if (file_size(fd) < offset + state.capacity || file_size(fd) > 2 * AT_DATA + 3 * MAX_UNITS * LINE_RING)
		fail("epoch %u: the file is %llu bytes long", epoch, (unsigned long long)file_size(fd));

	uint64_t n_taken = atomic_load(&progress->n_taken);
	if (state.tail != atomic_load(&progress->taken[n_taken % 2].tail))
		n_taken++;
	const struct taken *taken = &progress->taken[n_taken % 2];
	if (state.tail != atomic_load(&taken->tail))
		fail("epoch %u: tail at %llu", epoch, (unsigned long long)state.tail); /* I3 */
	atomic_store(&progress->n_taken, n_taken);

	uint64_t next[N_WRITERS], cursor = state.tail;
	for (unsigned i = 0; i < N_WRITERS; i++)
		next[i] = atomic_load(&taken->next[i]);
	size_t len = (size_t)(state.head - state.tail);
	ssize_t n = len > 0 ? vmap_shared_read(ring, &cursor, bytes, sizeof(bytes)) : 0;
	if (n != (ssize_t)len)
		fail("epoch %u: reading %zu bytes at the tail gave %zd", epoch, len, n);
	if (count_lines(bytes, len, SIZE_MAX, next) != len)
		fail("epoch %u: the window ends inside a line", epoch);
	for (unsigned i = 0; i < N_WRITERS; i++) {
		uint64_t n_appended = atomic_load(&progress->n_appended[i]);
		if (next[i] != n_appended && next[i] != n_appended + 1)
			fail("epoch %u: writer %u ends at line %llu, not %llu", epoch, i, (unsigned long long)next[i],
			     (unsigned long long)n_appended); /* I2 */
		atomic_store(&progress->n_appended[i], next[i]);
	}
	/* A kill between a policy and the way back from it. */
	r = vmap_shared_reshape(ring, state.capacity, VMAP_RING_BOUNDED);
	if (r < 0)
		fail("epoch %u: back to a bounded ring: %s", epoch, strerror(-r));
	vmap_shared_close(ring);
}

int main(int argc, char **argv)
{
	lines_init();
	if (argc == 5 && strcmp(argv[1], "--process") == 0)
		return process_main(atoi(argv[2]), atoi(argv[3]), (uint64_t)atoi(argv[4]));

	double end = monotonic_s() + stress_seconds(argc > 1 ? argv[1] : NULL);
	int fd = memfd_create("ring-under-test", 0);
	MUST(fd >= 0);
	struct vmap_shared_options options = {.capacity = LINE_RING, .policy = VMAP_RING_BOUNDED};
	MUST(vmap_shared_format(fd, &options) == 0);
	int progress_fd = memfd_create("progress", 0);
	MUST(progress_fd >= 0 && ftruncate(progress_fd, sizeof(struct progress)) == 0);
	struct progress *progress =
		mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED, progress_fd, 0);
	MUST(progress != MAP_FAILED);
	struct rng rng = {.state = 9000};
	uint64_t n_in_reshape = 0, n_lines = 0;
	unsigned epoch = 0;
	do {
		epoch++;
		uint64_t enough = atomic_load(&progress->n_reshapes) + rng_below(&rng, 20);
		pid_t child = start_process(fd, progress_fd, epoch);
		int status = 0;
		while (atomic_load(&progress->n_reshapes) <= enough) {
			if (waitpid(child, &status, WNOHANG) != 0)
				fail("epoch %u: the process ended by itself, status 0x%x", epoch, (unsigned)status);
			sched_yield();
		}
		/* Half of them inside a change of shape, the other half at any moment. */
		bool inside = epoch % 2;
		double give_up = monotonic_s() + 1;
		while (inside && !atomic_load(&progress->in_reshape) && monotonic_s() < give_up)
			;
		for (volatile size_t spin = rng_below(&rng, 40000); spin > 0; spin--)
			;
		MUST(kill(child, SIGKILL) == 0);
		MUST(waitpid(child, &status, 0) == child);
		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
			fail("epoch %u: the process ended with status 0x%x", epoch, (unsigned)status);
		n_in_reshape += atomic_load(&progress->in_reshape);
		atomic_store(&progress->in_reshape, false);
		check_ring(fd, epoch, progress);
	} while (monotonic_s() < end && epoch < INT_MAX);
	for (unsigned i = 0; i < N_WRITERS; i++)
		n_lines += atomic_load(&progress->n_appended[i]);
	printf("queue_kill: %u kills, %llu of them inside one of %llu changes of shape, %llu lines, each there or consumed\n",
	       epoch, (unsigned long long)n_in_reshape, (unsigned long long)atomic_load(&progress->n_reshapes),
	       (unsigned long long)n_lines);
	return 0;
}
