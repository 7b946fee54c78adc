/* SPDX-License-Identifier: MIT */
/*
 * The writer lock between living writers: who has waited for long gets it, although another one takes it all the time.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include "helpers.h"

enum { AT_WLOCK = 0x080, HANDOFF = 0x8000, FOREVER_S = 30 };
static const uint32_t ASLEEP = 0x80000000u;
static const uint64_t CAPACITY = 65536, SECOND = 1000000000u;

static uint32_t lock_word(int fd)
{
	uint32_t word;
	file_get(fd, AT_WLOCK, &word, sizeof(word));
	return word;
}

static void *append_one(void *arg)
{
	struct vmap_shared *ring = arg;
	MUST(vmap_shared_append_within(ring, "x", 1, FOREVER_S * SECOND) == 1);
	return NULL;
}

Test(shared_lock, is_kept_for_who_has_waited_for_long)
{
	int fd = ring_fd(CAPACITY, 0);
	struct vmap_shared *greedy = ring_map(fd), *patient = ring_map(fd);
	void *span;
	cr_assert(eq(int, vmap_shared_reserve(greedy, 1, 0, &span), 0));
	pthread_t thread;
	MUST(pthread_create(&thread, NULL, append_one, patient) == 0);
	while (!(lock_word(fd) & HANDOFF))
		sched_yield();
	cr_assert(eq(int, vmap_shared_commit(greedy, 0), 0));
	/* At once, before the other has woken up, or else it has had its turn. */
	int r = vmap_shared_reserve(greedy, 1, 0, &span);
	cr_expect(r == -EBUSY || ring_state(greedy).head == 1, "the lock was had again, with %d", r);
	if (r == 0)
		vmap_shared_commit(greedy, 0);
	MUST(pthread_join(thread, NULL) == 0);
	cr_expect(eq(u64, ring_state(greedy).head, 1));
	cr_expect(eq(u32, lock_word(fd), 0));
	vmap_shared_close(greedy);
	vmap_shared_close(patient);
	close(fd);
}

Test(shared_lock, kept_for_who_has_died_is_had_after_one_sleep)
{
	int fd = ring_fd(CAPACITY, 0);
	struct vmap_shared *ring = ring_map(fd);
	uint32_t kept = HANDOFF | ASLEEP;
	file_put(fd, AT_WLOCK, &kept, sizeof(kept));
	cr_expect(eq(sz, (size_t)vmap_shared_append_within(ring, "x", 1, 0), (size_t)-EBUSY));
	cr_expect(eq(u32, lock_word(fd), kept));
	cr_expect(eq(sz, (size_t)vmap_shared_append_within(ring, "x", 1, FOREVER_S * SECOND), 1));
	cr_expect(eq(u32, lock_word(fd), 0));
	cr_expect(eq(u32, ring_state(ring).steals, 0));
	vmap_shared_close(ring);
	close(fd);
}

/* Who never sleeps must not find it kept for ever. */
Test(shared_lock, kept_for_who_has_died_is_had_by_who_only_tries)
{
	int fd = ring_fd(CAPACITY, 0);
	struct vmap_shared *ring = ring_map(fd);
	uint32_t kept = HANDOFF | ASLEEP;
	file_put(fd, AT_WLOCK, &kept, sizeof(kept));
	time_t end = time(NULL) + FOREVER_S;
	ssize_t n;
	do {
		n = vmap_shared_append_within(ring, "x", 1, 0);
	} while (n == -EBUSY && time(NULL) < end);
	cr_expect(eq(sz, (size_t)n, 1));
	cr_expect(eq(u32, lock_word(fd), 0));
	vmap_shared_close(ring);
	close(fd);
}

Test(shared_lock, of_another_is_left_alone_by_who_was_locked_out)
{
	int fd = ring_fd(CAPACITY, 0);
	struct vmap_shared *ring = ring_map(fd);
	void *span;
	cr_assert(eq(int, vmap_shared_reserve(ring, 1, 0, &span), 0));
	uint32_t others = lock_word(fd) + 0x10000; /* another generation of the slot */
	file_put(fd, AT_WLOCK, &others, sizeof(others));
	vmap_shared_commit(ring, 1);
	cr_expect(eq(u32, lock_word(fd), others));
	vmap_shared_close(ring);
	close(fd);
}
