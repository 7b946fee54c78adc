/* SPDX-License-Identifier: MIT */
/* Bounded shared rings: nothing is overwritten, all of an append or none of it, each byte consumed once. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "helpers.h"

static struct vmap_shared *bounded(uint64_t capacity, uint64_t start)
{
	return ring_open_with(capacity, start, VMAP_RING_BOUNDED);
}

static struct vmap_shared *bounded_with_fd(uint64_t capacity, uint64_t start, int *ret_fd)
{
	*ret_fd = ring_fd_with(capacity, start, VMAP_RING_BOUNDED);
	return ring_map(*ret_fd);
}

/* Read @len bytes at the tail, check and consume them. */
static void take(struct vmap_shared *ring, size_t len)
{
	uint64_t from = ring_state(ring).tail, cursor = from;
	uint8_t *bytes = xmalloc(len + 1);
	cr_assert(eq(sz, (size_t)vmap_shared_read(ring, &cursor, bytes, len), len));
	cr_assert(pattern_matches(bytes, from, len));
	cr_assert(eq(int, vmap_shared_consume(ring, from, len), 0));
	free(bytes);
}

static void expect_window(const struct vmap_shared *ring, uint64_t tail, uint64_t head)
{
	struct vmap_shared_state state = ring_state(ring);
	cr_expect(eq(u64, state.tail, tail));
	cr_expect(eq(u64, state.head, head));
	cr_expect(eq(u64, vmap_shared_oldest(ring, VMAP_ALIGN_BYTE), tail));
	cr_expect(eq(u64, vmap_shared_oldest(ring, VMAP_ALIGN_LINE), tail));
	cr_expect(ring_is_whole(ring));
}

/* The error, and a ring that is what it was. */
static void expect_append_error(struct vmap_shared *ring, size_t len, int error)
{
	struct vmap_shared_state before = ring_state(ring);
	cr_expect(eq(int, (int)ring_append(ring, len), error));
	struct vmap_shared_state after = ring_state(ring);
	cr_expect(states_equal(&before, &after));
	cr_expect(ring_is_whole(ring));
}

static void expect_consume_error(struct vmap_shared *ring, uint64_t from, size_t len, int error)
{
	struct vmap_shared_state before = ring_state(ring);
	cr_expect(vmap_shared_consume(ring, from, len) == error, "from %llu len %zu", (unsigned long long)from, len);
	struct vmap_shared_state after = ring_state(ring);
	cr_expect(states_equal(&before, &after));
}

Test(shared_append_bounded, of_what_fits_exactly_succeeds)
{
	struct vmap_shared *ring = bounded(65536, 0);
	cr_expect(eq(int, (int)ring_append(ring, 65536), 65536));
	expect_window(ring, 0, 65536);
	take(ring, 1000);
	cr_expect(eq(int, (int)ring_append(ring, 1000), 1000));
	expect_window(ring, 1000, 66536);
	cr_expect(eq(u64, ring_state(ring).overwritten, 0));
	vmap_shared_close(ring);
}

Test(shared_append_bounded, of_one_byte_too_many_is_eagain_and_changes_nothing)
{
	struct vmap_shared *ring = bounded(65536, 0);
	cr_expect(eq(int, (int)ring_append(ring, 65000), 65000));
	expect_append_error(ring, 537, -EAGAIN);
	expect_append_error(ring, 65536, -EAGAIN);
	cr_expect(eq(int, (int)ring_append(ring, 536), 536));
	expect_append_error(ring, 1, -EAGAIN);
	take(ring, 1);
	expect_append_error(ring, 2, -EAGAIN);
	cr_expect(eq(int, (int)ring_append(ring, 1), 1));
	expect_append_error(ring, 1, -EAGAIN);
	vmap_shared_close(ring);
}

Test(shared_append_bounded, of_more_than_the_capacity_is_emsgsize)
{
	struct vmap_shared *ring = bounded(3 * 65536, 0);
	expect_append_error(ring, 3 * 65536 + 1, -EMSGSIZE);
	cr_expect(eq(int, (int)ring_append(ring, 100), 100));
	expect_append_error(ring, 3 * 65536 + 1, -EMSGSIZE);
	expect_append_error(ring, 5 * MIB, -EMSGSIZE);
	vmap_shared_close(ring);
}

Test(shared_append_bounded, of_nothing_is_nothing_even_when_full)
{
	struct vmap_shared *ring = bounded(65536, 0);
	cr_expect(eq(int, (int)ring_append(ring, 65536), 65536));
	struct vmap_shared_state before = ring_state(ring);
	cr_expect(eq(int, (int)vmap_shared_append(ring, "", 0), 0));
	struct vmap_shared_state after = ring_state(ring);
	cr_expect(states_equal(&before, &after));
	vmap_shared_close(ring);
}

Test(shared_append_bounded, of_more_than_ssize_max_is_einval)
{
	struct vmap_shared *ring = bounded(65536, 0);
	volatile size_t len = (size_t)SSIZE_MAX + 1;
	cr_expect(eq(int, (int)vmap_shared_append(ring, "x", len), -EINVAL));
	cr_expect(eq(u64, ring_state(ring).head, 0));
	vmap_shared_close(ring);
}

/* A refused append announces nothing: a reader of the file would take the bytes for spoilt. */
Test(shared_append_bounded, that_is_refused_leaves_the_file_alone)
{
	int fd;
	struct vmap_shared *ring = bounded_with_fd(65536, 0, &fd);
	cr_expect(eq(int, (int)ring_append(ring, 65536), 65536));
	static uint8_t before[2 * 65536], after[2 * 65536];
	file_get(fd, 0, before, sizeof(before));
	cr_expect(eq(int, (int)ring_append(ring, 1), -EAGAIN));
	cr_expect(eq(int, (int)ring_append(ring, 65537), -EMSGSIZE));
	file_get(fd, 0, after, sizeof(after));
	cr_expect(memcmp(before, after, sizeof(before)) == 0);
	vmap_shared_close(ring);
	close(fd);
}

Test(shared_append_bounded, beyond_the_position_limit_is_efbig)
{
	struct vmap_shared *ring = bounded(65536, VMAP_SHARED_POSITION_MAX - 1000);
	cr_expect(eq(int, (int)ring_append(ring, 500), 500));
	expect_append_error(ring, 501, -EFBIG);
	cr_expect(eq(int, (int)ring_append(ring, 500), 500));
	expect_append_error(ring, 1, -EFBIG);
	expect_window(ring, VMAP_SHARED_POSITION_MAX - 1000, VMAP_SHARED_POSITION_MAX);
	take(ring, 1000);
	expect_window(ring, VMAP_SHARED_POSITION_MAX, VMAP_SHARED_POSITION_MAX);
	expect_append_error(ring, 1, -EFBIG);
	vmap_shared_close(ring);
}

/* Capacities that are no power of two, and positions past 2^32 and near 2^62: the queue goes round many times. */
static void expect_round_trips(uint64_t capacity, uint64_t start)
{
	struct vmap_shared *ring = bounded(capacity, start);
	struct rng rng = {.state = capacity + start};
	uint64_t held = 0, moved = 0;
	while (moved < 10 * capacity) {
		size_t len = rng_len(&rng, capacity);
		ssize_t n = ring_append(ring, len);
		if (len > capacity)
			cr_assert(eq(int, (int)n, -EMSGSIZE));
		else if (len > capacity - held)
			cr_assert(eq(int, (int)n, -EAGAIN));
		else
			cr_assert(eq(sz, (size_t)n, len));
		if (n > 0)
			held += len;
		size_t out = rng_below(&rng, 3) == 0 ? (size_t)held : rng_below(&rng, held / 2 + 1);
		if (out > 0)
			take(ring, out);
		held -= out;
		moved += out;
	}
	cr_expect(eq(u64, ring_state(ring).head - ring_state(ring).tail, held));
	cr_expect(eq(u64, ring_state(ring).overwritten, 0));
	vmap_shared_close(ring);
}

Test(shared_append_bounded, and_consume_go_round_rings_of_odd_units)
{
	expect_round_trips(65536, 0);
	expect_round_trips(3 * 65536, 12345);
	expect_round_trips(7 * 65536, UINT32_MAX - 300000u);
	expect_round_trips(13 * 65536, ((uint64_t)1 << 62) - 777);
}

Test(shared_consume, of_all_empties_the_ring)
{
	struct vmap_shared *ring = bounded(65536, 77);
	cr_expect(eq(int, (int)ring_append(ring, 1000), 1000));
	cr_expect(eq(int, vmap_shared_consume(ring, 77, 1000), 0));
	expect_window(ring, 1077, 1077);
	vmap_shared_close(ring);
}

Test(shared_consume, of_nothing_at_the_tail_is_nothing)
{
	struct vmap_shared *ring = bounded(65536, 77);
	cr_expect(eq(int, vmap_shared_consume(ring, 77, 0), 0));
	cr_expect(eq(int, (int)ring_append(ring, 10), 10));
	cr_expect(eq(int, vmap_shared_consume(ring, 77, 0), 0));
	expect_window(ring, 77, 87);
	vmap_shared_close(ring);
}

Test(shared_consume, twice_is_epipe)
{
	struct vmap_shared *ring = bounded(65536, 0);
	cr_expect(eq(int, (int)ring_append(ring, 1000), 1000));
	cr_expect(eq(int, vmap_shared_consume(ring, 0, 100), 0));
	expect_consume_error(ring, 0, 100, -EPIPE);
	expect_consume_error(ring, 99, 1, -EPIPE);
	expect_consume_error(ring, 99, 0, -EPIPE);
	cr_expect(eq(int, vmap_shared_consume(ring, 100, 900), 0));
	expect_consume_error(ring, 0, 1000, -EPIPE);
	vmap_shared_close(ring);
}

/* Holes in a queue there are not. */
Test(shared_consume, of_what_is_not_at_the_tail_is_epipe)
{
	struct vmap_shared *ring = bounded(65536, 50);
	cr_expect(eq(int, (int)ring_append(ring, 1000), 1000));
	expect_consume_error(ring, 51, 10, -EPIPE);
	expect_consume_error(ring, 49, 10, -EPIPE);
	expect_consume_error(ring, 0, 10, -EPIPE);
	expect_consume_error(ring, 1050, 0, -EPIPE);
	vmap_shared_close(ring);
}

Test(shared_consume, beyond_the_head_is_einval)
{
	struct vmap_shared *ring = bounded(65536, 50);
	expect_consume_error(ring, 50, 1, -EINVAL);
	cr_expect(eq(int, (int)ring_append(ring, 1000), 1000));
	expect_consume_error(ring, 50, 1001, -EINVAL);
	expect_consume_error(ring, 50, SIZE_MAX, -EINVAL);
	expect_consume_error(ring, 1051, 0, -EINVAL);
	expect_consume_error(ring, UINT64_MAX, 1, -EINVAL);
	expect_consume_error(ring, UINT64_MAX, SIZE_MAX, -EINVAL);
	vmap_shared_close(ring);
}

Test(shared_consume, of_an_overwrite_ring_is_einval)
{
	struct vmap_shared *ring = ring_open(65536, 0);
	cr_expect(eq(int, (int)ring_append(ring, 100), 100));
	expect_consume_error(ring, 0, 10, -EINVAL);
	expect_consume_error(ring, 0, 0, -EINVAL);
	vmap_shared_close(ring);
}

Test(shared_consume, is_there_after_a_reopen)
{
	int fd;
	struct vmap_shared *ring = bounded_with_fd(3 * 65536, 0, &fd);
	for (int i = 0; i < 50; i++) {
		cr_assert(eq(int, (int)ring_append(ring, 10007), 10007));
		take(ring, 10000);
		struct vmap_shared_state before = ring_state(ring), probed;
		vmap_shared_close(ring);
		cr_assert(eq(int, vmap_shared_probe(fd, &probed), 0));
		cr_expect(states_equal(&before, &probed));
		ring = ring_map(fd);
		struct vmap_shared_state after = ring_state(ring);
		cr_expect(states_equal(&before, &after));
		cr_expect(ring_is_whole(ring));
	}
	cr_expect(eq(u64, ring_state(ring).head - ring_state(ring).tail, 50 * 7));
	vmap_shared_close(ring);
	close(fd);
}

Test(shared_read_bounded, does_not_consume)
{
	struct vmap_shared *ring = bounded(65536, 10);
	cr_expect(eq(int, (int)ring_append(ring, 5000), 5000));
	for (int i = 0; i < 3; i++) {
		uint8_t bytes[5001];
		uint64_t cursor = 10;
		cr_expect(eq(int, (int)vmap_shared_read(ring, &cursor, bytes, sizeof(bytes)), 5000));
		cr_expect(eq(u64, cursor, 5010));
		cr_expect(pattern_matches(bytes, 10, 5000));
		cursor = 4000;
		cr_expect(eq(int, (int)vmap_shared_read(ring, &cursor, bytes, 100), 100));
		cr_expect(pattern_matches(bytes, 4000, 100));
	}
	expect_window(ring, 10, 5010);
	vmap_shared_close(ring);
}

Test(shared_read_bounded, of_what_is_consumed_is_epipe_and_goes_to_the_tail)
{
	struct vmap_shared *ring = bounded(65536, 0);
	uint8_t bytes[64];
	cr_expect(eq(int, (int)ring_append(ring, 1000), 1000));
	cr_expect(eq(int, vmap_shared_consume(ring, 0, 400), 0));
	uint64_t cursor = 399;
	cr_expect(eq(int, (int)vmap_shared_read(ring, &cursor, bytes, sizeof(bytes)), -EPIPE));
	cr_expect(eq(u64, cursor, 400));
	cursor = 0;
	cr_expect(eq(int, (int)vmap_shared_read_line(ring, &cursor, bytes, sizeof(bytes)), -EPIPE));
	cr_expect(eq(u64, cursor, 400));
	cr_expect(eq(int, (int)vmap_shared_read(ring, &cursor, bytes, sizeof(bytes)), 64));
	cr_expect(pattern_matches(bytes, 400, 64));
	vmap_shared_close(ring);
}

Test(shared_read_bounded, at_and_beyond_the_head_is_eagain_and_erange)
{
	struct vmap_shared *ring = bounded(65536, 0);
	uint8_t bytes[64];
	cr_expect(eq(int, (int)ring_append(ring, 1000), 1000));
	cr_expect(eq(int, vmap_shared_consume(ring, 0, 1000), 0));
	uint64_t cursor = 1000;
	cr_expect(eq(int, (int)vmap_shared_read(ring, &cursor, bytes, sizeof(bytes)), -EAGAIN));
	cr_expect(eq(u64, cursor, 1000));
	cursor = 1001;
	cr_expect(eq(int, (int)vmap_shared_read(ring, &cursor, bytes, sizeof(bytes)), -ERANGE));
	cr_expect(eq(u64, cursor, 1001));
	vmap_shared_close(ring);
}

Test(shared_clear_bounded, makes_room_for_a_whole_capacity)
{
	int fd;
	struct vmap_shared *ring = bounded_with_fd(65536, 0, &fd);
	cr_expect(eq(int, (int)ring_append(ring, 60000), 60000));
	take(ring, 100);
	uint64_t mtime_ns = ring_state(ring).mtime_ns;
	vmap_shared_clear(ring);
	expect_window(ring, 60000, 60000);
	cr_expect(gt(u64, ring_state(ring).mtime_ns, mtime_ns));
	expect_consume_error(ring, 100, 10, -EPIPE);
	cr_expect(eq(int, (int)ring_append(ring, 65536), 65536));
	expect_window(ring, 60000, 125536);
	cr_expect(eq(u64, ring_state(ring).overwritten, 0));
	vmap_shared_close(ring);
	ring = ring_map(fd);
	expect_window(ring, 60000, 125536);
	vmap_shared_close(ring);
	close(fd);
}

Test(shared_clear_bounded, of_an_empty_ring_is_no_harm)
{
	struct vmap_shared *ring = bounded(65536, 500);
	vmap_shared_clear(ring);
	vmap_shared_clear(ring);
	expect_window(ring, 500, 500);
	vmap_shared_close(ring);
}

/* A ring as a kill in the copy of an append leaves it: bytes behind the head are announced and half written. */
static struct vmap_shared *killed(uint64_t tail, uint64_t head, uint64_t ahead, int *ret_fd)
{
	int fd;
	struct vmap_shared *ring = bounded_with_fd(65536, 0, &fd);
	while (ring_state(ring).head < head) {
		uint64_t left = head - ring_state(ring).head;
		cr_assert(gt(int, (int)ring_append(ring, left < 30000 ? (size_t)left : 30000), 0));
		uint64_t at = ring_state(ring).tail, end = ring_state(ring).head;
		take(ring, (size_t)((end < tail ? end : tail) - at));
	}
	vmap_shared_close(ring);
	for (uint64_t pos = head; pos < head + ahead; pos++)
		file_put(fd, AT_DATA + pos % 65536, "\n", 1);
	file_put64(fd, AT_INTENT, head + ahead);
	*ret_fd = fd;
	return ring_map(fd);
}

Test(shared_kill_bounded, in_the_copy_loses_nothing)
{
	const uint64_t aheads[] = {1, 1000, 65536 - 5000};
	for (size_t i = 0; i < sizeof(aheads) / sizeof(aheads[0]); i++) {
		int fd;
		struct vmap_shared *ring = killed(95000, 100000, aheads[i], &fd);
		expect_window(ring, 95000, 100000);
		struct vmap_shared_state probed;
		cr_assert(eq(int, vmap_shared_probe(fd, &probed), 0));
		cr_expect(eq(u64, probed.tail, 95000));
		expect_append_error(ring, 65536 - 5000 + 1, -EAGAIN);
		cr_expect(eq(int, (int)ring_append(ring, 65536 - 5000), 65536 - 5000));
		expect_window(ring, 95000, 95000 + 65536);
		take(ring, 65536);
		cr_expect(eq(int, (int)ring_append(ring, 65536), 65536));
		expect_window(ring, 95000 + 65536, 95000 + 2 * 65536);
		vmap_shared_close(ring);
		close(fd);
	}
}

struct progress {
	_Atomic uint64_t head;  /* after the last append that returned */
	_Atomic uint64_t tail;  /* after the last consume that returned */
	_Atomic uint64_t next;  /* tail after the consume in flight */
	_Atomic uint64_t n_ops;
};

/* The length of the append at @pos and of the consume at @pos: known to both processes. */
static size_t len_at(uint64_t pos, uint64_t salt)
{
	struct rng rng = {.state = pos * 2 + salt};
	return 1 + rng_below(&rng, rng_below(&rng, 8) == 0 ? 3 * 65536 : 9000);
}

static void queue_until_killed(int fd, struct progress *progress)
{
	struct vmap_shared *ring = ring_map(fd);
	struct vmap_shared_state state = ring_state(ring);
	uint64_t head = state.head, tail = state.tail;
	static uint8_t bytes[3 * 65536];
	for (;;) {
		size_t len = len_at(head, 0);
		pattern_fill(bytes, head, len);
		ssize_t n = vmap_shared_append(ring, bytes, len);
		if (n > 0)
			atomic_store(&progress->head, head += len);
		else if (n != -EAGAIN)
			_exit(3);
		size_t out = len_at(tail, 1);
		if (n > 0 && head - tail < 2 * 65536)
			out = 0;
		out = head - tail < out ? (size_t)(head - tail) : out;
		atomic_store(&progress->next, tail + out);
		if (vmap_shared_consume(ring, tail, out) != 0)
			_exit(4);
		atomic_store(&progress->tail, tail += out);
		atomic_fetch_add(&progress->n_ops, 1);
	}
}

Test(shared_kill_bounded, keeps_what_was_appended_and_not_consumed)
{
	struct progress *progress =
		mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	MUST(progress != MAP_FAILED);
	int fd = ring_fd_with(3 * 65536, 0, VMAP_RING_BOUNDED);
	struct rng rng = {.state = 4100};
	for (int kill_nr = 0; kill_nr < 100; kill_nr++) {
		atomic_store(&progress->n_ops, 0);
		pid_t child = fork();
		MUST(child >= 0);
		if (child == 0)
			queue_until_killed(fd, progress);
		uint64_t enough = 1 + rng_below(&rng, 40);
		int status = 0;
		while (atomic_load(&progress->n_ops) < enough)
			MUST(sched_yield() == 0 && waitpid(child, &status, WNOHANG) == 0);
		for (volatile size_t spin = rng_below(&rng, 20000); spin > 0; spin--)
			;
		MUST(kill(child, SIGKILL) == 0);
		MUST(waitpid(child, &status, 0) == child);
		bool was_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
		cr_assert(was_killed);
		struct vmap_shared *ring = ring_map(fd);
		struct vmap_shared_state state = ring_state(ring);
		uint64_t head = atomic_load(&progress->head), tail = atomic_load(&progress->tail);
		cr_assert(state.head == head || state.head == head + len_at(head, 0));
		cr_assert(state.tail == tail || state.tail == atomic_load(&progress->next));
		cr_assert(ring_is_whole(ring));
		atomic_store(&progress->head, state.head);
		atomic_store(&progress->tail, state.tail);
		atomic_store(&progress->next, state.tail);
		vmap_shared_close(ring);
	}
	munmap(progress, sizeof(*progress));
	close(fd);
}

Test(shared_attributes, are_the_owners)
{
	int fd;
	struct vmap_shared *ring = bounded_with_fd(65536, 0, &fd);
	cr_expect(eq(int, (int)ring_append(ring, 1000), 1000));
	cr_expect(eq(u64, vmap_shared_attributes(ring), 0));
	struct vmap_shared_state before = ring_state(ring);
	cr_expect(eq(int, vmap_shared_set_attributes(ring, UINT64_MAX - 5), 0));
	cr_expect(eq(u64, vmap_shared_attributes(ring), UINT64_MAX - 5));
	struct vmap_shared_state after = ring_state(ring);
	cr_expect(gt(u64, after.generation, before.generation));
	uint64_t generation = after.generation;
	cr_expect(eq(int, vmap_shared_set_attributes(ring, UINT64_MAX - 5), 0));
	cr_expect(eq(u64, ring_state(ring).generation, generation)); /* nothing changed */
	after.generation = before.generation;
	cr_expect(states_equal(&before, &after));
	vmap_shared_close(ring);
	cr_assert(eq(int, vmap_shared_probe(fd, &after), 0));
	cr_expect(eq(u64, after.generation, generation));
	ring = ring_map(fd);
	cr_expect(eq(u64, vmap_shared_attributes(ring), UINT64_MAX - 5));
	cr_expect(eq(int, vmap_shared_reshape(ring, 3 * 65536, VMAP_RING_OVERWRITE), 0));
	cr_expect(eq(u64, vmap_shared_attributes(ring), UINT64_MAX - 5));
	vmap_shared_close(ring);
	close(fd);
}
