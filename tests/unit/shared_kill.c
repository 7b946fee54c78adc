/* SPDX-License-Identifier: MIT */
/*
 * What a ring holds after the process that appended to it was killed.
 *
 * First by real kills, then by headers as a kill leaves them at the instants that real kills seldom hit.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "helpers.h"

static const uint64_t RING_CAPACITY = 3 * 65536;

/* The child's word on what has returned; memory of both processes. */
struct progress {
	_Atomic uint64_t n_appends;
	_Atomic uint64_t end; /* head after the last append that returned */
};

/* The length of the append that starts at @pos: parent and child agree on it without talking. */
static size_t append_len(uint64_t pos)
{
	struct rng rng = {.state = pos};
	switch (rng_below(&rng, 20)) {
	case 0:
		return 65536 + rng_below(&rng, 65536);
	case 1:
		return (size_t)RING_CAPACITY - 1 + rng_below(&rng, 2);
	default:
		return 1 + rng_below(&rng, 20000);
	}
}

static void append_until_killed(int fd, struct progress *progress)
{
	struct vmap_shared *ring;
	if (vmap_shared_open(fd, &ring) < 0)
		_exit(2);
	struct vmap_shared_state state;
	vmap_shared_get_state(ring, &state);
	static uint8_t bytes[2 * 3 * 65536];
	for (uint64_t pos = state.head;;) {
		size_t len = append_len(pos);
		pattern_fill(bytes, pos, len);
		if (vmap_shared_append(ring, bytes, len) != (ssize_t)len)
			_exit(3);
		pos += len;
		atomic_store(&progress->end, pos);
		atomic_fetch_add(&progress->n_appends, 1);
	}
}

/* Everything from the oldest byte to the head, which has to be there in one run. */
static uint64_t check_window(const struct vmap_shared *ring)
{
	struct vmap_shared_state state;
	vmap_shared_get_state(ring, &state);
	static uint8_t bytes[3 * 65536 + 1];
	uint64_t tail = vmap_shared_oldest(ring, VMAP_ALIGN_BYTE), cursor = tail;
	size_t len = (size_t)(state.head - tail);
	cr_assert(le(u64, tail, state.head));
	cr_assert(le(sz, len, (size_t)RING_CAPACITY));
	ssize_t n = vmap_shared_read(ring, &cursor, bytes, sizeof(bytes));
	cr_assert(n == (len > 0 ? (ssize_t)len : -EAGAIN), "window of %zu gave %zd", len, n);
	cr_assert(pattern_matches(bytes, tail, len));
	return tail;
}

Test(shared_kill, keeps_every_append_that_returned)
{
	struct progress *progress =
		mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	MUST(progress != MAP_FAILED);
	int fd = ring_fd(RING_CAPACITY, 0);
	struct rng rng = {.state = 4000};
	uint64_t head = 0;
	for (int kill_nr = 0; kill_nr < 60; kill_nr++) {
		atomic_store(&progress->n_appends, 0);
		atomic_store(&progress->end, head);
		pid_t child = fork();
		MUST(child >= 0);
		if (child == 0)
			append_until_killed(fd, progress);
		uint64_t enough = 1 + rng_below(&rng, 60);
		int status = 0;
		while (atomic_load(&progress->n_appends) < enough)
			MUST(sched_yield() == 0 && waitpid(child, &status, WNOHANG) == 0); /* it never ends by itself */
		for (volatile size_t spin = rng_below(&rng, 40000); spin > 0; spin--)
			;
		MUST(kill(child, SIGKILL) == 0);
		MUST(waitpid(child, &status, 0) == child);
		bool was_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
		cr_assert(was_killed);

		struct vmap_shared *ring = NULL;
		cr_assert(eq(int, vmap_shared_open(fd, &ring), 0));
		struct vmap_shared_state state;
		vmap_shared_get_state(ring, &state);
		uint64_t acked = atomic_load(&progress->end);
		/* All that returned, and of the append that was killed all or nothing. */
		cr_assert(state.head == acked || state.head == acked + append_len(acked), "kill %d: head %llu, acked %llu",
			  kill_nr, (unsigned long long)state.head, (unsigned long long)acked);
		uint64_t oldest = check_window(ring);
		/* What is missing is at most what the killed append was about to overwrite. */
		uint64_t may_be_gone = state.head + append_len(state.head);
		uint64_t expected = may_be_gone > RING_CAPACITY ? may_be_gone - RING_CAPACITY : 0;
		cr_assert(le(u64, oldest, expected < state.head ? expected : state.head));
		head = state.head;
		vmap_shared_close(ring);
	}
	munmap(progress, sizeof(*progress));
	close(fd);
}

/* A ring of one unit with two capacities of pattern, killed when intent was @ahead of its head. */
static struct vmap_shared *killed_ring(uint64_t ahead, uint64_t n_spoilt, int *ret_fd)
{
	const uint64_t capacity = 65536, head = 2 * capacity;
	int fd = ring_fd(capacity, 0);
	struct vmap_shared *ring = NULL;
	MUST(vmap_shared_open(fd, &ring) == 0);
	uint8_t *bytes = xmalloc(head);
	pattern_fill(bytes, 0, head);
	MUST(vmap_shared_append(ring, bytes, head) == (ssize_t)head);
	vmap_shared_close(ring);
	memset(bytes, 0xee, head);
	file_put(fd, AT_DATA, bytes, n_spoilt);
	file_put64(fd, AT_INTENT, head + ahead);
	free(bytes);
	MUST(vmap_shared_open(fd, &ring) == 0);
	*ret_fd = fd;
	return ring;
}

static void expect_window(const struct vmap_shared *ring, uint64_t tail, uint64_t head)
{
	struct vmap_shared_state state;
	vmap_shared_get_state(ring, &state);
	cr_expect(eq(u64, state.head, head));
	cr_expect(eq(u64, state.tail, tail));
	cr_expect(eq(u64, vmap_shared_oldest(ring, VMAP_ALIGN_BYTE), tail));
	static uint8_t bytes[65537];
	uint64_t cursor = state.tail;
	ssize_t n = vmap_shared_read(ring, &cursor, bytes, sizeof(bytes));
	cr_expect(n == (head > tail ? (ssize_t)(head - tail) : -EAGAIN), "reading at the tail gave %zd", n);
	if (n > 0)
		cr_expect(pattern_matches(bytes, tail, (size_t)n));
	cr_expect(eq(u64, cursor, head));
}

static void append_pattern(struct vmap_shared *ring, size_t len)
{
	struct vmap_shared_state state;
	vmap_shared_get_state(ring, &state);
	uint8_t *bytes = xmalloc(len);
	pattern_fill(bytes, state.head, len);
	cr_assert(eq(sz, (size_t)vmap_shared_append(ring, bytes, len), len));
	free(bytes);
}

Test(shared_kill, in_the_copy_hides_what_was_spoilt)
{
	int fd;
	struct vmap_shared *ring = killed_ring(1000, 1000, &fd);
	expect_window(ring, 65536 + 1000, 2 * 65536);
	vmap_shared_close(ring);
	close(fd);
}

Test(shared_kill, in_the_copy_is_forgotten_after_the_next_append)
{
	int fd;
	struct vmap_shared *ring = killed_ring(1000, 700, &fd);
	append_pattern(ring, 400);
	expect_window(ring, 65536 + 1000, 2 * 65536 + 400);
	append_pattern(ring, 600);
	expect_window(ring, 65536 + 1000, 2 * 65536 + 1000);
	append_pattern(ring, 1);
	expect_window(ring, 65536 + 1001, 2 * 65536 + 1001);
	vmap_shared_close(ring);
	close(fd);
}

Test(shared_kill, in_the_copy_hides_the_same_from_probe)
{
	int fd;
	struct vmap_shared *ring = killed_ring(1000, 1000, &fd);
	vmap_shared_close(ring);
	struct vmap_shared_state state;
	cr_assert(eq(int, vmap_shared_probe(fd, &state), 0));
	cr_expect(eq(u64, state.head, 2 * 65536));
	cr_expect(eq(u64, state.tail, 65536 + 1000));
	close(fd);
}

/* The tail that a death moved up stands inside a line like any other tail; it is no clear. */
Test(shared_kill, in_the_copy_does_not_make_a_cut_line_whole)
{
	const uint64_t tail = 65536 + 1000;
	MUST(pattern_at(tail - 1) != '\n');
	uint64_t expected = tail;
	while (pattern_at(expected++) != '\n')
		;
	int fd;
	struct vmap_shared *ring = killed_ring(1000, 1000, &fd);
	cr_expect(eq(u64, vmap_shared_oldest(ring, VMAP_ALIGN_LINE), expected));
	append_pattern(ring, 10);
	cr_expect(eq(u64, vmap_shared_oldest(ring, VMAP_ALIGN_LINE), expected));
	vmap_shared_close(ring);
	close(fd);
}

Test(shared_kill, in_an_append_of_the_capacity_leaves_an_empty_ring)
{
	int fd;
	struct vmap_shared *ring = killed_ring(65536, 65536, &fd);
	expect_window(ring, 2 * 65536, 2 * 65536);
	append_pattern(ring, 500);
	expect_window(ring, 2 * 65536, 2 * 65536 + 500);
	vmap_shared_close(ring);
	close(fd);
}

/* An append that is longer than the ring passes through it in runs of a capacity; a death leaves whole runs. */
Test(shared_kill, in_an_over_long_append_leaves_whole_runs)
{
	const size_t len = 5 * 65536 + 12345;
	int fd = ring_fd(65536, 0);
	struct progress *progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	MUST(progress != MAP_FAILED);
	uint64_t start = 0;
	for (int kill_nr = 0; kill_nr < 20; kill_nr++) {
		uint64_t before = atomic_load(&progress->n_appends);
		pid_t pid = fork();
		MUST(pid >= 0);
		if (pid == 0) {
			struct vmap_shared *ring;
			if (vmap_shared_open(fd, &ring) < 0)
				_exit(1);
			uint8_t *bytes = xmalloc(len);
			for (uint64_t at = start;; at += len) {
				pattern_fill(bytes, at, len);
				if (vmap_shared_append(ring, bytes, len) != (ssize_t)len)
					_exit(1);
				atomic_store(&progress->end, at + len);
				atomic_fetch_add(&progress->n_appends, 1);
			}
		}
		while (atomic_load(&progress->n_appends) < before + 3 + (uint64_t)kill_nr)
			sched_yield();
		kill(pid, SIGKILL);
		int status;
		MUST(waitpid(pid, &status, 0) == pid);
		MUST(WIFSIGNALED(status));
		struct vmap_shared *ring = NULL;
		cr_assert(eq(int, vmap_shared_open(fd, &ring), 0));
		struct vmap_shared_state state;
		vmap_shared_get_state(ring, &state);
		uint64_t beyond = state.head - atomic_load(&progress->end);
		cr_assert(beyond == len || (beyond < len && beyond % 65536 == 0), "head is %llu beyond the last append",
			  (unsigned long long)beyond);
		expect_window(ring, state.tail, state.head);
		start = state.head;
		atomic_store(&progress->end, start);
		append_pattern(ring, 500);
		expect_window(ring, start + 500 - 65536 > state.tail ? start + 500 - 65536 : state.tail, start + 500);
		start += 500;
		atomic_store(&progress->end, start);
		vmap_shared_close(ring);
	}
	munmap(progress, sizeof(*progress));
	close(fd);
}

Test(shared_kill, before_a_clear_changes_nothing_about_it)
{
	int fd;
	struct vmap_shared *ring = killed_ring(1000, 700, &fd);
	vmap_shared_clear(ring);
	expect_window(ring, 2 * 65536, 2 * 65536);
	append_pattern(ring, 65536);
	expect_window(ring, 2 * 65536, 3 * 65536);
	vmap_shared_close(ring);
	close(fd);
}
