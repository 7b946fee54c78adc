/* SPDX-License-Identifier: MIT */
/* Maps of files and of anonymous memory: what each call gives. The first part is the crate's own test cases. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>

#include <vmap/os.h>

#include "map_helpers.h"

static const char text[] = "A cross-platform library for fast and safe memory-mapped IO in Rust";
#define TEXT_LEN (sizeof(text) - 1)

static struct temp_dir dir;

static void write_text(void)
{
	dir = temp_dir_create();
	file_write(dir.file, text, TEXT_LEN);
}

static void no_file(void)
{
	dir = temp_dir_create();
}

static void clean_up(void)
{
	temp_dir_remove(&dir);
}

/* Map the file under test, or end the test. */
static struct vmap_map *open_file(struct vmap_options options)
{
	struct vmap_map *map = NULL;
	cr_assert(eq(int, vmap_open(dir.file, &options, &map, NULL), 0));
	return map;
}

static struct vmap_map *alloc(struct vmap_options options)
{
	struct vmap_map *map = NULL;
	cr_assert(eq(int, vmap_alloc(&options, &map), 0));
	return map;
}

/* The crate's test cases */

Test(crate_map, alloc_min)
{
	struct vmap_map *map = alloc((struct vmap_options){.write = true, .len = vmap_extent_min(100)});
	cr_assert(eq(sz, vmap_map_len(map), vmap_size_round(vmap_size_alloc(), 100)));
	cr_expect(eq(int, memcmp(vmap_map_data(map), "\0\0\0\0\0", 5), 0));
	memcpy(vmap_map_data_mut(map), "hello", 5);
	cr_expect(holds(map, 0, "hello"));
	vmap_close(map);
}

Test(crate_map, alloc_exact)
{
	struct vmap_map *map = alloc((struct vmap_options){.write = true, .len = vmap_extent_exact(5)});
	cr_assert(eq(sz, vmap_map_len(map), 5));
	cr_expect(eq(int, memcmp(vmap_map_data(map), "\0\0\0\0\0", 5), 0));
	memcpy(vmap_map_data_mut(map), "hello", 5);
	cr_expect(holds(map, 0, "hello"));
	vmap_close(map);
}

Test(crate_map, alloc_offset)
{
	size_t page = vmap_page_size();
	struct vmap_map *map =
		alloc((struct vmap_options){.write = true, .offset = page - 5, .len = vmap_extent_exact(6)});
	char *data = vmap_map_data_mut(map);
	cr_assert(eq(sz, vmap_map_len(map), 6));
	cr_assert(eq(sz, ((uintptr_t)data + 5) % page, 0));
	/* The sixth byte has a page to itself. */
	cr_assert(eq(int, vmap_os_protect(data + 5, 1, VMAP_PROTECT_READ_ONLY), 0));
	cr_expect(eq(int, memcmp(data, "\0\0\0\0\0\0", 6), 0));
	memcpy(data, "hello", 5);
	cr_expect(eq(int, memcmp(data, "hello\0", 6), 0));
	cr_expect(can_be_written(data + 4));
	cr_expect(not(can_be_written(data + 5)));
	vmap_close(map);
}

Test(crate_map, read_end, .init = write_text, .fini = clean_up)
{
	struct vmap_map *map = open_file((struct vmap_options){.offset = 29});
	cr_expect(eq(sz, vmap_map_len(map), TEXT_LEN - 29));
	cr_expect(holds(map, 0, "fast and safe memory-mapped IO"));
	vmap_close(map);
}

Test(crate_map, read_min, .init = write_text, .fini = clean_up)
{
	struct vmap_map *map = open_file((struct vmap_options){.offset = 29, .len = vmap_extent_min(30)});
	cr_expect(eq(sz, vmap_map_len(map), TEXT_LEN - 29));
	cr_expect(holds(map, 0, "fast and safe memory-mapped IO"));
	vmap_close(map);
}

Test(crate_map, read_max, .init = write_text, .fini = clean_up)
{
	struct vmap_map *map = open_file((struct vmap_options){.offset = 29, .len = vmap_extent_max(30)});
	cr_expect(eq(sz, vmap_map_len(map), 30));
	cr_expect(holds(map, 0, "fast and safe memory-mapped IO"));
	vmap_close(map);
}

Test(crate_map, read_exact, .init = write_text, .fini = clean_up)
{
	struct vmap_map *map = open_file((struct vmap_options){.offset = 29, .len = vmap_extent_exact(30)});
	cr_expect(eq(sz, vmap_map_len(map), 30));
	cr_expect(holds(map, 0, "fast and safe memory-mapped IO"));
	vmap_close(map);
}

Test(crate_map, copy, .init = write_text, .fini = clean_up)
{
	struct vmap_map *map =
		open_file((struct vmap_options){.offset = 29, .len = vmap_extent_exact(30), .copy = true});
	cr_assert(eq(sz, vmap_map_len(map), 30));
	memcpy(vmap_map_data_mut(map), "nice", 4);
	cr_expect(holds(map, 0, "nice and safe memory-mapped IO"));
	struct vmap_map *other = open_file((struct vmap_options){.offset = 29});
	cr_expect(holds(other, 0, "fast and safe"), "a copy's changes reached the file");
	vmap_close(other);
	vmap_close(map);
}

Test(crate_map, write_into_mut, .init = no_file, .fini = clean_up)
{
	file_write(dir.file, "this is a test", 14);
	struct vmap_map *map = open_file(
		(struct vmap_options){.write = true, .read_only = true, .resize = vmap_extent_exact(16)});
	cr_assert(eq(sz, vmap_map_len(map), 16));
	cr_expect(eq(int, memcmp(vmap_map_data(map), "this is a test\0\0", 16), 0));
	cr_assert(eq(int, vmap_map_make_writable(map), 0));
	memcpy(vmap_map_data_mut(map), "that", 4);
	cr_expect(eq(int, memcmp(vmap_map_data(map), "that is a test\0\0", 16), 0));
	cr_assert(eq(int, vmap_map_make_read_only(map), 0));
	cr_expect(eq(int, memcmp(vmap_map_data(map), "that is a test\0\0", 16), 0));
	struct vmap_map *other = open_file((struct vmap_options){0});
	cr_assert(eq(sz, vmap_map_len(other), 16));
	cr_expect(eq(int, memcmp(vmap_map_data(other), "that is a test\0\0", 16), 0));
	vmap_close(other);
	vmap_close(map);
}

Test(crate_map, truncate, .init = no_file, .fini = clean_up)
{
	file_write(dir.file, "this is a test", 14);
	struct vmap_map *map =
		open_file((struct vmap_options){.write = true, .truncate = true, .resize = vmap_extent_exact(16)});
	static const char zeros[16];
	cr_assert(eq(sz, vmap_map_len(map), 16));
	cr_expect(eq(int, memcmp(vmap_map_data(map), zeros, 16), 0));
	vmap_close(map);
}

/* Conversion */

Test(map_convert, both_ways_and_back, .init = write_text, .fini = clean_up)
{
	struct vmap_map *map = open_file((struct vmap_options){.write = true});
	const char *data = vmap_map_data(map);
	cr_expect(vmap_map_is_writable(map) && can_be_written(data));
	for (int i = 0; i < 3; i++) {
		cr_assert(eq(int, vmap_map_make_read_only(map), 0));
		cr_expect(not(vmap_map_is_writable(map)));
		cr_expect(eq(ptr, vmap_map_data_mut(map), NULL));
		cr_expect(eq(ptr, vmap_map_span_mut(map).data, NULL));
		cr_expect(eq(sz, vmap_map_span_mut(map).len, 0));
		cr_expect(not(can_be_written(data)), "read-only, but the pages can be written");
		cr_assert(eq(int, vmap_map_make_read_only(map), 0));
		cr_assert(eq(int, vmap_map_make_writable(map), 0));
		cr_expect(vmap_map_is_writable(map) && can_be_written(data));
		cr_expect(eq(ptr, vmap_map_data_mut(map), (void *)(uintptr_t)data));
		cr_expect(eq(sz, vmap_map_span_mut(map).len, TEXT_LEN));
		cr_assert(eq(int, vmap_map_make_writable(map), 0));
	}
	vmap_close(map);
}

Test(map_convert, needs_write_in_the_options_whatever_the_descriptor_allows)
{
	int fd = unnamed_file(text, TEXT_LEN);
	struct vmap_map *map = NULL;
	cr_assert(eq(int, vmap_map_fd(fd, NULL, &map), 0));
	cr_expect(eq(int, vmap_map_make_writable(map), -EACCES));
	cr_expect(eq(int, (int)vmap_last_error().operation, VMAP_OPERATION_PROTECT));
	cr_expect(eq(int, (int)vmap_last_error().input, VMAP_INPUT_READ_ONLY));
	cr_expect(not(vmap_map_is_writable(map)));
	cr_expect(not(can_be_written(vmap_map_data(map))));
	vmap_close(map);
	close(fd);
}

Test(map_convert, copy_stays_private)
{
	int fd = unnamed_file(text, TEXT_LEN);
	struct vmap_options options = {.copy = true, .read_only = true};
	struct vmap_map *map = NULL;
	cr_assert(eq(int, vmap_map_fd(fd, &options, &map), 0));
	cr_expect(not(can_be_written(vmap_map_data(map))));
	cr_assert(eq(int, vmap_map_make_writable(map), 0));
	memcpy(vmap_map_data_mut(map), "The", 3);
	cr_assert(eq(int, vmap_map_make_read_only(map), 0));
	cr_expect(holds(map, 0, "Theross"));
	char now[7];
	cr_assert(eq(int, (int)pread(fd, now, sizeof(now), 0), 7));
	cr_expect(eq(int, memcmp(now, text, sizeof(now)), 0));
	vmap_close(map);
	close(fd);
}

/* Anonymous memory */

Test(map_alloc, defaults_to_one_unit_of_zeros_to_read)
{
	struct vmap_map *map = NULL;
	cr_assert(eq(int, vmap_alloc(NULL, &map), 0), "the crate maps descriptor -1 here");
	cr_expect(eq(sz, vmap_map_len(map), vmap_allocation_size()));
	cr_expect(not(vmap_map_is_writable(map)));
	cr_expect(not(can_be_written(vmap_map_data(map))));
	const uint8_t *data = vmap_map_data(map);
	uint8_t any = 0;
	for (size_t i = 0; i < vmap_map_len(map); i++)
		any |= data[i];
	cr_expect(eq(u8, any, 0));
	cr_expect(eq(int, vmap_map_make_writable(map), -EACCES));
	vmap_close(map);
}

Test(map_alloc, length_by_kind_and_offset)
{
	size_t unit = vmap_allocation_size();
	size_t last = vmap_page_size() - 1;
	const struct {
		uint64_t offset;
		struct vmap_extent len;
		size_t expected;
	} cases[] = {
		{0, vmap_extent_end(), unit},
		{5, vmap_extent_end(), unit - 5},
		{unit - 1, vmap_extent_end(), unit - last},
		{unit, vmap_extent_end(), unit},
		{7 * (uint64_t)unit + 3, vmap_extent_end(), unit - 3},
		{0, vmap_extent_exact(1), 1},
		{0, vmap_extent_exact(unit + 1), unit + 1},
		{unit - 5, vmap_extent_exact(6), 6},
		{0, vmap_extent_max(2000), 2000},
		{9, vmap_extent_max(2000), 2000},
		{0, vmap_extent_min(1), unit},
		{0, vmap_extent_min(unit), unit},
		{0, vmap_extent_min(unit + 1), 2 * unit},
		{1, vmap_extent_min(unit), 2 * unit - 1},
		{1, vmap_extent_min(unit - 1), unit - 1},
		{1, vmap_extent_min(0), unit - 1},
	};
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct vmap_map *map = alloc(
			(struct vmap_options){.write = true, .offset = cases[i].offset, .len = cases[i].len});
		cr_expect(eq(sz, vmap_map_len(map), cases[i].expected), "case %zu", i);
		cr_expect(eq(sz, (uintptr_t)vmap_map_data(map) % vmap_page_size(),
			     (size_t)(cases[i].offset % vmap_page_size())),
			  "case %zu", i);
		memset(vmap_map_data_mut(map), 1, vmap_map_len(map));
		vmap_close(map);
	}
}

static void write_two(void *data)
{
	*(volatile uint8_t *)data = 2;
}

static uint8_t byte_after_child_wrote(struct vmap_map *map)
{
	volatile uint8_t *data = vmap_map_data_mut(map);
	*data = 1;
	if (!in_child(write_two, vmap_map_data_mut(map)))
		cr_skip_test("no process here inherits memory");
	return *data;
}

Test(map_alloc, write_is_shared_with_children_and_copy_is_not)
{
	struct vmap_map *shared = alloc((struct vmap_options){.write = true});
	struct vmap_map *private = alloc((struct vmap_options){.copy = true});
	cr_expect(eq(u8, byte_after_child_wrote(shared), 2));
	cr_expect(eq(u8, byte_after_child_wrote(private), 1));
	vmap_close(shared);
	vmap_close(private);
}

Test(map_alloc, ignores_what_is_for_files)
{
	struct vmap_map *map = alloc((struct vmap_options){
		.create = true, .create_new = true, .truncate = true, .resize = vmap_extent_exact(UINT64_MAX)});
	cr_expect(eq(sz, vmap_map_len(map), vmap_allocation_size()));
	vmap_close(map);
}

/* The caller's descriptor */

Test(map_fd, is_neither_kept_nor_closed)
{
	int fd = unnamed_file(text, TEXT_LEN);
	MUST(lseek(fd, 3, SEEK_SET) == 3);
	struct holdings before = holdings_now();
	struct vmap_map *map = NULL;
	cr_assert(eq(int, vmap_map_fd(fd, NULL, &map), 0));
	cr_expect(eq(sz, holdings_now().n_fds, before.n_fds), "the map holds a descriptor");
	cr_expect(eq(int, (int)lseek(fd, 0, SEEK_CUR), 3));
	close(fd);
	cr_expect(holds(map, 0, text), "the map needs the descriptor");
	vmap_close(map);
	cr_expect(eq(sz, holdings_now().n_file_maps, before.n_file_maps));
}

Test(map_open, gives_the_descriptor_back, .init = write_text, .fini = clean_up)
{
	struct vmap_options options = {.len = vmap_extent_exact(1)};
	struct vmap_map *map = NULL;
	int fd = -1;
	cr_assert(eq(int, vmap_open(dir.file, &options, &map, &fd), 0));
	struct vmap_map *rest = NULL;
	options = (struct vmap_options){.offset = 2};
	cr_assert(eq(int, vmap_map_fd(fd, &options, &rest), 0));
	cr_expect(holds(map, 0, "A") && holds(rest, 0, "cross"));
	cr_expect(not(fd_is_inherited(fd)));
	cr_expect(fd_waits(fd));
	vmap_close(map);
	vmap_close(rest);
	close(fd);
}

#ifdef F_SETLEASE
static int leased;

static void give_lease_up(int signal)
{
	(void)signal;
	(void)fcntl(leased, F_SETLEASE, F_UNLCK);
}

Test(map_open, waits_until_a_lease_is_given_up, .init = write_text, .fini = clean_up, .timeout = 20)
{
	leased = open(dir.file, O_RDWR | O_CLOEXEC);
	MUST(leased >= 0 && signal(SIGIO, give_lease_up) != SIG_ERR);
	if (fcntl(leased, F_SETLEASE, F_WRLCK) < 0) {
		close(leased);
		cr_skip_test("no leases here");
	}
	struct vmap_map *map = NULL;
	cr_assert(eq(int, vmap_open(dir.file, NULL, &map, NULL), 0));
	cr_expect(holds(map, 0, text));
	vmap_close(map);
	close(leased);
}
#endif

Test(map_open_if, gives_the_descriptor_without_a_map, .init = write_text, .fini = clean_up)
{
	struct vmap_options options = {.len = vmap_extent_min(100)};
	struct vmap_map *map = UNTOUCHED;
	int fd = -1;
	cr_assert(eq(int, vmap_open_if(dir.file, &options, &map, &fd), 0));
	cr_expect(eq(ptr, map, NULL));
	cr_expect(eq(sz, (size_t)file_size(fd), TEXT_LEN));
	close(fd);
	map = UNTOUCHED;
	struct holdings before = holdings_now();
	cr_assert(eq(int, vmap_open_if(dir.file, &options, &map, NULL), 0));
	cr_expect(eq(ptr, map, NULL));
	cr_expect(holdings_equal(before, holdings_now()));
}

Test(map_close, takes_null)
{
	vmap_close(NULL);
}

Test(map_close, gives_everything_back)
{
	int fd = unnamed_file(text, TEXT_LEN);
	MUST(ftruncate(fd, 1 << 20) == 0);
	struct vmap_options options = {.write = true, .offset = vmap_page_size() - 1, .len = vmap_extent_exact(1 << 19)};
	struct holdings before = holdings_now();
	for (int i = 0; i < 64; i++) {
		struct vmap_map *map = NULL;
		options.copy = i & 1;
		cr_assert(eq(int, i & 2 ? vmap_alloc(&options, &map) : vmap_map_fd(fd, &options, &map), 0));
		memset(vmap_map_data_mut(map), i, vmap_map_len(map));
		vmap_close(map);
	}
	cr_expect(holdings_equal(before, holdings_now()));
	close(fd);
}
