/* SPDX-License-Identifier: MIT */
/* Counting in units: the crate's own table, and everything beside SIZE_MAX. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <vmap/size.h>

#include "helpers.h"

Test(crate_size, allocation_size)
{
	struct vmap_size size = vmap_size_of(4096);
	cr_expect(eq(sz, vmap_size_round(size, 0), 0));
	cr_expect(eq(sz, vmap_size_round(size, 1), 4096));
	cr_expect(eq(sz, vmap_size_round(size, 4095), 4096));
	cr_expect(eq(sz, vmap_size_round(size, 4096), 4096));
	cr_expect(eq(sz, vmap_size_round(size, 4097), 8192));
	cr_expect(eq(sz, vmap_size_truncate(size, 0), 0));
	cr_expect(eq(sz, vmap_size_truncate(size, 1), 0));
	cr_expect(eq(sz, vmap_size_truncate(size, 4095), 0));
	cr_expect(eq(sz, vmap_size_truncate(size, 4096), 4096));
	cr_expect(eq(sz, vmap_size_truncate(size, 4097), 4096));
	cr_expect(eq(sz, vmap_size_size(size, 0), 0));
	cr_expect(eq(sz, vmap_size_size(size, 1), 4096));
	cr_expect(eq(sz, vmap_size_size(size, 2), 8192));
	cr_expect(eq(sz, vmap_size_count(size, 0), 0));
	cr_expect(eq(sz, vmap_size_count(size, 1), 1));
	cr_expect(eq(sz, vmap_size_count(size, 4095), 1));
	cr_expect(eq(sz, vmap_size_count(size, 4096), 1));
	cr_expect(eq(sz, vmap_size_count(size, 4097), 2));
	cr_expect(eq(sz, vmap_size_count(size, 8192), 2));
	cr_expect(eq(sz, vmap_size_offset(size, 0), 0));
	cr_expect(eq(sz, vmap_size_offset(size, 1), 1));
	cr_expect(eq(sz, vmap_size_offset(size, 4095), 4095));
	cr_expect(eq(sz, vmap_size_offset(size, 4096), 0));
	cr_expect(eq(sz, vmap_size_offset(size, 4097), 1));
}

Test(size_units, hold_at_size_max)
{
	const size_t units[] = {1, 2, 4096, 65536, SIZE_MAX / 2 + 1};
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t unit = units[i];
		size_t last = SIZE_MAX - (unit - 1); /* the largest multiple */
		struct vmap_size size = vmap_size_of(unit);
		cr_expect(eq(sz, vmap_size_round(size, last), last));
		cr_expect(eq(sz, vmap_size_round(size, last - (unit - 1)), last));
		cr_expect(eq(sz, vmap_size_truncate(size, SIZE_MAX), last));
		cr_expect(eq(sz, vmap_size_offset(size, SIZE_MAX), unit - 1));
		cr_expect(eq(sz, vmap_size_count(size, last), last / unit));
		cr_expect(eq(sz, vmap_size_size(size, last / unit), last));
		if (unit == 1)
			continue;
		cr_expect(eq(sz, vmap_size_round(size, last + 1), 0), "does not fit");
		cr_expect(eq(sz, vmap_size_round(size, SIZE_MAX), 0), "does not fit");
		cr_expect(eq(sz, vmap_size_count(size, SIZE_MAX), last / unit + 1));
		cr_expect(eq(sz, vmap_size_size(size, last / unit + 1), 0), "does not fit");
		cr_expect(eq(sz, vmap_size_size(size, SIZE_MAX), 0), "does not fit");
	}
}

static void expect_bounds(uintptr_t start, size_t len, uintptr_t expected_start, size_t expected_len)
{
	struct vmap_bounds bounds = vmap_size_bounds(vmap_size_of(4096), (const void *)start, len);
	cr_expect(eq(sz, (size_t)(uintptr_t)bounds.start, (size_t)expected_start));
	cr_expect(eq(sz, bounds.len, expected_len), "start %zu len %zu", (size_t)start, len);
}

Test(size_units, bounds_take_in_whole_units)
{
	expect_bounds(8192, 0, 8192, 0);
	expect_bounds(8192, 1, 8192, 4096);
	expect_bounds(8192, 4096, 8192, 4096);
	expect_bounds(8192, 4097, 8192, 8192);
	expect_bounds(8193, 0, 8192, 4096);
	expect_bounds(8193, 4095, 8192, 4096);
	expect_bounds(8193, 4096, 8192, 8192);
	expect_bounds(12287, 1, 8192, 4096);
	expect_bounds(12287, 2, 8192, 8192);
}

Test(size_units, bounds_hold_at_the_end_of_the_address_space)
{
	uintptr_t last = UINTPTR_MAX - 4095; /* the last page */
	expect_bounds(last, 4096, last, 4096);
	expect_bounds(last, 4097, last, 0);
	expect_bounds(UINTPTR_MAX, 1, last, 4096);
	expect_bounds(UINTPTR_MAX, 2, last, 0);
	expect_bounds(UINTPTR_MAX, SIZE_MAX, last, 0);
	expect_bounds(0, SIZE_MAX - 4095, 0, SIZE_MAX - 4095);
	expect_bounds(0, SIZE_MAX, 0, 0);
	expect_bounds(4096, SIZE_MAX - 8191, 4096, SIZE_MAX - 8191);
	expect_bounds(4097, SIZE_MAX, 4096, 0);
}

Test(size_units, are_the_systems_own)
{
	size_t page = vmap_page_size();
	cr_expect(eq(sz, page, system_page_size()));
	cr_expect(eq(sz, vmap_page_size(), page), "the second time, too");
	cr_expect(eq(sz, vmap_size_page().unit, page));
	cr_expect(eq(sz, vmap_size_alloc().unit, vmap_allocation_size()));
	cr_expect(eq(sz, vmap_allocation_size() % page, 0));
}
