/* SPDX-License-Identifier: MIT */
/* The system's calls under one name: what they do to pages, and what they refuse. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <vmap/os.h>

#include "map_helpers.h"
#include "os/os_priv.h"

static void expect_error(int result, int error, enum vmap_operation operation)
{
	cr_expect(eq(int, result, error));
	cr_expect(eq(int, vmap_last_error().result, error));
	cr_expect(eq(int, (int)vmap_last_error().operation, (int)operation));
}

static void expect_rights(const void *address, const char *expected)
{
	if (!rights_are_shown())
		cr_skip_test("/proc/self/maps does not show all pages here");
	char rights[5];
	rights_at(address, rights);
	cr_expect(eq(int, strcmp(rights, expected), 0), "%s, not %s", rights, expected);
}

static const char *const rights_of[] = {
	[VMAP_PROTECT_READ_ONLY] = "r--s",
	[VMAP_PROTECT_READ_WRITE] = "rw-s",
	[VMAP_PROTECT_READ_COPY] = "rw-p",
	[VMAP_PROTECT_READ_EXEC] = "r-xs",
};

Test(os_system_info, is_what_the_sizes_are)
{
	struct vmap_os_info info = vmap_os_system_info();
	cr_expect(eq(sz, info.page_size, vmap_page_size()));
	cr_expect(eq(sz, info.allocation_size, vmap_allocation_size()));
}

Test(os_map_anonymous, gives_zeros_with_each_protection)
{
	for (size_t i = 0; i < N_OF(rights_of); i++) {
		void *base = NULL;
		cr_assert(eq(int, vmap_os_map_anonymous(5, (enum vmap_protect)i, &base), 0));
		expect_rights(base, rights_of[i]);
		cr_expect(eq(int, memcmp(base, "\0\0\0\0\0", 5), 0));
		cr_expect(eq(int, vmap_os_unmap(base, 5), 0));
		expect_rights(base, "none");
	}
}

Test(os_map_file, gives_bytes_with_each_protection)
{
	size_t unit = vmap_allocation_size();
	int fd = unnamed_file("", 0);
	MUST(pwrite(fd, "hello", 5, (off_t)unit) == 5);
	for (size_t i = 0; i < N_OF(rights_of); i++) {
		void *base = NULL;
		cr_assert(eq(int, vmap_os_map_file(fd, unit, 5, (enum vmap_protect)i, &base), 0));
		expect_rights(base, rights_of[i]);
		cr_expect(eq(int, memcmp(base, "hello", 5), 0));
		cr_expect(eq(int, vmap_os_unmap(base, 5), 0));
	}
	close(fd);
}

Test(os_protect, changes_pages)
{
	void *base = NULL;
	size_t page = vmap_page_size();
	cr_assert(eq(int, vmap_os_map_anonymous(3 * page, VMAP_PROTECT_READ_WRITE, &base), 0));
	uint8_t *middle = (uint8_t *)base + page;
	const struct {
		enum vmap_protect protect;
		const char *rights;
	} cases[] = {{VMAP_PROTECT_READ_ONLY, "r--s"},
		     {VMAP_PROTECT_READ_EXEC, "r-xs"},
		     {VMAP_PROTECT_READ_COPY, "rw-s"},
		     {VMAP_PROTECT_READ_WRITE, "rw-s"}};
	for (size_t i = 0; i < N_OF(cases); i++) {
		int r = vmap_os_protect(middle, page, cases[i].protect);
		if (cases[i].protect == VMAP_PROTECT_READ_EXEC && !EXEC_CAN_BE_ADDED) {
			expect_error(r, -EACCES, VMAP_OPERATION_PROTECT);
		} else {
			cr_assert(eq(int, r, 0));
			expect_rights(middle, cases[i].rights);
		}
		expect_rights(base, "rw-s");
	}
	cr_expect(eq(int, vmap_os_unmap(base, 3 * page), 0));
}

Test(os_errors, name_their_operation)
{
	size_t page = vmap_page_size();
	void *base = (void *)(uintptr_t)0x5a5a;
	void *untouched = base;
	int fd = unnamed_file("x", 1);
	expect_error(vmap_os_map_file(fd, 0, 0, VMAP_PROTECT_READ_ONLY, &base), -EINVAL, VMAP_OPERATION_MAP_FILE);
	expect_error(vmap_os_map_file(fd, 1, 1, VMAP_PROTECT_READ_ONLY, &base), -EINVAL, VMAP_OPERATION_MAP_FILE);
	expect_error(vmap_os_map_file(fd, UINT64_MAX, 1, VMAP_PROTECT_READ_ONLY, &base), -EOVERFLOW,
		     VMAP_OPERATION_MAP_FILE);
	expect_error(vmap_os_map_file(fd, 0, 1, (enum vmap_protect)4, &base), -EINVAL, VMAP_OPERATION_MAP_FILE);
	expect_error(vmap_os_map_file(-1, 0, 1, VMAP_PROTECT_READ_ONLY, &base), -EBADF, VMAP_OPERATION_MAP_FILE);
	expect_error(vmap_os_map_anonymous(0, VMAP_PROTECT_READ_WRITE, &base), -EINVAL, VMAP_OPERATION_MAP_ANONYMOUS);
	expect_error(vmap_os_map_anonymous(page, (enum vmap_protect)-1, &base), -EINVAL, VMAP_OPERATION_MAP_ANONYMOUS);
	if (space_ends_with_enomem())
		expect_error(vmap_os_map_anonymous(SIZE_MAX, VMAP_PROTECT_READ_WRITE, &base), -ENOMEM,
			     VMAP_OPERATION_MAP_ANONYMOUS);
	cr_expect(eq(ptr, base, untouched));
	expect_error(vmap_os_file_resize(fd, (uint64_t)INT64_MAX + 1), -EFBIG, VMAP_OPERATION_RESIZE_FILE);
	cr_expect(eq(u64, file_size(fd), 1));
	close(fd);

	/* Pages that were there a moment ago. */
	cr_assert(eq(int, vmap_os_map_anonymous(page, VMAP_PROTECT_READ_WRITE, &base), 0));
	uint8_t *inside = (uint8_t *)base + 1;
	expect_error(vmap_os_unmap(inside, page), -EINVAL, VMAP_OPERATION_UNMAP);
	expect_error(vmap_os_protect(inside, page, VMAP_PROTECT_READ_ONLY), -EINVAL, VMAP_OPERATION_PROTECT);
	expect_error(vmap_os_protect(base, page, (enum vmap_protect)4), -EINVAL, VMAP_OPERATION_PROTECT);
	expect_error(vmap_os_flush(base, page, -1, (enum vmap_flush_mode)2), -EINVAL, VMAP_OPERATION_FLUSH);
	expect_error(vmap_os_advise(base, page, (enum vmap_advice)5), -EINVAL, VMAP_OPERATION_ADVISE);
	expect_error(vmap_os_advise(inside, page, VMAP_ADVICE_NORMAL), -EINVAL, VMAP_OPERATION_ADVISE);
	cr_assert(eq(int, vmap_os_unmap(base, page), 0));
	expect_error(vmap_os_protect(base, page, VMAP_PROTECT_READ_ONLY), -ENOMEM, VMAP_OPERATION_PROTECT);
	if (advice_is_checked())
		expect_error(vmap_os_advise(base, page, VMAP_ADVICE_RANDOM), -ENOMEM, VMAP_OPERATION_ADVISE);
}

Test(os_errors, name_flushing)
{
	if (under_memcheck())
		cr_skip_test("valgrind reports the wrong address by itself");
	size_t page = vmap_page_size();
	void *base = NULL;
	cr_assert(eq(int, vmap_os_map_anonymous(page, VMAP_PROTECT_READ_WRITE, &base), 0));
	uint8_t *inside = (uint8_t *)base + 1;
	expect_error(vmap_os_flush(inside, page, -1, VMAP_FLUSH_SYNC), -EINVAL, VMAP_OPERATION_FLUSH);
	cr_assert(eq(int, vmap_os_unmap(base, page), 0));
	expect_error(vmap_os_flush(base, page, -1, VMAP_FLUSH_SYNC), -ENOMEM, VMAP_OPERATION_FLUSH);
}

Test(os_errors, name_locking)
{
	if (!lock_works())
		cr_skip_test("mlock does nothing here");
	size_t page = vmap_page_size();
	void *base = NULL;
	cr_assert(eq(int, vmap_os_map_anonymous(page, VMAP_PROTECT_READ_WRITE, &base), 0));
	cr_assert(eq(int, vmap_os_unmap(base, page), 0));
	expect_error(vmap_os_lock(base, page), -ENOMEM, VMAP_OPERATION_LOCK);
	expect_error(vmap_os_unlock(base, page), -ENOMEM, VMAP_OPERATION_UNLOCK);
}

Test(os_ring, has_its_bytes_twice)
{
	size_t unit = vmap_allocation_size();
	struct holdings before = holdings_now();
	for (size_t n = 1; n <= 7; n++) {
		size_t capacity = n * unit;
		void *base = NULL;
		cr_assert(eq(int, vmap_os_map_ring(capacity, &base), 0));
		volatile uint8_t *bytes = base; /* volatile: the compiler takes the halves for two objects */
		cr_expect(eq(u8, bytes[0], 0));
		for (size_t i = 0; i < capacity; i += 97)
			bytes[capacity + i] = (uint8_t)(i % 251 + 1);
		size_t n_wrong = 0;
		for (size_t i = 0; i < capacity; i += 97)
			n_wrong += bytes[i] != i % 251 + 1;
		cr_expect(eq(sz, n_wrong, 0));
		cr_expect(eq(int, vmap_os_unmap_ring(base, capacity), 0));
	}
	cr_expect(holdings_equal(before, holdings_now()));
	cr_expect(eq(sz, holdings_now().n_fds, before.n_fds));
}

Test(os_ring, has_walls_on_both_sides)
{
	size_t unit = vmap_allocation_size();
	void *base = NULL;
	cr_assert(eq(int, vmap_os_map_ring(unit, &base), 0));
	expect_rights((uint8_t *)base - 1, "---p");
	expect_rights((uint8_t *)base + 2 * unit, "---p");
	cr_expect(eq(int, vmap_os_unmap_ring(base, unit), 0));
}

Test(os_ring, refuses_capacities_that_cannot_be)
{
	size_t unit = vmap_allocation_size();
	void *base = (void *)(uintptr_t)0x5a5a;
	void *untouched = base;
	struct holdings before = holdings_now();
	expect_error(vmap_os_map_ring(0, &base), -EINVAL, VMAP_OPERATION_RING_ALLOCATE);
	expect_error(vmap_os_map_ring(unit + 1, &base), -EINVAL, VMAP_OPERATION_RING_ALLOCATE);
	expect_error(vmap_os_map_ring(unit - 1, &base), -EINVAL, VMAP_OPERATION_RING_ALLOCATE);
	expect_error(vmap_os_map_ring(SIZE_MAX / 2 + 1, &base), -EOVERFLOW, VMAP_OPERATION_RING_ALLOCATE);
#ifndef _WIN32 /* where no walls are added to the halves */
	expect_error(vmap_os_map_ring(SIZE_MAX / 2 + 1 - unit, &base), -EOVERFLOW, VMAP_OPERATION_RING_ALLOCATE);
	expect_error(vmap_os_map_ring(SIZE_MAX / 2 + 1 - 2 * unit, &base), -EOVERFLOW, VMAP_OPERATION_RING_ALLOCATE);
#endif
	if (space_ends_with_enomem())
		expect_error(vmap_os_map_ring(SIZE_MAX / 4 + 1, &base), -ENOMEM, VMAP_OPERATION_RING_ALLOCATE);
	expect_error(vmap_os_unmap_ring(NULL, 0), -EINVAL, VMAP_OPERATION_RING_DEALLOCATE);
	expect_error(vmap_os_unmap_ring(NULL, unit + 1), -EINVAL, VMAP_OPERATION_RING_DEALLOCATE);
	expect_error(vmap_os_unmap_ring(NULL, SIZE_MAX / 2 + 1 - unit), -EOVERFLOW, VMAP_OPERATION_RING_DEALLOCATE);
	cr_expect(eq(ptr, base, untouched));
	cr_expect(holdings_equal(before, holdings_now()));
}

#ifndef _WIN32 /* where each half is a view of its own */
Test(os_ring, that_is_none_stays)
{
	size_t unit = vmap_allocation_size();
	void *base = NULL;
	cr_assert(eq(int, vmap_os_map_ring(unit, &base), 0));
	expect_error(vmap_os_unmap_ring((uint8_t *)base + 1, unit), -EINVAL, VMAP_OPERATION_RING_DEALLOCATE);
	expect_rights(base, "rw-s");
	expect_rights((uint8_t *)base + unit, "rw-s");
	cr_expect(eq(int, vmap_os_unmap_ring(base, unit), 0));
}
#endif

/* Twice the capacity is 0 here, if nobody looks. */
Test(os_ring, stays_whole_when_it_is_given_back_with_too_large_a_capacity)
{
	size_t unit = vmap_allocation_size();
	void *base = NULL;
	cr_assert(eq(int, vmap_os_map_ring(unit, &base), 0));
	expect_error(vmap_os_unmap_ring(base, SIZE_MAX / 2 + 1), -EOVERFLOW, VMAP_OPERATION_RING_DEALLOCATE);
	expect_rights((uint8_t *)base - 1, "---p");
	expect_rights(base, "rw-s");
	cr_expect(eq(int, vmap_os_unmap_ring(base, unit), 0));
}

static int map_ring(void *ret_base)
{
	return vmap_os_map_ring(vmap_allocation_size(), ret_base);
}

Test(os_ring, says_when_descriptors_run_out)
{
	void *base = NULL;
	int r = 0;
	if (!without_descriptors(map_ring, &base, &r))
		cr_skip_test("nothing limits descriptors here");
	cr_expect(eq(int, r, -EMFILE));
	cr_expect(eq(ptr, base, NULL));
}

Test(os_mirror, names_the_half_that_failed)
{
	size_t unit = vmap_allocation_size();
	int file = unnamed_file("x", 1);
	int fd = fd_reopen(file, O_RDONLY);
	if (!fixed_map_says_why(fd))
		cr_skip_test("the emulator gives no reason for a map that cannot be");
	struct vmap_os_mirror mirror;
	memset(&mirror, 0x5a, sizeof(mirror));
	struct vmap_os_mirror untouched = mirror;
	struct holdings before = holdings_now();
	expect_error(vmap_os_mirror_map(fd, 0, 0, unit, VMAP_PROTECT_READ_WRITE, &mirror), -EACCES, VMAP_OPERATION_RING_PRIMARY);
	expect_error(vmap_os_mirror_map(fd, unit, unit, unit, VMAP_PROTECT_READ_WRITE, &mirror), -EACCES, VMAP_OPERATION_RING_PRIMARY);
	expect_error(vmap_os_mirror_map(fd, unit, unit, SIZE_MAX / 2, VMAP_PROTECT_READ_WRITE, &mirror), -EOVERFLOW, VMAP_OPERATION_RING_ALLOCATE);
	cr_expect(eq(int, memcmp(&mirror, &untouched, sizeof(mirror)), 0));
	cr_expect(holdings_equal(before, holdings_now()));
	close(fd);
	close(file);
}

Test(os_random, differs_each_time)
{
	uint8_t a[16];
	uint8_t b[16];
	cr_assert(eq(int, vmap_os_random(a, sizeof(a)), 0));
	cr_assert(eq(int, vmap_os_random(b, sizeof(b)), 0));
	cr_expect(ne(int, memcmp(a, b, sizeof(a)), 0));
}

Test(os_reserve, keeps_what_the_file_holds_and_gives_it_pages)
{
	int fd = unnamed_file("hello", 5);
	size_t page = vmap_page_size();
	MUST(ftruncate(fd, (off_t)(4 * page)) == 0);
	cr_assert(eq(int, vmap_os_reserve(fd, 0, 4 * page), 0));
	cr_expect(ge(u64, fd_allocated(fd), 4 * page));
	char text[5];
	MUST(pread(fd, text, 5, 0) == 5);
	cr_expect(eq(int, memcmp(text, "hello", 5), 0));
	cr_expect(eq(int, vmap_os_reserve(-1, 0, page), -EBADF));
	close(fd);
}
