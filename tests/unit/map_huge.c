/* SPDX-License-Identifier: MIT */
/*
 * Maps of files in huge pages (hugetlbfs), which the system maps, protects and unmaps in whole huge pages only.
 *
 * Skipped where the system has none to give: vm.nr_hugepages is 0 on most.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <sys/mman.h>

#include "map_helpers.h"

enum { N_PAGES = 2 };

static size_t huge;
static int file = -1;

static void set_up(void)
{
	file = memfd_create("under-test", MFD_CLOEXEC | MFD_HUGETLB);
	struct stat st;
	if (file < 0 || fstat(file, &st) < 0)
		return;
	huge = (size_t)st.st_blksize;
	MUST(ftruncate(file, (off_t)(N_PAGES * huge)) == 0);
}

static void clean_up(void)
{
	if (file >= 0)
		close(file);
}

static bool has_pages(void)
{
	void *base = file < 0 ? MAP_FAILED :
				mmap(NULL, N_PAGES * huge, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	return base != MAP_FAILED && munmap(base, N_PAGES * huge) == 0;
}

TestSuite(map_huge, .init = set_up, .fini = clean_up);

Test(map_huge, starts_and_ends_anywhere_and_leaves_nothing)
{
	if (!has_pages())
		cr_skip_test("no huge pages here");
	const struct {
		uint64_t offset;
		size_t len;
	} ranges[] = {{0, 100}, {vmap_page_size(), 1}, {100, huge}, {huge - 1, 2}, {huge + 5, huge - 5}, {0, N_PAGES * huge}};
	struct holdings before = holdings_now();
	for (size_t i = 0; i < N_OF(ranges); i++) {
		struct vmap_options options = {
			.write = true,
			.read_only = true,
			.offset = ranges[i].offset,
			.len = vmap_extent_exact(ranges[i].len),
		};
		struct vmap_map *map = NULL;
		cr_assert(eq(int, vmap_map_fd(file, &options, &map), 0));
		cr_assert(eq(sz, vmap_map_len(map), ranges[i].len));
		cr_assert(eq(int, vmap_map_make_writable(map), 0));
		memset(vmap_map_data_mut(map), (int)i + 1, ranges[i].len);
		cr_expect(eq(int, vmap_map_make_read_only(map), 0));
		struct vmap_map *whole = NULL;
		cr_assert(eq(int, vmap_map_fd(file, NULL, &whole), 0));
		const uint8_t *bytes = vmap_map_data(whole);
		cr_expect(eq(u8, bytes[ranges[i].offset], (uint8_t)(i + 1)));
		cr_expect(eq(u8, bytes[ranges[i].offset + ranges[i].len - 1], (uint8_t)(i + 1)));
		vmap_close(whole);
		vmap_close(map);
		cr_expect(holdings_equal(before, holdings_now()));
	}
}

Test(map_huge, takes_ranges_inside_its_pages)
{
	if (!has_pages())
		cr_skip_test("no huge pages here");
	struct vmap_options options = {.write = true, .offset = 100};
	struct vmap_map *map = NULL;
	cr_assert(eq(int, vmap_map_fd(file, &options, &map), 0));
	cr_expect(eq(int, vmap_advise_range(map, huge, 1, VMAP_ADVICE_RANDOM), 0));
	cr_expect(eq(int, vmap_advise_range(map, huge - 101, 2, VMAP_ADVICE_SEQUENTIAL), 0));
	cr_expect(eq(int, vmap_flush_range(map, file, 5, 5, VMAP_FLUSH_SYNC), 0));
	cr_expect(eq(int, vmap_unlock_range(map, 5, 5), 0));
	vmap_close(map);
}
