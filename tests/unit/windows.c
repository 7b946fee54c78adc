/* SPDX-License-Identifier: MIT */
/* What only the Windows backend does. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <time.h>
#include <wchar.h>

#include "map_helpers.h"
#include "os/windows_priv.h"

/*
 * A mirror made by placeholders and one made by racing for address space look the same, so whoever runs
 * this says which way the system at hand has to go: VMAP_TEST_MIRROR is "placeholders" or "race".
 */
Test(windows_mirror, is_made_the_way_this_system_has)
{
	const char *expected = getenv("VMAP_TEST_MIRROR");
	if (!expected)
		cr_skip_test("VMAP_TEST_MIRROR does not say which way this system has");
	void *base = NULL;
	cr_assert(eq(int, vmap_os_map_ring(vmap_allocation_size(), &base), 0));
	cr_expect(eq(str, expected, os_windows_mirror_tries() == 0 ? "placeholders" : "race"));
	cr_expect(eq(int, vmap_os_unmap_ring(base, vmap_allocation_size()), 0));
}

Test(windows_mirror, of_a_file_has_its_front_once_and_the_rest_twice)
{
	size_t unit = vmap_allocation_size();
	int fd = unnamed_file("front", 5);
	MUST(ftruncate(fd, (int64_t)(4 * unit)) == 0);
	struct holdings before = holdings_now();
	struct vmap_os_mirror mirror = {0};
	cr_assert(eq(int, vmap_os_mirror_map(fd, unit, unit, 3 * unit, VMAP_PROTECT_READ_WRITE, &mirror), 0));
	cr_expect(eq(int, memcmp(mirror.prefix, "front", 5), 0));
	cr_expect(eq(ptr, mirror.data, mirror.prefix + unit));
	volatile uint8_t *data = mirror.data; /* volatile: the compiler takes the halves for two objects */
	data[0] = 1;
	data[3 * unit - 1] = 2;
	data[3 * unit + 7] = 3;
	cr_expect(data[3 * unit] == 1 && data[6 * unit - 1] == 2 && data[7] == 3);
	cr_expect(not(can_be_written(mirror.prefix - 1)));
	cr_expect(not(can_be_written(mirror.data + 6 * unit)));
	vmap_os_mirror_unmap(&mirror);
	cr_expect(eq(ptr, mirror.base, NULL));
	cr_expect(holdings_equal(before, holdings_now()));
	uint8_t bytes[3];
	cr_expect(eq(int, (int)pread(fd, bytes, 1, (int64_t)unit), 1));
	cr_expect(eq(int, (int)pread(fd, bytes + 1, 1, (int64_t)(4 * unit - 1)), 1));
	cr_expect(eq(int, (int)pread(fd, bytes + 2, 1, (int64_t)(unit + 7)), 1));
	cr_expect(bytes[0] == 1 && bytes[1] == 2 && bytes[2] == 3);
	close(fd);
}

Test(windows_mirror, of_a_file_that_is_too_short_leaves_nothing_behind)
{
	int fd = unnamed_file("short", 5);
	struct holdings before = holdings_now();
	struct vmap_os_mirror mirror = {0};
	cr_expect(lt(int, vmap_os_mirror_map(fd, 0, 0, vmap_allocation_size(), VMAP_PROTECT_READ_WRITE, &mirror), 0));
	cr_expect(eq(int, (int)vmap_last_error().operation, VMAP_OPERATION_RING_PRIMARY));
	cr_expect(eq(ptr, mirror.base, NULL));
	cr_expect(holdings_equal(before, holdings_now()));
	close(fd);
}

Test(windows_mirror, that_is_no_ring_is_not_unmapped)
{
	size_t unit = vmap_allocation_size();
	void *base = NULL;
	cr_assert(eq(int, vmap_os_map_ring(unit, &base), 0));
	cr_expect(eq(int, vmap_os_unmap_ring((uint8_t *)base + 4096, unit), -EINVAL));
	cr_expect(eq(int, (int)vmap_last_error().operation, VMAP_OPERATION_RING_DEALLOCATE));
	cr_expect(eq(int, vmap_os_unmap_ring(base, unit), 0));
	cr_expect(eq(int, vmap_os_unmap_ring(base, unit), -EINVAL));
}

/* The crate asks for PAGE_READWRITE, which the system refuses on a private view. */
Test(windows_protect, makes_a_copy_writable_again)
{
	int fd = unnamed_file("original", 8);
	void *base = NULL;
	cr_assert(eq(int, vmap_os_map_file(fd, 0, 8, VMAP_PROTECT_READ_COPY, &base), 0));
	memcpy(base, "mine", 4);
	for (enum vmap_protect protect = VMAP_PROTECT_READ_WRITE; protect <= VMAP_PROTECT_READ_COPY; protect++) {
		cr_assert(eq(int, vmap_os_protect(base, 8, VMAP_PROTECT_READ_ONLY), 0));
		cr_expect(not(can_be_written(base)));
		cr_assert(eq(int, vmap_os_protect(base, 8, protect), 0));
		cr_expect(can_be_written(base));
		cr_expect(eq(int, memcmp(base, "mineinal", 8), 0));
		((char *)base)[0] = 'm';
	}
	char bytes[8];
	cr_expect(eq(int, (int)pread(fd, bytes, 8, 0), 8));
	cr_expect(eq(int, memcmp(bytes, "original", 8), 0));
	cr_expect(eq(int, vmap_os_unmap(base, 8), 0));
	close(fd);
}

/* The crate takes success for failure here, and the other way round. */
Test(windows_unmap, of_a_part_is_refused_and_of_the_whole_works)
{
	size_t page = vmap_page_size();
	void *base = NULL;
	cr_assert(eq(int, vmap_os_map_anonymous(2 * page, VMAP_PROTECT_READ_WRITE, &base), 0));
	cr_expect(eq(int, vmap_os_unmap((uint8_t *)base + page, page), -EINVAL));
	cr_expect(can_be_written((uint8_t *)base + page));
	cr_expect(eq(int, vmap_os_unmap(base, 2 * page), 0));
	cr_expect(eq(int, vmap_os_unmap(base, 2 * page), -ENOMEM));
}

Test(windows_flush, to_the_disk_needs_a_descriptor_that_writes)
{
	int fd = unnamed_file("bytes", 5);
	int reader = fd_reopen(fd, O_RDONLY);
	struct vmap_options options = {.write = true};
	struct vmap_map *map = NULL;
	cr_assert(eq(int, vmap_map_fd(fd, &options, &map), 0));
	memcpy(vmap_map_data_mut(map), "BYTES", 5);
	cr_expect(eq(int, vmap_flush(map, fd, VMAP_FLUSH_SYNC), 0));
	cr_expect(eq(int, vmap_flush(map, -1, VMAP_FLUSH_ASYNC), 0));
	cr_expect(eq(int, vmap_flush(map, -1, VMAP_FLUSH_SYNC), -EBADF));
	cr_expect(eq(int, (int)vmap_last_error().operation, VMAP_OPERATION_FLUSH));
	cr_expect(eq(int, vmap_flush(map, reader, VMAP_FLUSH_SYNC), -EACCES));
	cr_expect(eq(int, vmap_last_error().system_code, ERROR_ACCESS_DENIED));
	char bytes[5];
	cr_expect(eq(int, (int)pread(fd, bytes, 5, 0), 5));
	cr_expect(eq(int, memcmp(bytes, "BYTES", 5), 0));
	vmap_close(map);
	close(reader);
	close(fd);
}

Test(windows_lock, comes_and_goes)
{
	struct vmap_map *map = NULL;
	struct vmap_options options = {.write = true};
	cr_assert(eq(int, vmap_alloc(&options, &map), 0));
	cr_expect(eq(int, vmap_unlock(map), 0), "never locked");
	cr_expect(eq(int, vmap_lock(map), 0));
	cr_expect(eq(int, vmap_lock(map), 0));
	cr_expect(eq(int, vmap_unlock(map), 0));
	void *base = vmap_map_data_mut(map);
	vmap_close(map);
	cr_expect(eq(int, vmap_os_lock(base, 1), -ENOMEM));
	cr_expect(eq(int, vmap_os_unlock(base, 1), -ENOMEM));
}

Test(windows_resize, of_a_mapped_file_to_less_is_busy)
{
	int fd = unnamed_file("0123456789", 10);
	struct vmap_map *map = NULL;
	cr_assert(eq(int, vmap_map_fd(fd, NULL, &map), 0));
	struct vmap_map *other = UNTOUCHED;
	struct vmap_options options = {.write = true, .resize = vmap_extent_max(5)};
	cr_expect(eq(int, vmap_map_fd(fd, &options, &other), -EBUSY));
	cr_expect(eq(int, (int)vmap_last_error().operation, VMAP_OPERATION_RESIZE_FILE));
	cr_expect(eq(int, vmap_last_error().system_code, ERROR_USER_MAPPED_FILE));
	cr_expect(eq(ptr, other, UNTOUCHED));
	vmap_close(map);
	cr_assert(eq(int, vmap_map_fd(fd, &options, &other), 0));
	cr_expect(eq(sz, vmap_map_len(other), 5));
	vmap_close(other);
	close(fd);
}

/* Greek letters, in UTF-8. */
Test(windows_open, takes_utf8)
{
	struct temp_dir dir = temp_dir_create();
	snprintf(dir.file, sizeof(dir.file), "%s/\xce\xb1\xce\xb2", dir.path);
	struct vmap_options options = {.write = true, .create_new = true, .resize = vmap_extent_exact(3)};
	struct vmap_map *map = NULL;
	cr_assert(eq(int, vmap_open(dir.file, &options, &map, NULL), 0));
	vmap_close(map);
	WCHAR wide[200];
	swprintf(wide, N_OF(wide), L"%hs/\x3b1\x3b2", dir.path);
	cr_expect(ne(u32, GetFileAttributesW(wide), INVALID_FILE_ATTRIBUTES));
	cr_expect(eq(int, vmap_open("\xff", NULL, &map, NULL), -EILSEQ));
	DeleteFileW(wide);
	temp_dir_remove(&dir);
}

Test(windows_clock, is_the_wall_clock)
{
	uint64_t seconds = vmap_os_now_ns() / 1000000000u;
	uint64_t expected = (uint64_t)time(NULL);
	cr_expect(le(u64, seconds, expected + 1) && ge(u64, seconds + 1, expected));
}
