/* SPDX-License-Identifier: MIT */
/* Page sizes and the rounding that mappings need. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <vmap/size.h>

#include "helpers.h"

static bool is_power_of_two(size_t n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

Test(size_page, is_the_systems)
{
	cr_assert(eq(sz, vmap_page_size(), system_page_size()));
	cr_assert(is_power_of_two(vmap_page_size()));
}

Test(size_allocation, is_a_power_of_two_and_at_least_a_page)
{
	cr_assert(is_power_of_two(vmap_allocation_size()));
	cr_assert(ge(sz, vmap_allocation_size(), vmap_page_size()));
}

Test(size_allocation, divides_the_unit_of_shared_rings)
{
	cr_assert(eq(u64, VMAP_SHARED_UNIT % vmap_allocation_size(), 0));
}

Test(size_round, keeps_multiples)
{
	cr_assert(eq(sz, vmap_round_up(4096, 4096), 4096));
	cr_assert(eq(sz, vmap_round_up(3 * 4096, 4096), 3 * 4096));
}

Test(size_round, goes_up)
{
	cr_assert(eq(sz, vmap_round_up(1, 4096), 4096));
	cr_assert(eq(sz, vmap_round_up(4095, 4096), 4096));
	cr_assert(eq(sz, vmap_round_up(4097, 4096), 8192));
}

Test(size_round, of_zero_is_zero)
{
	cr_assert(eq(sz, vmap_round_up(0, 4096), 0));
}

Test(size_round, to_one_changes_nothing)
{
	cr_assert(eq(sz, vmap_round_up(12345, 1), 12345));
	cr_assert(eq(sz, vmap_round_up(SIZE_MAX, 1), SIZE_MAX));
}

Test(size_round, reaches_the_last_multiple)
{
	size_t last = SIZE_MAX - 4095;
	cr_assert(eq(sz, vmap_round_up(last, 4096), last));
	cr_assert(eq(sz, vmap_round_up(last - 1, 4096), last));
}

Test(size_round, beyond_size_max_is_zero)
{
	cr_assert(eq(sz, vmap_round_up(SIZE_MAX, 4096), 0));
	cr_assert(eq(sz, vmap_round_up(SIZE_MAX - 4094, 4096), 0));
	cr_assert(eq(sz, vmap_round_up(SIZE_MAX, (size_t)1 << (sizeof(size_t) * 8 - 1)), 0));
}

Test(size_round, agrees_with_division)
{
	struct rng rng = {.state = 11};
	for (int i = 0; i < 100000; i++) {
		size_t unit = (size_t)1 << rng_below(&rng, 20);
		size_t size = rng_below(&rng, (size_t)1 << 40);
		size_t expected = (size + unit - 1) / unit * unit;
		if (vmap_round_up(size, unit) != expected)
			cr_fatal("size %zu unit %zu: %zu, not %zu", size, unit, vmap_round_up(size, unit), expected);
	}
}
