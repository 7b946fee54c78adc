/* SPDX-License-Identifier: MIT */
/*
 * What a ring holds when the process that changes its shape is killed.
 *
 * A kill leaves the file as it is at that instruction. So a traced child is stepped through the change, and the
 * file is looked at behind every instruction that changed it; and children are killed at any moment.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "helpers.h"

static const enum vmap_ring_policy OVERWRITE = VMAP_RING_OVERWRITE, BOUNDED = VMAP_RING_BOUNDED;

/* A copy of few bytes takes few steps: some processors copy many with one instruction, and step through each byte. */
enum { MAX_CAPACITY = 8 * 65536, FEW = 1500 };

struct shape {
	uint64_t capacity;
	enum vmap_ring_policy policy;
};

/* A change of shape of a ring that holds [tail, head). */
struct change {
	int fd;
	struct shape from, to;
	uint64_t tail, head;
	uint64_t new_tail;
};

/* A ring of @from with a window of @held bytes that does not begin at a multiple of anything. */
static struct change prepare(struct shape from, struct shape to, uint64_t held)
{
	struct change change = {.fd = ring_fd_with(from.capacity, 0, from.policy), .from = from, .to = to};
	struct vmap_shared *ring = ring_map(change.fd);
	for (int i = 0; i < 9; i++) {
		MUST(ring_append(ring, 33333) == 33333);
		struct vmap_shared_state state = ring_state(ring);
		if (from.policy == BOUNDED)
			MUST(vmap_shared_consume(ring, state.tail, (size_t)(state.head - state.tail)) == 0);
	}
	if (from.policy == OVERWRITE)
		vmap_shared_clear(ring);
	MUST(ring_append(ring, held) == (ssize_t)held);
	struct vmap_shared_state state = ring_state(ring);
	change.tail = state.tail;
	change.head = state.head;
	change.new_tail = change.head - change.tail > to.capacity ? change.head - to.capacity : change.tail;
	vmap_shared_close(ring);
	return change;
}

/* The bytes of @fd in a file of their own, so that opening it, which trims, is no part of the story. */
static int copy_of(int fd)
{
	static uint8_t bytes[65536 + 3 * MAX_CAPACITY];
	uint64_t size = file_size(fd);
	MUST(size <= sizeof(bytes));
	int copy = memfd_empty();
	file_get(fd, 0, bytes, (size_t)size);
	file_put(copy, 0, bytes, (size_t)size);
	return copy;
}

/* The old ring or the new one, with all it holds; true for the new one. */
static bool expect_old_or_new(const struct change *change)
{
	int fd = copy_of(change->fd);
	struct vmap_shared_state probed;
	cr_assert(eq(int, vmap_shared_probe(fd, &probed), 0));
	struct vmap_shared *ring = ring_map(fd);
	struct vmap_shared_state state = ring_state(ring);
	bool is_new = state.capacity == change->to.capacity && state.policy == change->to.policy;
	const struct shape *shape = is_new ? &change->to : &change->from;
	cr_assert(eq(u64, state.capacity, shape->capacity));
	cr_assert(eq(int, state.policy, shape->policy));
	cr_assert(eq(u64, state.head, change->head));
	cr_assert(eq(u64, state.tail, is_new ? change->new_tail : change->tail));
	cr_assert(ring_is_whole(ring));
	cr_assert(nothing_is_behind(fd, file_get64(fd, AT_DATA_OFFSET) + state.capacity));
	/* it can be written to, and changed again */
	if (state.policy == OVERWRITE)
		cr_assert(eq(int, (int)ring_append(ring, 5000), 5000));
	cr_assert(eq(int, vmap_shared_reshape(ring, 8 * 65536, OVERWRITE), 0));
	cr_assert(eq(int, (int)ring_append(ring, 5000), 5000));
	cr_assert(ring_is_whole(ring));
	vmap_shared_close(ring);
	close(fd);
	return is_new;
}

static void reshape_traced(const struct change *change)
{
	struct vmap_shared *ring = ring_map(change->fd);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(77);
	raise(SIGSTOP);
	_exit(vmap_shared_reshape(ring, change->to.capacity, change->to.policy) == 0 ? 0 : 1);
}

struct snapshot {
	uint8_t header[4096];
	uint64_t size;
};

static bool has_changed(int fd, struct snapshot *last)
{
	static struct snapshot now;
	now.size = file_size(fd);
	file_get(fd, 0, now.header, sizeof(now.header));
	bool changed = memcmp(&now, last, sizeof(now)) != 0;
	*last = now;
	return changed;
}

/* Step through the change; every state of header and size that a kill could leave is checked. */
static void step_through(struct change change)
{
	enum { MAX_STEPS = 1000000, LOOK_ANYWAY = 2000 };
	if (count_maps("vgpreload") > 0)
		cr_skip_test("valgrind would be stepped through, not the library");
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0)
		reshape_traced(&change);
	int status = 0;
	MUST(waitpid(child, &status, 0) == child);
	if (WIFEXITED(status))
		cr_skip_test("no tracing here");
	static struct snapshot last;
	memset(&last, 0, sizeof(last));
	int n_steps = 0, n_states = 0, n_new = 0;
	for (; n_steps < MAX_STEPS; n_steps++) {
		/* a signal that is not ours to make up: none is passed on */
		if (ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) < 0)
			break;
		MUST(waitpid(child, &status, 0) == child);
		if (!WIFSTOPPED(status))
			break;
		if (!has_changed(change.fd, &last) && n_steps % LOOK_ANYWAY != 0)
			continue;
		n_states++;
		bool is_new = expect_old_or_new(&change);
		cr_assert(is_new || n_new == 0); /* never back again */
		n_new += is_new;
	}
	if (n_steps == MAX_STEPS) {
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		close(change.fd);
		cr_skip_test("stepping takes too long here");
	}
	bool succeeded = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	cr_assert(succeeded);
	cr_assert(expect_old_or_new(&change));
	cr_assert(ge(int, n_new, 1));
	cr_assert(gt(int, n_states, n_new));
	close(change.fd);
}

Test(shared_reshape_kill, at_any_instruction_of_a_growth_leaves_old_or_new)
{
	step_through(prepare((struct shape){3 * 65536, OVERWRITE}, (struct shape){5 * 65536, OVERWRITE}, FEW));
}

Test(shared_reshape_kill, at_any_instruction_of_a_shrink_leaves_old_or_new)
{
	step_through(prepare((struct shape){5 * 65536, OVERWRITE}, (struct shape){65536, OVERWRITE}, 310000));
}

Test(shared_reshape_kill, at_any_instruction_of_a_change_to_bounded_leaves_old_or_new)
{
	step_through(prepare((struct shape){3 * 65536, OVERWRITE}, (struct shape){65536, BOUNDED}, FEW));
	step_through(prepare((struct shape){3 * 65536, OVERWRITE}, (struct shape){3 * 65536, BOUNDED}, 190000));
}

Test(shared_reshape_kill, at_any_instruction_of_a_change_to_overwrite_leaves_old_or_new)
{
	step_through(prepare((struct shape){3 * 65536, BOUNDED}, (struct shape){2 * 65536, OVERWRITE}, FEW));
	step_through(prepare((struct shape){3 * 65536, BOUNDED}, (struct shape){3 * 65536, OVERWRITE}, 3 * 65536));
}

/* The way back into the space in front of the data, and a ring whose writer had died before. */
Test(shared_reshape_kill, at_any_instruction_of_a_second_change_leaves_old_or_new)
{
	struct change change = prepare((struct shape){3 * 65536, OVERWRITE}, (struct shape){2 * 65536, OVERWRITE}, FEW);
	struct vmap_shared *ring = ring_map(change.fd);
	MUST(vmap_shared_reshape(ring, 5 * 65536, OVERWRITE) == 0);
	vmap_shared_close(ring);
	change.from.capacity = 5 * 65536;
	MUST(file_get64(change.fd, AT_DATA_OFFSET) > AT_DATA);
	step_through(change);
}

Test(shared_reshape_kill, at_any_instruction_after_a_dead_writer_leaves_old_or_new)
{
	struct change change = prepare((struct shape){65536, OVERWRITE}, (struct shape){3 * 65536, OVERWRITE}, FEW);
	const uint64_t ahead = 65536 - FEW / 2;
	for (uint64_t pos = change.head; pos < change.head + ahead; pos++)
		file_put(change.fd, AT_DATA + pos % 65536, "\n", 1);
	file_put64(change.fd, AT_INTENT, change.head + ahead);
	change.tail = change.new_tail = change.head - FEW / 2;
	step_through(change);
}

/* What the child tells before and after each of its steps. */
struct progress {
	_Atomic uint64_t head;     /* after the last append that returned */
	_Atomic uint64_t next;     /* and after the one in flight */
	_Atomic uint64_t tail_max; /* no byte at or above it is to be missing */
	_Atomic uint64_t n_reshapes;
};

static uint64_t newest(uint64_t tail, uint64_t head, uint64_t capacity)
{
	return head > capacity && head - capacity > tail ? head - capacity : tail;
}

/* Appends, consumes, and changes of shape, in a ring of which the child knows what it is. */
static void reshape_until_killed(int fd, struct progress *progress, uint64_t seed)
{
	struct vmap_shared *ring = ring_map(fd);
	struct rng rng = {.state = seed};
	static uint8_t bytes[MAX_CAPACITY];
	for (;;) {
		for (size_t i = rng_below(&rng, 3); i > 0; i--) {
			struct vmap_shared_state state = ring_state(ring);
			bool bounded = state.policy == BOUNDED;
			size_t len = 1 + rng_below(&rng, 60000);
			uint64_t head = state.head + len;
			pattern_fill(bytes, state.head, len);
			atomic_store(&progress->next, head);
			if (!bounded)
				atomic_store(&progress->tail_max, newest(state.tail, head, state.capacity));
			ssize_t n = vmap_shared_append(ring, bytes, len);
			if (n > 0)
				atomic_store(&progress->head, head);
			else if (n != -EAGAIN)
				_exit(3);
			if (bounded && (n < 0 || rng_below(&rng, 2) == 0)) {
				size_t out = rng_below(&rng, (size_t)(state.head - state.tail) + 1);
				atomic_store(&progress->tail_max, state.tail + out);
				if (vmap_shared_consume(ring, state.tail, out) != 0)
					_exit(4);
			}
		}
		struct vmap_shared_state state = ring_state(ring);
		uint64_t capacity = (1 + rng_below(&rng, 8)) * 65536;
		enum vmap_ring_policy policy = rng_below(&rng, 3) == 0 ? BOUNDED : OVERWRITE;
		if (state.policy == OVERWRITE)
			atomic_store(&progress->tail_max, newest(state.tail, state.head, capacity));
		int r = vmap_shared_reshape(ring, capacity, policy);
		if (r != 0 && r != -EBUSY)
			_exit(5);
		atomic_fetch_add(&progress->n_reshapes, 1);
	}
}

static void check_after_kill(int fd, struct progress *progress, int kill_nr, bool gives_back)
{
	struct vmap_shared *ring = NULL;
	int r = vmap_shared_open(fd, &ring);
	cr_assert(r == 0, "kill %d: open gave %d", kill_nr, r);
	struct vmap_shared_state state = ring_state(ring);
	uint64_t head = atomic_load(&progress->head), next = atomic_load(&progress->next);
	cr_assert(state.head == head || state.head == next, "kill %d: head %llu, not %llu or %llu", kill_nr,
		  (unsigned long long)state.head, (unsigned long long)head, (unsigned long long)next);
	uint64_t tail_max = atomic_load(&progress->tail_max);
	tail_max = tail_max < state.head ? tail_max : state.head;
	cr_assert(state.tail <= tail_max, "kill %d: tail %llu above %llu", kill_nr, (unsigned long long)state.tail,
		  (unsigned long long)tail_max);
	cr_assert(ring_is_whole(ring), "kill %d", kill_nr);
	cr_assert(nothing_is_behind(fd, file_get64(fd, AT_DATA_OFFSET) + state.capacity));
	struct stat st;
	MUST(fstat(fd, &st) == 0);
	if (gives_back)
		cr_assert(le(u64, (uint64_t)st.st_blocks * 512, 65536 + state.capacity));
	atomic_store(&progress->head, state.head);
	atomic_store(&progress->next, state.head);
	atomic_store(&progress->tail_max, state.tail);
	vmap_shared_close(ring);
}

Test(shared_reshape_kill, at_any_moment_keeps_what_had_returned)
{
	struct progress *progress =
		mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	MUST(progress != MAP_FAILED);
	int fd = ring_fd(3 * 65536, 0);
	bool gives_back = space_is_given_back();
	struct rng rng = {.state = 4300};
	for (int kill_nr = 0; kill_nr < 300 / (int)test_every(); kill_nr++) {
		atomic_store(&progress->n_reshapes, 0);
		pid_t child = fork();
		MUST(child >= 0);
		if (child == 0)
			reshape_until_killed(fd, progress, 4400 + (uint64_t)kill_nr);
		uint64_t enough = rng_below(&rng, 8);
		int status = 0;
		while (atomic_load(&progress->n_reshapes) < enough)
			MUST(sched_yield() == 0 && waitpid(child, &status, WNOHANG) == 0);
		for (volatile size_t spin = rng_below(&rng, 100000); spin > 0; spin--)
			;
		MUST(kill(child, SIGKILL) == 0);
		MUST(waitpid(child, &status, 0) == child);
		bool was_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
		cr_assert(was_killed);
		check_after_kill(fd, progress, kill_nr, gives_back);
	}
	munmap(progress, sizeof(*progress));
	close(fd);
}
