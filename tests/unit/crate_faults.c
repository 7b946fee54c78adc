/* SPDX-License-Identifier: MIT */
/* Faults of the crate vmap 0.6.3 that this library must not have, one test each. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <stdatomic.h>

#include <vmap/bufio.h>
#include <vmap/os.h>
#include <vmap/ring.h>

#include "map_helpers.h"

/* The crate asks for a file mapping of descriptor -1. */
Test(crate_faults, a_read_only_anonymous_map_is_no_file)
{
	const struct vmap_options cases[] = {
		{.len = vmap_extent_exact(5)}, {.len = vmap_extent_min(5)}, {.offset = 3}, {.read_only = true}};
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct vmap_map *map = NULL;
		cr_assert(eq(int, vmap_alloc(&cases[i], &map), 0));
		cr_expect(eq(u8, *(const uint8_t *)vmap_map_data(map), 0));
		vmap_close(map);
	}
	void *base = NULL;
	cr_assert(eq(int, vmap_os_map_anonymous(vmap_page_size(), VMAP_PROTECT_READ_ONLY, &base), 0));
	cr_expect(eq(int, vmap_os_unmap(base, vmap_page_size()), 0));
}

static atomic_bool stop;

/* Takes and returns address space as fast as it can. */
static void *take_address_space(void *arg)
{
	size_t len = *(const size_t *)arg;
	while (!atomic_load(&stop)) {
		void *base = space_take(len);
		if (base)
			space_give_back(base, len);
	}
	return NULL;
}

/* On Windows the crate reserves, frees and races to map, and gives up after six lost races. */
Test(crate_faults, no_other_thread_gets_between_the_halves_of_a_ring, .timeout = 600)
{
	enum { N_THREADS = 2, N_RINGS = 400 };
	size_t unit = vmap_allocation_size();
	size_t lens[N_THREADS] = {unit, 3 * unit};
	pthread_t threads[N_THREADS];
	for (size_t i = 0; i < N_THREADS; i++)
		MUST(pthread_create(&threads[i], NULL, take_address_space, &lens[i]) == 0);
	int n_failed = 0;
	int n_split = 0;
	for (int i = 0; i < N_RINGS; i++) {
		void *base = NULL;
		if (vmap_os_map_ring(unit, &base) < 0) {
			n_failed++;
			continue;
		}
		volatile uint8_t *bytes = base;
		bytes[unit - 1] = 1;
		bytes[unit] = 2;
		n_split += bytes[2 * unit - 1] != 1 || bytes[0] != 2;
		vmap_os_unmap_ring(base, unit);
	}
	atomic_store(&stop, true);
	for (size_t i = 0; i < N_THREADS; i++)
		MUST(pthread_join(threads[i], NULL) == 0);
	cr_expect(eq(int, n_failed, 0));
	cr_expect(eq(int, n_split, 0));
}

/* The crate's write returns 0 there, which its callers take for the end of a file. */
Test(crate_faults, a_full_ring_is_not_the_end_of_a_file)
{
	struct vmap_ring *ring = NULL;
	cr_assert(eq(int, vmap_ring_create(1, VMAP_RING_BOUNDED, &ring), 0));
	cr_assert(eq(int, vmap_ring_feed(ring, vmap_ring_capacity(ring)), 0));
	cr_expect(eq(int, (int)vmap_ring_write(ring, "x", 1), -EAGAIN));
	cr_expect(eq(int, (int)vmap_ring_write(ring, "x", 0), 0));
	vmap_ring_destroy(ring);
}

/* The crate's into_map changes no right. */
Test(crate_faults, a_map_made_read_only_is_read_only)
{
	struct vmap_map *map = NULL;
	cr_assert(eq(int, vmap_alloc(&(struct vmap_options){.write = true}, &map), 0));
	cr_assert(eq(int, vmap_map_make_read_only(map), 0));
	cr_expect(not(can_be_written(vmap_map_data(map))));
	vmap_close(map);
}

/* The crate forgets to unmap a map whose length is 0. */
Test(crate_faults, an_empty_range_leaves_no_mapping_behind)
{
	int fd = unnamed_file("0123456789", 10);
	struct vmap_options options = {.offset = 10};
	struct holdings before = holdings_now();
	for (int i = 0; i < 100; i++) {
		struct vmap_map *map = UNTOUCHED;
		cr_assert(eq(int, vmap_map_fd_if(fd, &options, &map), 0));
		cr_assert(eq(ptr, map, NULL));
	}
	cr_expect(holdings_equal(before, holdings_now()));
	close(fd);
}

/* In the crate off + len and len + unit - 1 wrap, and the range check lets the sum through. */
Test(crate_faults, sums_beyond_size_max_are_refused)
{
	struct vmap_map *map = NULL;
	cr_assert(eq(int, vmap_alloc(&(struct vmap_options){.write = true}, &map), 0));
	cr_expect(eq(int, vmap_lock_range(map, 2, SIZE_MAX - 1), -ERANGE));
	cr_expect(eq(int, vmap_flush_range(map, -1, SIZE_MAX, 2, VMAP_FLUSH_SYNC), -ERANGE));
	cr_expect(eq(int, vmap_advise_range(map, 1, SIZE_MAX, VMAP_ADVICE_NORMAL), -ERANGE));
	vmap_close(map);
	cr_expect(eq(sz, vmap_size_round(vmap_size_page(), SIZE_MAX), 0));
}

static ssize_t append(void *context, const void *src, size_t len)
{
	char *text = context;
	size_t used = strlen(text);
	memcpy(text + used, src, len);
	text[used + len] = '\0';
	return (ssize_t)len;
}

/* In the crate a write that is exactly as long as the room left overtakes what is buffered. */
Test(crate_faults, a_write_that_fills_the_buffer_stays_behind_what_is_in_it)
{
	size_t capacity = vmap_allocation_size();
	char *text = xmalloc(capacity + 1);
	char *rest = xmalloc(capacity);
	*text = '\0';
	memset(rest, 'x', capacity);
	struct vmap_writer *writer = NULL;
	MUST(vmap_writer_create(vmap_sink_call(append, NULL, text), capacity, &writer) == 0);
	cr_assert(eq(int, vmap_writer_write_all(writer, "first ", 6), 0));
	cr_assert(eq(int, vmap_writer_write_all(writer, rest, capacity - 6), 0));
	cr_expect(eq(int, vmap_writer_destroy(writer), 0));
	cr_expect(eq(int, strncmp(text, "first xxx", 9), 0));
	cr_expect(eq(sz, strlen(text), capacity));
	free(rest);
	free(text);
}
