/* SPDX-License-Identifier: MIT */
/*
 * A process is stopped (SIGSTOP) with the writer lock, at each step an append or a reservation has under it.
 *
 * Nobody steals from it: others get -EBUSY when their time is over. When it goes on after STOP_S, so does the ring, with
 * its record in it. And once more: now it is locked out, others go on at once, and when it wakes up it is told -ESTALE
 * and nothing that it stores is seen.
 *
 * usage: shared_stop
 */
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "lines.h"
#include "shared/shared_priv.h"

enum { STOP_S = 3, LEN = 20000, CAPACITY = 65536, BEFORE = 3 };

static const enum shared_fault points[] = {
	SHARED_FAULT_LOCKED, SHARED_FAULT_CHECKED, SHARED_FAULT_PREPARED, SHARED_FAULT_INTENT, SHARED_FAULT_HALF_COPIED,
	SHARED_FAULT_COPIED, SHARED_FAULT_HEAD,    SHARED_FAULT_RESERVED, SHARED_FAULT_COMMITS, SHARED_FAULT_COMMITTED,
};
enum { N_POINTS = sizeof(points) / sizeof(points[0]) };

static enum shared_fault stops_at;
static unsigned arrivals_left;

static void hook(enum shared_fault point)
{
	if (point == stops_at && --arrivals_left == 0)
		raise(SIGSTOP);
}

/* Append the bytes that belong at the head, by the way that has this step. */
static int append(struct vmap_shared *ring, enum shared_fault point)
{
	static uint8_t bytes[LEN];
	bool reserves = point == SHARED_FAULT_RESERVED || point == SHARED_FAULT_COMMITS || point == SHARED_FAULT_COMMITTED;
	if (!reserves) {
		ssize_t n = ring_append(ring, LEN);
		return n == LEN ? 0 : (int)n;
	}
	void *span;
	uint64_t head = ring_state(ring).head;
	int r = vmap_shared_reserve(ring, LEN, SHARED_LOCK_NS, &span);
	if (r < 0)
		return r;
	pattern_fill(bytes, head, LEN);
	memcpy(span, bytes, LEN);
	return vmap_shared_commit(ring, LEN);
}

/* Exit status 0: all its appends succeeded; 2: it was told -ESTALE. */
static _Noreturn void child_main(int fd, enum shared_fault point)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	struct vmap_shared *ring = ring_map(fd);
	arrivals_left = BEFORE; /* those of the open are none of an append */
	stops_at = point;
	shared_fault_hook = hook;
	for (int i = 0; i < 2 * BEFORE; i++) {
		int r = append(ring, point);
		if (r == -ESTALE)
			_exit(2);
		if (r < 0)
			fail("append gave %d", r);
	}
	_exit(0);
}

static void expect_exit(pid_t child, int expected, const char *what)
{
	int status = 0;
	MUST(waitpid(child, &status, 0) == child);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != expected)
		fail("%s ended with status 0x%x", what, (unsigned)status);
}

static void expect_whole(const struct vmap_shared *ring, const char *when, enum shared_fault point)
{
	if (!ring_is_whole(ring))
		fail("torn %s, point %d", when, (int)point);
}

struct stopped {
	int fd;
	struct vmap_shared *ring;
	pid_t child;
};

static void stop_one(struct stopped *stopped, enum shared_fault point)
{
	stopped->child = fork();
	MUST(stopped->child >= 0);
	if (stopped->child == 0)
		child_main(stopped->fd, point);
	int status = 0;
	MUST(waitpid(stopped->child, &status, WUNTRACED) == stopped->child);
	if (!WIFSTOPPED(status))
		fail("no stop at point %d, status 0x%x", (int)point, (unsigned)status);
}

int main(void)
{
	struct stopped all[N_POINTS];
	pattern_table();
	double start = monotonic_s();
	for (size_t i = 0; i < N_POINTS; i++) {
		all[i].fd = ring_fd(CAPACITY, 0);
		all[i].ring = ring_map(all[i].fd);
		stop_one(&all[i], points[i]);
		double before = monotonic_s();
		uint64_t lock_ns = i == 0 ? SHARED_LOCK_NS : 30000000;
		ssize_t n = vmap_shared_append_within(all[i].ring, "x", 1, lock_ns);
		double waited = monotonic_s() - before;
		if (n != -EBUSY || waited < (double)lock_ns / 1e9)
			fail("point %d: %zd after %.3f s", (int)points[i], n, waited);
		expect_whole(all[i].ring, "while it is stopped", points[i]);
	}
	while (monotonic_s() < start + STOP_S)
		pause_us(10000);
	for (size_t i = 0; i < N_POINTS; i++) {
		if (vmap_shared_append_within(all[i].ring, "x", 1, 0) != -EBUSY || ring_state(all[i].ring).steals != 0)
			fail("point %d: stolen from the living", (int)points[i]);
		MUST(kill(all[i].child, SIGCONT) == 0);
		expect_exit(all[i].child, 0, "who was stopped");
		struct vmap_shared_state state = ring_state(all[i].ring);
		if (state.head != 2 * BEFORE * LEN || state.steals != 0)
			fail("point %d: head at %llu, %u steals", (int)points[i], (unsigned long long)state.head, state.steals);
		expect_whole(all[i].ring, "when it went on", points[i]);
	}
	for (size_t i = 0; i < N_POINTS; i++) {
		stop_one(&all[i], points[i]);
		int r = vmap_shared_revoke(all[i].ring);
		if (r < 0)
			fail("point %d: cannot be locked out: %d", (int)points[i], r);
		if (ring_append(all[i].ring, 12345) != 12345)
			fail("point %d: no append after the lock-out", (int)points[i]);
		struct vmap_shared_state before = ring_state(all[i].ring);
		MUST(kill(all[i].child, SIGCONT) == 0);
		expect_exit(all[i].child, 2, "who was locked out");
		struct vmap_shared_state after = ring_state(all[i].ring);
		if (!states_equal(&before, &after))
			fail("point %d: what was stored late is seen", (int)points[i]);
		expect_whole(all[i].ring, "after a lock-out", points[i]);
		vmap_shared_close(all[i].ring);
		close(all[i].fd);
	}
	printf("shared_stop: stopped for %.1f s with the lock at %d steps: nothing stolen; locked out at each: nothing late seen\n",
	       monotonic_s() - start, N_POINTS);
	return 0;
}
