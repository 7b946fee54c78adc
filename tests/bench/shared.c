/* SPDX-License-Identifier: MIT */
/*
 * Time a shared ring. Each row is a run of its own; prints its result as one number a line, ROUNDS of them.
 *
 * usage: shared append SIZE WRITERS ROUNDS    ns a record, all writers together
 *        shared read SIZE READERS ROUNDS      the same of one writer, beside so many readers
 *        shared copy SIZE ROUNDS              append by one writer, then memcpy of the same, ns a record: two numbers a line
 *        shared wake RING RING ROUNDS         ns from an append to the follower's next instruction through two rings on a
 *                                             mount, by a handle that can write, one that cannot, and of a bare futex:
 *                                             three numbers a line
 *
 * Writers, readers and followers are processes with handles of their own, spread over the processors; a ring holds
 * 8 MiB, what is copied too.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <vmap/shared.h>

#define CAPACITY ((uint64_t)8 << 20)
#define ROUND_NS 40000000u
#define WAKE_TRIPS 400u

#define MUST(what) \
	do { \
		if (!(what)) { \
			fprintf(stderr, "shared: line %d: %s\n", __LINE__, #what); \
			exit(1); \
		} \
	} while (0)

/* What the processes of a run share beside the ring. */
struct common {
	_Atomic uint32_t ready;
	_Atomic uint32_t started;
	_Atomic uint32_t stop;
	_Atomic uint64_t records;
	_Alignas(128) _Atomic uint32_t ping;
	_Alignas(128) _Atomic uint32_t pong;
};

static struct common *common;

static uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void pin(unsigned n)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(n % (unsigned)sysconf(_SC_NPROCESSORS_ONLN), &set);
	(void)sched_setaffinity(0, sizeof(set), &set);
}

static struct vmap_shared *new_ring(void)
{
	struct vmap_shared_options options = {.capacity = CAPACITY};
	struct vmap_shared *ring;
	MUST(vmap_shared_create(&options, &ring) == 0);
	return ring;
}

/* A handle of this process's own; @flags as open(2). */
static struct vmap_shared *handle_of(const struct vmap_shared *ring, int flags)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", vmap_shared_fd(ring));
	int fd = open(path, flags | O_CLOEXEC);
	struct vmap_shared *own;
	MUST(fd >= 0 && vmap_shared_open(fd, &own) == 0);
	close(fd);
	return own;
}

/* Both halves and all pages, so that no page fault is timed. */
static void touch(struct vmap_shared *ring, const uint8_t *record, size_t size)
{
	for (uint64_t done = 0; done < 2 * CAPACITY + size; done += size)
		MUST(vmap_shared_append(ring, record, size) == (ssize_t)size);
}

static void write_all_the_time(struct vmap_shared *ring, const uint8_t *record, size_t size)
{
	uint64_t n = 0;
	while (!atomic_load_explicit(&common->stop, memory_order_relaxed))
		for (unsigned i = 0; i < 64; i++, n++)
			MUST(vmap_shared_append(ring, record, size) == (ssize_t)size);
	atomic_fetch_add(&common->records, n);
}

static void read_all_the_time(struct vmap_shared *ring)
{
	enum { CHUNK = 1 << 16 };
	static uint8_t bytes[CHUNK];
	uint64_t cursor = 0;
	while (!atomic_load_explicit(&common->stop, memory_order_relaxed)) {
		ssize_t n = vmap_shared_read(ring, &cursor, bytes, CHUNK);
		MUST(n > 0 || n == -EAGAIN || n == -EPIPE);
		if (n == -EAGAIN)
			(void)vmap_shared_wait(ring, cursor, 10);
	}
}

/* ns a record of @writers appenders beside @readers readers, for a round. */
static double run_many(const uint8_t *record, size_t size, unsigned writers, unsigned readers)
{
	struct vmap_shared *ring = new_ring();
	touch(ring, record, size);
	memset(common, 0, sizeof(*common));
	for (unsigned i = 0; i < writers + readers; i++) {
		pid_t pid = fork();
		MUST(pid >= 0);
		if (pid > 0)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pin(i);
		struct vmap_shared *own = handle_of(ring, i < writers ? O_RDWR : O_RDONLY);
		if (i < writers)
			touch(own, record, size);
		atomic_fetch_add(&common->ready, 1);
		while (!atomic_load(&common->started))
			sched_yield();
		if (i < writers)
			write_all_the_time(own, record, size);
		else
			read_all_the_time(own);
		_exit(0);
	}
	while (atomic_load(&common->ready) < writers + readers)
		usleep(1000);
	uint64_t start = now_ns();
	atomic_store(&common->started, 1);
	struct timespec round = {.tv_nsec = ROUND_NS};
	nanosleep(&round, NULL);
	atomic_store(&common->stop, 1);
	uint64_t end = now_ns();
	for (unsigned i = 0; i < writers + readers; i++) {
		int status;
		MUST(wait(&status) > 0 && status == 0);
	}
	vmap_shared_close(ring);
	return (double)(end - start) / (double)atomic_load(&common->records);
}

static void run_copy(const uint8_t *record, size_t size, unsigned rounds)
{
	struct vmap_shared *ring = new_ring();
	uint8_t *plain = mmap(NULL, CAPACITY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	MUST(plain != MAP_FAILED);
	touch(ring, record, size);
	/* A millisecond or less: most rounds then pass without the machine doing something else. */
	size_t count = size <= 100 ? 10000 : size <= 4096 ? 1000 : 100;
	size_t at = 0;
	for (unsigned round = 0; round < rounds; round++) {
		uint64_t start = now_ns();
		for (size_t i = 0; i < count; i++)
			MUST(vmap_shared_append(ring, record, size) == (ssize_t)size);
		uint64_t middle = now_ns();
		for (size_t i = 0; i < count; i++) {
			memcpy(plain + at, record, size);
			__asm__ volatile("" : : "r"(plain) : "memory");
			at = at + 2 * size <= CAPACITY ? at + size : 0;
		}
		uint64_t end = now_ns();
		printf("%.2f %.2f\n", (double)(middle - start) / (double)count, (double)(end - middle) / (double)count);
	}
	vmap_shared_close(ring);
}

static void futex(_Atomic uint32_t *word, int op, uint32_t value)
{
	(void)syscall(SYS_futex, word, op, value, NULL, NULL, 0);
}

static void futex_wait_for(_Atomic uint32_t *word, uint32_t value)
{
	uint32_t seen;
	while ((seen = atomic_load(word)) != value)
		futex(word, FUTEX_WAIT, seen);
}

static void futex_tell(_Atomic uint32_t *word, uint32_t value)
{
	atomic_store(word, value);
	futex(word, FUTEX_WAKE, INT_MAX);
}

static void append_one(struct vmap_shared *ring)
{
	static const uint8_t record[100];
	MUST(vmap_shared_append(ring, record, sizeof(record)) == (ssize_t)sizeof(record));
}

static void wait_one(struct vmap_shared *ring, uint64_t *cursor)
{
	uint8_t record[100];
	MUST(vmap_shared_wait(ring, *cursor, -1) == 0);
	MUST(vmap_shared_read(ring, cursor, record, sizeof(record)) == (ssize_t)sizeof(record));
}

/* Two processes that wake each other; ns of one way. @rings are paths; NULL: by bare futexes. */
static double run_wake(char *const *rings, bool follower_writes)
{
	memset(common, 0, sizeof(*common));
	pid_t pid = fork();
	MUST(pid >= 0);
	int side = pid == 0; /* waits on its own ring, wakes on the other */
	pin((unsigned)side);
	struct vmap_shared *own = NULL, *other = NULL;
	uint64_t cursor = 0;
	MUST(!rings || (vmap_shared_attach(rings[side], follower_writes, &own) == 0 &&
			vmap_shared_seek(own, VMAP_SEEK_NEWEST, 0, &cursor) == 0 &&
			vmap_shared_attach(rings[!side], true, &other) == 0));
	atomic_fetch_add(&common->ready, 1);
	while (atomic_load(&common->ready) < 2)
		sched_yield();
	uint64_t start = now_ns();
	for (uint32_t trip = 1; trip <= WAKE_TRIPS; trip++) {
		if (side == 1 && rings)
			wait_one(own, &cursor);
		else if (side == 1)
			futex_wait_for(&common->ping, trip);
		if (rings)
			append_one(other);
		else
			futex_tell(side == 1 ? &common->pong : &common->ping, trip);
		if (side == 0 && rings)
			wait_one(own, &cursor);
		else if (side == 0)
			futex_wait_for(&common->pong, trip);
	}
	uint64_t end = now_ns();
	if (side == 1)
		_exit(0);
	int status;
	MUST(wait(&status) == pid && status == 0);
	vmap_shared_close(own);
	vmap_shared_close(other);
	return (double)(end - start) / WAKE_TRIPS / 2;
}

static void usage(void)
{
	fprintf(stderr, "usage: shared append SIZE WRITERS ROUNDS | read SIZE READERS ROUNDS | copy SIZE ROUNDS | "
			"wake RING RING ROUNDS\n");
	exit(2);
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";
	unsigned rounds = argc > 2 ? (unsigned)strtoul(argv[argc - 1], NULL, 10) : 0;
	bool wakes = argc == 5 && strcmp(what, "wake") == 0;
	bool copies = argc == 4 && strcmp(what, "copy") == 0;
	bool reads = argc == 5 && strcmp(what, "read") == 0;
	size_t size = argc > 3 && !wakes ? strtoul(argv[2], NULL, 10) : 100;
	unsigned n = argc > 4 && !wakes ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
	if (rounds == 0 || size == 0 || !(wakes || copies || reads || (argc == 5 && strcmp(what, "append") == 0)))
		usage();
	common = mmap(NULL, sizeof(*common), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint8_t *record = malloc(size);
	MUST(common != MAP_FAILED && record);
	memset(record, 'r', size);
	if (copies) {
		pin(0);
		run_copy(record, size, rounds);
	}
	for (unsigned round = 0; round < rounds && wakes; round++) {
		double counted = run_wake(argv + 2, true);
		double asks = run_wake(argv + 2, false);
		printf("%.0f %.0f %.0f\n", counted, asks, run_wake(NULL, false));
	}
	for (unsigned round = 0; round < rounds && !copies && !wakes; round++)
		printf("%.2f\n", run_many(record, size, reads ? 1 : n, reads ? n : 0));
	free(record);
	return 0;
}
