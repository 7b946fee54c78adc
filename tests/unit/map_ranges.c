/* SPDX-License-Identifier: MIT */
/* Flush, advise and lock: ranges that start and end inside pages, and what they refuse. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "map_helpers.h"

enum { N_PAGES = 6 };

static size_t page;
static int file;
static struct vmap_map *map;

/* A map that starts and ends inside a page of a file of N_PAGES pages. */
static void set_up(void)
{
	page = vmap_page_size();
	file = unnamed_file("", 0);
	MUST(ftruncate(file, (off_t)(N_PAGES * page)) == 0);
	struct vmap_options options = {.write = true, .offset = 100, .len = vmap_extent_exact(N_PAGES * page - 200)};
	MUST(vmap_map_fd(file, &options, &map) == 0);
	memset(vmap_map_data_mut(map), 7, vmap_map_len(map));
}

static void clean_up(void)
{
	vmap_close(map);
	close(file);
}

/* Ranges inside the map, with the pages that each touches. */
struct range {
	size_t offset;
	size_t len;
	size_t n_pages;
};

#define RANGES                                                                                                  \
	{                                                                                                       \
		{0, vmap_map_len(map), N_PAGES}, {0, 1, 1}, {5, page, 2}, {page - 100, page, 1},                \
			{page - 101, 2, 2}, {page - 1, 3 * page, 4}, {vmap_map_len(map) - 1, 1, 1}, {3, 0, 0},  \
			{vmap_map_len(map), 0, 0}, {page - 100, 0, 0}                                           \
	}

/* Ranges that leave the map. */
#define BAD_RANGES                                                                                              \
	{                                                                                                       \
		{0, vmap_map_len(map) + 1, 0}, {1, vmap_map_len(map), 0}, {vmap_map_len(map) + 1, 0, 0},        \
			{vmap_map_len(map), 1, 0}, {1, SIZE_MAX, 0}, {SIZE_MAX, 1, 0}, {SIZE_MAX, SIZE_MAX, 0}  \
	}

static void expect_refused(int result, int error, enum vmap_operation operation, enum vmap_input input)
{
	cr_expect(eq(int, result, error));
	cr_expect(eq(int, vmap_last_error().result, error));
	cr_expect(eq(int, (int)vmap_last_error().operation, (int)operation));
	cr_expect(eq(int, (int)vmap_last_error().input, (int)input));
}

TestSuite(map_flush, .init = set_up, .fini = clean_up);
TestSuite(map_advise, .init = set_up, .fini = clean_up);
TestSuite(map_lock, .init = set_up, .fini = clean_up);

Test(map_flush, takes_ranges_anywhere_in_the_map)
{
	const struct range ranges[] = RANGES;
	for (size_t i = 0; i < N_OF(ranges); i++) {
		cr_expect(eq(int, vmap_flush_range(map, file, ranges[i].offset, ranges[i].len, VMAP_FLUSH_SYNC), 0));
		cr_expect(eq(int, vmap_flush_range(map, -1, ranges[i].offset, ranges[i].len, VMAP_FLUSH_ASYNC), 0));
	}
	cr_expect(eq(int, vmap_flush(map, file, VMAP_FLUSH_SYNC), 0));
	cr_expect(eq(int, vmap_flush(map, -1, VMAP_FLUSH_ASYNC), 0));
}

Test(map_flush, refuses_ranges_outside_the_map)
{
	const struct range ranges[] = BAD_RANGES;
	for (size_t i = 0; i < N_OF(ranges); i++)
		expect_refused(vmap_flush_range(map, file, ranges[i].offset, ranges[i].len, VMAP_FLUSH_SYNC), -ERANGE,
			       VMAP_OPERATION_FLUSH, VMAP_INPUT_INVALID_RANGE);
}

Test(map_flush, refuses_a_mode_that_does_not_exist)
{
	expect_refused(vmap_flush(map, file, (enum vmap_flush_mode)2), -EINVAL, VMAP_OPERATION_FLUSH,
		       VMAP_INPUT_OPTIONS);
}

Test(map_flush, works_on_maps_that_are_not_written)
{
	cr_assert(eq(int, vmap_map_make_read_only(map), 0));
	cr_expect(eq(int, vmap_flush(map, file, VMAP_FLUSH_SYNC), 0));
	const struct vmap_options cases[] = {{.copy = true}, {.write = false}};
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct vmap_map *other = NULL;
		cr_assert(eq(int, vmap_map_fd(file, &cases[i], &other), 0));
		cr_expect(eq(int, vmap_flush(other, -1, VMAP_FLUSH_SYNC), 0));
		vmap_close(other);
	}
}

Test(map_advise, takes_all_advice_for_ranges_anywhere_in_the_map)
{
	const struct range ranges[] = RANGES;
	for (int advice = VMAP_ADVICE_NORMAL; advice <= VMAP_ADVICE_WILL_NOT_NEED; advice++) {
		for (size_t i = 0; i < N_OF(ranges); i++)
			cr_expect(eq(int,
				     vmap_advise_range(map, ranges[i].offset, ranges[i].len, (enum vmap_advice)advice),
				     0));
		cr_expect(eq(int, vmap_advise(map, (enum vmap_advice)advice), 0));
	}
}

Test(map_advise, refuses_ranges_outside_the_map)
{
	const struct range ranges[] = BAD_RANGES;
	for (size_t i = 0; i < N_OF(ranges); i++)
		expect_refused(vmap_advise_range(map, ranges[i].offset, ranges[i].len, VMAP_ADVICE_NORMAL), -ERANGE,
			       VMAP_OPERATION_ADVISE, VMAP_INPUT_INVALID_RANGE);
}

Test(map_advise, refuses_advice_that_does_not_exist)
{
	expect_refused(vmap_advise(map, (enum vmap_advice)5), -EINVAL, VMAP_OPERATION_ADVISE, VMAP_INPUT_OPTIONS);
	expect_refused(vmap_advise(map, (enum vmap_advice)-1), -EINVAL, VMAP_OPERATION_ADVISE, VMAP_INPUT_OPTIONS);
}

Test(map_advise, changes_no_byte_of_a_copy)
{
	const struct vmap_options copy = {.copy = true};
	struct vmap_map *maps[2] = {NULL, NULL};
	cr_assert(eq(int, vmap_map_fd(file, &copy, &maps[0]), 0));
	cr_assert(eq(int, vmap_alloc(&copy, &maps[1]), 0));
	for (size_t i = 0; i < N_OF(maps); i++) {
		uint8_t *data = vmap_map_data_mut(maps[i]);
		size_t len = vmap_map_len(maps[i]);
		memset(data, 9, len);
		for (int advice = VMAP_ADVICE_NORMAL; advice <= VMAP_ADVICE_WILL_NOT_NEED; advice++)
			cr_expect(eq(int, vmap_advise(maps[i], (enum vmap_advice)advice), 0));
		size_t n_changed = 0;
		for (size_t k = 0; k < len; k++)
			n_changed += data[k] != 9;
		cr_expect(eq(sz, n_changed, 0));
		vmap_close(maps[i]);
	}
}

#define NEED_LOCKS()                                                                                             \
	do {                                                                                                    \
		if (!lock_works())                                                                              \
			cr_skip_test("mlock does nothing here");                                                \
	} while (0)

Test(map_lock, locks_the_pages_that_a_range_touches)
{
	NEED_LOCKS();
	size_t before = locked_kib();
	const struct range ranges[] = RANGES;
	for (size_t i = 0; i < N_OF(ranges); i++) {
		cr_assert(eq(int, vmap_lock_range(map, ranges[i].offset, ranges[i].len), 0));
		cr_expect(eq(sz, locked_kib() - before, ranges[i].n_pages * page / 1024));
		/* Locks do not add up. */
		cr_assert(eq(int, vmap_lock_range(map, ranges[i].offset, ranges[i].len), 0));
		cr_assert(eq(int, vmap_unlock_range(map, ranges[i].offset, ranges[i].len), 0));
		cr_expect(eq(sz, locked_kib(), before));
	}
	cr_assert(eq(int, vmap_lock(map), 0));
	cr_expect(eq(sz, locked_kib() - before, N_PAGES * page / 1024));
	cr_assert(eq(int, vmap_unlock(map), 0));
	cr_expect(eq(sz, locked_kib(), before));
}

Test(map_lock, refuses_ranges_outside_the_map)
{
	const struct range ranges[] = BAD_RANGES;
	for (size_t i = 0; i < N_OF(ranges); i++) {
		expect_refused(vmap_lock_range(map, ranges[i].offset, ranges[i].len), -ERANGE, VMAP_OPERATION_LOCK,
			       VMAP_INPUT_INVALID_RANGE);
		expect_refused(vmap_unlock_range(map, ranges[i].offset, ranges[i].len), -ERANGE, VMAP_OPERATION_UNLOCK,
			       VMAP_INPUT_INVALID_RANGE);
	}
}

#define NEED_LIMIT(len)                                                                                          \
	do {                                                                                                    \
		NEED_LOCKS();                                                                                   \
		if (!limit_locking(len))                                                                        \
			cr_skip_test("nothing limits mlock here");                                              \
	} while (0)

Test(map_lock, says_when_nothing_may_be_locked)
{
	NEED_LIMIT(0);
	expect_refused(vmap_lock(map), -EPERM, VMAP_OPERATION_LOCK, VMAP_INPUT_NONE);
}

Test(map_lock, says_when_not_so_much_may_be_locked)
{
	NEED_LIMIT(page);
	expect_refused(vmap_lock(map), -ENOMEM, VMAP_OPERATION_LOCK, VMAP_INPUT_NONE);
}

Test(map_advise, refuses_to_let_locked_memory_go)
{
	/* The plain POSIX call may ignore that advice. */
	cr_assert(eq(int, vmap_lock(map), 0));
	int r = vmap_advise(map, VMAP_ADVICE_WILL_NOT_NEED);
	cr_expect(r == -EINVAL || r == 0);
	cr_expect(eq(u8, *(const uint8_t *)vmap_map_data(map), 7));
}
