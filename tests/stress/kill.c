/* SPDX-License-Identifier: MIT */
/*
 * A process of several writing threads is killed again and again; the ring's file is checked after each kill.
 *
 * What holds after a kill at any instruction:
 * I1 The ring opens.
 * I2 Every append that had returned is counted in the head, and of the others each wholly or not at all.
 * I3 What can be read is one run of whole lines up to the head, each writer's without a gap; only the oldest
 *    may be cut. It begins where the killed append may have overwritten, not later.
 * I4 A death takes nothing from the appends of later processes.
 *
 * usage: kill [SECONDS]
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "lines.h"

enum { N_WRITERS = 3, KEY_SHIFT = 4 };

/* What the writers' process tells; it outlives it. */
struct progress {
	_Atomic uint64_t n_acked[N_WRITERS]; /* appends that returned */
};

struct writer {
	struct vmap_shared *ring;
	struct progress *progress;
	uint32_t epoch;
	unsigned id;
};

/* Each process writes under keys of its own. */
static uint32_t key_of(uint32_t epoch, unsigned id)
{
	return epoch << KEY_SHIFT | id;
}

static void *writer_main(void *arg)
{
	struct writer *writer = arg;
	char *bytes = xmalloc(LINE_MAX_LEN);
	for (uint64_t number = 0;; number++) {
		size_t len = line_build(bytes, key_of(writer->epoch, writer->id), number);
		ssize_t n = vmap_shared_append(writer->ring, bytes, len);
		if (n != (ssize_t)len)
			fail("append gave %zd", n);
		atomic_store(&writer->progress->n_acked[writer->id], number + 1);
		if (writer->id == 0 && number % 3000 == 2999)
			vmap_shared_clear(writer->ring);
	}
	return NULL;
}

/* Runs until it is killed. */
static int writers_main(int ring_fd_, int progress_fd, uint32_t epoch)
{
	struct progress *progress =
		mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED, progress_fd, 0);
	MUST(progress != MAP_FAILED);
	static struct writer writers[N_WRITERS];
	struct vmap_shared *ring = NULL;
	int r = vmap_shared_open(ring_fd_, &ring);
	if (r < 0)
		fail("the writers' open: %s", strerror(-r));
	pthread_t thread;
	for (unsigned i = 0; i < N_WRITERS; i++) {
		writers[i] = (struct writer){.ring = ring, .progress = progress, .epoch = epoch, .id = i};
		MUST(pthread_create(&thread, NULL, writer_main, &writers[i]) == 0);
	}
	for (;;)
		pause();
}

static pid_t start_writers(int fd, int progress_fd, uint32_t epoch)
{
	char texts[3][16];
	snprintf(texts[0], sizeof(texts[0]), "%d", fd);
	snprintf(texts[1], sizeof(texts[1]), "%d", progress_fd);
	snprintf(texts[2], sizeof(texts[2]), "%u", epoch);
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0) {
		execl("/proc/self/exe", "kill", "--writers", texts[0], texts[1], texts[2], (char *)NULL);
		_exit(127);
	}
	return child;
}

static uint64_t n_acked_total(struct progress *progress)
{
	uint64_t sum = 0;
	for (unsigned i = 0; i < N_WRITERS; i++)
		sum += atomic_load(&progress->n_acked[i]);
	return sum;
}

/* I2: find which of the appends in flight are in the ring; a bit for each writer, or -1. */
static int find_in_flight(uint32_t epoch, const struct progress *progress, uint64_t head_before, uint64_t head)
{
	uint64_t acked_end = head_before;
	size_t next_len[N_WRITERS];
	for (unsigned i = 0; i < N_WRITERS; i++) {
		uint64_t n = atomic_load(&progress->n_acked[i]);
		for (uint64_t number = 0; number < n; number++)
			acked_end += line_len(key_of(epoch, i), number);
		next_len[i] = line_len(key_of(epoch, i), n);
	}
	for (int set = 0; set < 1 << N_WRITERS; set++) {
		uint64_t end = acked_end;
		for (unsigned i = 0; i < N_WRITERS; i++)
			if (set & 1 << i)
				end += next_len[i];
		if (end == head)
			return set;
	}
	return -1;
}

/* The longest append that this epoch's death can have cut short. */
static size_t longest_not_in(uint32_t epoch, const struct progress *progress, int in_flight)
{
	size_t longest = 0;
	for (unsigned i = 0; i < N_WRITERS; i++) {
		size_t len = line_len(key_of(epoch, i), atomic_load(&progress->n_acked[i]) + (in_flight >> i & 1));
		longest = len > longest ? len : longest;
	}
	return longest;
}

/* I3: the lines of the window; gives up at the first that is wrong. */
static void check_lines(uint32_t epoch, const struct progress *progress, int in_flight, const char *bytes, size_t len,
			bool may_be_cut)
{
	static char scratch[LINE_MAX_LEN];
	uint64_t next[N_WRITERS] = {0};
	uint32_t seen_epoch[N_WRITERS] = {0}, newest = 0;
	bool seen[N_WRITERS] = {false};
	size_t at = 0;
	while (at < len) {
		const char *newline = memchr(bytes + at, '\n', len - at);
		if (!newline)
			fail("epoch %u: the window ends inside a line", epoch);
		size_t n = (size_t)(newline - bytes) + 1 - at;
		struct line line;
		if (!line_parse(bytes + at, n, scratch, &line)) {
			if (at > 0 || !may_be_cut)
				fail("epoch %u: torn line of %zu bytes, %zu behind the tail", epoch, n, at);
			at += n;
			continue;
		}
		at += n;
		unsigned id = line.key & ((1 << KEY_SHIFT) - 1);
		uint32_t its_epoch = line.key >> KEY_SHIFT;
		if (id >= N_WRITERS || its_epoch > epoch || its_epoch < newest)
			fail("epoch %u: a line of epoch %u", epoch, its_epoch);
		newest = its_epoch;
		if (seen[id] && seen_epoch[id] == its_epoch ? line.number != next[id] : seen[id] && line.number != 0)
			fail("epoch %u: line %llu of writer %u instead of %llu", epoch, (unsigned long long)line.number, id,
			     (unsigned long long)next[id]);
		seen[id] = true;
		seen_epoch[id] = its_epoch;
		next[id] = line.number + 1;
	}
	for (unsigned i = 0; i < N_WRITERS; i++) {
		uint64_t n = atomic_load(&progress->n_acked[i]) + ((in_flight >> i & 1) ? 1 : 0);
		if (seen[i] && seen_epoch[i] == epoch && next[i] != n)
			fail("epoch %u: writer %u ends at line %llu, not %llu", epoch, i, (unsigned long long)next[i],
			     (unsigned long long)n);
	}
}

/* Check the file after a kill; returns the head for the next round. */
static uint64_t check_ring(int fd, uint32_t epoch, const struct progress *progress, uint64_t head_before)
{
	uint64_t intent = file_get64(fd, AT_INTENT), floor = file_get64(fd, AT_FLOOR);
	struct vmap_shared *ring = NULL;
	int r = vmap_shared_open(fd, &ring);
	if (r < 0)
		fail("epoch %u: open after the kill: %s", epoch, strerror(-r)); /* I1 */
	struct vmap_shared_state state;
	vmap_shared_get_state(ring, &state);
	uint64_t tail = vmap_shared_oldest(ring, VMAP_ALIGN_BYTE), cursor = tail;
	uint64_t expected = intent > LINE_RING ? intent - LINE_RING : 0;
	expected = expected > floor ? expected : floor;
	expected = expected < state.head ? expected : state.head;
	if (tail != expected)
		fail("epoch %u: tail at %llu, not at %llu", epoch, (unsigned long long)tail, (unsigned long long)expected);

	int in_flight = find_in_flight(epoch, progress, head_before, state.head);
	if (in_flight < 0)
		fail("epoch %u: head at %llu fits no set of appends", epoch, (unsigned long long)state.head);

	uint64_t may_be_gone = state.head + longest_not_in(epoch, progress, in_flight);
	uint64_t bound = may_be_gone > LINE_RING ? may_be_gone - LINE_RING : 0;
	bound = bound > floor ? bound : floor;
	bound = bound > head_before ? bound : head_before;
	bound = bound < state.head ? bound : state.head;
	if (tail > bound)
		fail("epoch %u: tail at %llu, beyond %llu", epoch, (unsigned long long)tail, (unsigned long long)bound); /* I4 */

	static char bytes[LINE_RING];
	size_t len = (size_t)(state.head - tail);
	if (len > 0) {
		ssize_t n = vmap_shared_read(ring, &cursor, bytes, sizeof(bytes));
		if (n != (ssize_t)len)
			fail("epoch %u: reading %zu bytes at the tail gave %zd", epoch, len, n);
		check_lines(epoch, progress, in_flight, bytes, len, tail > floor);
	}
	vmap_shared_close(ring);
	return state.head;
}

static int file_backed_ring(void)
{
	const char *dir = getenv("TMPDIR");
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/ring-under-test-XXXXXX", dir && *dir ? dir : "/tmp");
	int fd = mkstemp(path);
	MUST(fd >= 0);
	MUST(unlink(path) == 0);
	struct vmap_shared_options options = {.capacity = LINE_RING};
	int r = vmap_shared_format(fd, &options);
	if (r < 0)
		fail("format: %s", strerror(-r));
	return fd; /* inherited by the writers */
}

int main(int argc, char **argv)
{
	lines_init();
	if (argc == 5 && strcmp(argv[1], "--writers") == 0)
		return writers_main(atoi(argv[2]), atoi(argv[3]), (uint32_t)atoi(argv[4]));

	double end = monotonic_s() + stress_seconds(argc > 1 ? argv[1] : NULL);
	int fd = file_backed_ring();
	int progress_fd = memfd_create("progress", 0);
	MUST(progress_fd >= 0 && ftruncate(progress_fd, sizeof(struct progress)) == 0);
	struct progress *progress =
		mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED, progress_fd, 0);
	MUST(progress != MAP_FAILED);
	struct rng rng = {.state = 7000};
	uint64_t head = 0, n_lines = 0, n_mid_append = 0;
	uint32_t epoch = 0;
	do {
		epoch++;
		for (unsigned i = 0; i < N_WRITERS; i++)
			atomic_store(&progress->n_acked[i], 0);
		pid_t child = start_writers(fd, progress_fd, epoch);
		uint64_t enough = 1 + rng_below(&rng, epoch % 2 ? 2000 : 20);
		int status = 0;
		while (n_acked_total(progress) < enough) {
			if (waitpid(child, &status, WNOHANG) != 0)
				fail("epoch %u: the writers ended by themselves, status 0x%x", epoch, (unsigned)status);
			sched_yield();
		}
		for (volatile size_t spin = rng_below(&rng, 20000); spin > 0; spin--)
			;
		MUST(kill(child, SIGKILL) == 0);
		MUST(waitpid(child, &status, 0) == child);
		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
			fail("epoch %u: the writers ended with status 0x%x", epoch, (unsigned)status);
		n_mid_append += file_get64(fd, AT_INTENT) != file_get64(fd, AT_HEAD);
		head = check_ring(fd, epoch, progress, head);
		n_lines += n_acked_total(progress);
	} while (monotonic_s() < end && epoch < UINT32_MAX >> KEY_SHIFT);
	printf("kill: %u kills, %llu of them inside an append, %llu appends acknowledged, none missing or torn\n", epoch,
	       (unsigned long long)n_mid_append, (unsigned long long)n_lines);
	return 0;
}
