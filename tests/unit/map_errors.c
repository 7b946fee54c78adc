/* SPDX-License-Identifier: MIT */
/* Bad input: the errno, the operation it names, and that nothing is touched or left behind. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <vmap/os.h>

#include "map_helpers.h"

static void expect_error(int result, int error, enum vmap_operation operation, enum vmap_input input)
{
	cr_expect(eq(int, result, error));
	struct vmap_error last = vmap_last_error();
	cr_expect(eq(int, last.result, error));
	cr_expect(eq(int, (int)last.operation, (int)operation));
	cr_expect(eq(int, (int)last.input, (int)input));
	if (input == VMAP_INPUT_NONE)
		cr_expect(system_code_fits(last), "code %d", last.system_code);
	else
		cr_expect(eq(int, last.system_code, 0));
}

/* Map @fd both ways, which has to fail both ways. */
static void expect_fd_error(int fd, struct vmap_options options, int error, enum vmap_operation operation,
			    enum vmap_input input)
{
	struct holdings before = holdings_now();
	struct vmap_map *map = UNTOUCHED;
	for (int i = 0; i < 8; i++) {
		expect_error(vmap_map_fd(fd, &options, &map), error, operation, input);
		if (error != -ERANGE)
			expect_error(vmap_map_fd_if(fd, &options, &map), error, operation, input);
	}
	cr_expect(eq(ptr, map, UNTOUCHED));
	cr_expect(holdings_equal(before, holdings_now()));
}

static void expect_open_error(const char *path, struct vmap_options options, int error, enum vmap_operation operation,
			      enum vmap_input input)
{
	struct holdings before = holdings_now();
	struct vmap_map *map = UNTOUCHED;
	int fd = -77;
	expect_error(vmap_open(path, &options, &map, &fd), error, operation, input);
	expect_error(vmap_open(path, &options, &map, NULL), error, operation, input);
	if (error != -ERANGE)
		expect_error(vmap_open_if(path, &options, &map, &fd), error, operation, input);
	cr_expect(eq(ptr, map, UNTOUCHED));
	cr_expect(eq(int, fd, -77));
	cr_expect(holdings_equal(before, holdings_now()));
}

static void expect_alloc_error(struct vmap_options options, int error, enum vmap_input input)
{
	struct holdings before = holdings_now();
	struct vmap_map *map = UNTOUCHED;
	for (int i = 0; i < 8; i++)
		expect_error(vmap_alloc(&options, &map), error, VMAP_OPERATION_MAP_ANONYMOUS, input);
	cr_expect(eq(ptr, map, UNTOUCHED));
	cr_expect(holdings_equal(before, holdings_now()));
}

Test(map_fd, refuses_ranges_outside_the_file)
{
	int fd = unnamed_file("0123456789", 10);
	const struct vmap_options cases[] = {
		{.offset = 11},
		{.offset = 10},
		{.offset = UINT64_MAX},
		{.len = vmap_extent_exact(11)},
		{.len = vmap_extent_exact(0)},
		{.len = vmap_extent_max(0)},
		{.offset = 10, .len = vmap_extent_min(0)},
		{.offset = 5, .len = vmap_extent_exact(6)},
		{.offset = 5, .len = vmap_extent_min(6)},
		{.offset = 5, .len = vmap_extent_exact(UINT64_MAX)},
		{.offset = 5, .len = vmap_extent_exact(UINT64_MAX - 4)},
		{.offset = UINT64_MAX, .len = vmap_extent_min(UINT64_MAX)},
		{.offset = UINT64_MAX - 3, .len = vmap_extent_max(UINT64_MAX)},
	};
	for (size_t i = 0; i < N_OF(cases); i++)
		expect_fd_error(fd, cases[i], -ERANGE, VMAP_OPERATION_MAP_FILE, VMAP_INPUT_INVALID_RANGE);
	close(fd);
}

Test(map_fd, refuses_a_closed_descriptor)
{
	int fd = unnamed_file("x", 1);
	close(fd);
	expect_fd_error(fd, (struct vmap_options){0}, -EBADF, VMAP_OPERATION_MAP_FILE, VMAP_INPUT_NONE);
	expect_fd_error(-1, (struct vmap_options){0}, -EBADF, VMAP_OPERATION_MAP_FILE, VMAP_INPUT_NONE);
}

#ifdef O_PATH
Test(map_fd, refuses_a_path_descriptor)
{
	int file = unnamed_file("x", 1);
	int fd = fd_reopen(file, O_PATH);
	expect_fd_error(fd, (struct vmap_options){0}, -EBADF, VMAP_OPERATION_MAP_FILE, VMAP_INPUT_NONE);
	close(fd);
	close(file);
}
#endif

Test(map_fd, refuses_to_write_through_a_read_only_descriptor)
{
	int file = unnamed_file("x", 1);
	int fd = fd_reopen(file, O_RDONLY);
	expect_fd_error(fd, (struct vmap_options){.write = true}, -EACCES, OPERATION_MAP_WITHOUT_RIGHT,
			VMAP_INPUT_NONE);
	expect_fd_error(fd, (struct vmap_options){.truncate = true}, -EINVAL, VMAP_OPERATION_RESIZE_FILE,
			VMAP_INPUT_NONE);
	expect_fd_error(fd, (struct vmap_options){.resize = vmap_extent_exact(1)}, -EINVAL,
			VMAP_OPERATION_RESIZE_FILE, VMAP_INPUT_NONE);
	struct vmap_map *map = NULL;
	cr_assert(eq(int, vmap_map_fd(fd, &(struct vmap_options){.copy = true}, &map), 0), "a copy needs no right");
	vmap_close(map);
	close(fd);
	close(file);
}

Test(map_fd, refuses_a_descriptor_that_cannot_be_read)
{
	int file = unnamed_file("x", 1);
	int fd = fd_reopen(file, O_WRONLY);
	expect_fd_error(fd, (struct vmap_options){0}, -EACCES, OPERATION_MAP_WITHOUT_RIGHT, VMAP_INPUT_NONE);
	expect_fd_error(fd, (struct vmap_options){.write = true}, -EACCES, OPERATION_MAP_WITHOUT_RIGHT,
			VMAP_INPUT_NONE);
	close(fd);
	close(file);
}

Test(map_fd, refuses_directories_pipes_and_sockets)
{
	int directory = directory_open();
	int pipe_fds[2];
	MUST(directory >= 0 && pipe(pipe_fds) == 0);
	const int fds[] = {directory, pipe_fds[0], pipe_fds[1], socket_open()};
	for (size_t i = 0; i < N_OF(fds); i++) {
		if (fds[i] < 0)
			continue; /* no socket is a descriptor on this system */
		expect_fd_error(fds[i], (struct vmap_options){0}, -ENODEV, VMAP_OPERATION_MAP_FILE, VMAP_INPUT_NONE);
		expect_fd_error(fds[i], (struct vmap_options){.resize = vmap_extent_min(10)}, -ENODEV,
				VMAP_OPERATION_MAP_FILE, VMAP_INPUT_NONE);
	}
	for (size_t i = 0; i < N_OF(fds); i++)
		close(fds[i]);
}

Test(map_fd, refuses_to_write_a_sealed_file)
{
	int fd = unnamed_file("x", 1);
	if (!fd_seal(fd))
		cr_skip_test("this system seals no files");
	expect_fd_error(fd, (struct vmap_options){.write = true}, -EPERM, VMAP_OPERATION_MAP_FILE, VMAP_INPUT_NONE);
	expect_fd_error(fd, (struct vmap_options){.resize = vmap_extent_min(2)}, -EPERM, VMAP_OPERATION_RESIZE_FILE,
			VMAP_INPUT_NONE);
	close(fd);
}

Test(map_fd, refuses_more_than_the_address_space)
{
	if (!space_ends_with_enomem())
		cr_skip_test("too large a mapping is not ENOMEM here");
	int fd = unnamed_file("x", 1);
	if (ftruncate(fd, (off_t)1 << 61) < 0)
		cr_skip_test("no file is that long here");
	if (SIZE_MAX > UINT32_MAX)
		expect_fd_error(fd, (struct vmap_options){0}, -ENOMEM, VMAP_OPERATION_MAP_FILE, VMAP_INPUT_NONE);
	else
		expect_fd_error(fd, (struct vmap_options){0}, -EOVERFLOW, VMAP_OPERATION_MAP_FILE,
				VMAP_INPUT_OVERFLOW);
	close(fd);
}

Test(map_fd, checks_the_options_before_it_touches_the_file)
{
	int fd = unnamed_file("0123456789", 10);
	const struct vmap_extent no_kind = {.kind = (enum vmap_extent_kind)4, .size = 1};
	expect_fd_error(fd, (struct vmap_options){.truncate = true, .len = no_kind}, -EINVAL, VMAP_OPERATION_MAP_FILE,
			VMAP_INPUT_OPTIONS);
	expect_fd_error(fd, (struct vmap_options){.truncate = true, .resize = no_kind}, -EINVAL,
			VMAP_OPERATION_MAP_FILE, VMAP_INPUT_OPTIONS);
	expect_fd_error(fd, (struct vmap_options){.truncate = true, .resize = vmap_extent_exact(UINT64_MAX)}, -EFBIG,
			VMAP_OPERATION_RESIZE_FILE, VMAP_INPUT_OVERFLOW);
	expect_fd_error(fd, (struct vmap_options){.truncate = true, .resize = vmap_extent_min((uint64_t)1 << 63)},
			-EFBIG, VMAP_OPERATION_RESIZE_FILE, VMAP_INPUT_OVERFLOW);
	cr_expect(eq(u64, file_size(fd), 10));
	close(fd);
}

Test(map_open, refuses_paths_that_lead_to_no_file)
{
	struct temp_dir dir = temp_dir_create();
	expect_open_error(dir.file, (struct vmap_options){0}, -ENOENT, VMAP_OPERATION_OPEN_FILE, VMAP_INPUT_NONE);
	expect_open_error(dir.path, (struct vmap_options){0}, -ENODEV, VMAP_OPERATION_MAP_FILE, VMAP_INPUT_NONE);
	expect_open_error(dir.path, (struct vmap_options){.write = true}, -EISDIR, VMAP_OPERATION_OPEN_FILE,
			  VMAP_INPUT_NONE);
	file_write(dir.file, "x", 1);
	expect_open_error(dir.file, (struct vmap_options){.write = true, .create_new = true}, -EEXIST,
			  VMAP_OPERATION_OPEN_FILE, VMAP_INPUT_NONE);
	char below[200];
	snprintf(below, sizeof(below), "%s/below", dir.file);
	expect_open_error(below, (struct vmap_options){0}, -ERROR_BELOW_A_FILE, VMAP_OPERATION_OPEN_FILE, VMAP_INPUT_NONE);
	temp_dir_remove(&dir);
}

Test(map_open, does_not_wait_for_the_other_end_of_a_pipe, .timeout = 20)
{
	struct temp_dir dir = temp_dir_create();
	if (!fifo_create(dir.file)) {
		temp_dir_remove(&dir);
		cr_skip_test("no pipe has a path here");
	}
	expect_open_error(dir.file, (struct vmap_options){0}, -ENODEV, VMAP_OPERATION_MAP_FILE, VMAP_INPUT_NONE);
	temp_dir_remove(&dir);
}

Test(map_open, refuses_an_empty_file)
{
	struct temp_dir dir = temp_dir_create();
	file_write(dir.file, "", 0);
	expect_open_error(dir.file, (struct vmap_options){0}, -ERANGE, VMAP_OPERATION_MAP_FILE,
			  VMAP_INPUT_INVALID_RANGE);
	temp_dir_remove(&dir);
}

Test(map_open, refuses_options_that_do_not_go_together_and_creates_nothing)
{
	struct temp_dir dir = temp_dir_create();
	const struct vmap_extent no_kind = {.kind = (enum vmap_extent_kind)-1, .size = 1};
	const struct vmap_options cases[] = {
		{.create = true},
		{.create_new = true},
		{.truncate = true},
		{.write = true, .copy = true, .create = true},
		{.write = true, .create = true, .len = no_kind},
		{.write = true, .create = true, .resize = no_kind},
	};
	for (size_t i = 0; i < N_OF(cases); i++)
		expect_open_error(dir.file, cases[i], -EINVAL, VMAP_OPERATION_OPEN_FILE, VMAP_INPUT_OPTIONS);
	expect_open_error(dir.file,
			  (struct vmap_options){.write = true, .create = true, .resize = vmap_extent_min(UINT64_MAX)},
			  -EFBIG, VMAP_OPERATION_RESIZE_FILE, VMAP_INPUT_OVERFLOW);
	cr_expect(ne(int, access(dir.file, F_OK), 0));
	temp_dir_remove(&dir);
}

/* Criterion runs each test in a process of its own: the user it becomes is nobody else's. */
Test(map_open, says_when_the_mode_of_a_file_forbids_it)
{
	struct temp_dir dir = temp_dir_create();
	file_write(dir.file, "x", 1);
	MUST(chmod(dir.file, 0444) == 0 && chmod(dir.path, 0755) == 0);
	if (!user_is_bound_by_modes(dir.file)) {
		MUST(chmod(dir.file, 0644) == 0);
		temp_dir_remove(&dir);
		cr_skip_test("root, whom no mode binds, and nobody else to become");
	}
	expect_open_error(dir.file, (struct vmap_options){.write = true}, -EACCES, VMAP_OPERATION_OPEN_FILE,
			  VMAP_INPUT_NONE);
	struct vmap_map *map = NULL;
	cr_assert(eq(int, vmap_open(dir.file, NULL, &map, NULL), 0));
	vmap_close(map);
	user_is_free_again();
	MUST(chmod(dir.file, 0644) == 0);
	temp_dir_remove(&dir);
}

Test(map_convert, says_when_the_pages_are_gone_and_changes_nothing)
{
	struct vmap_map *map = NULL;
	MUST(vmap_alloc(&(struct vmap_options){.write = true}, &map) == 0);
	MUST(vmap_os_unmap(vmap_map_data_mut(map), vmap_map_len(map)) == 0);
	expect_error(vmap_map_make_read_only(map), -ENOMEM, VMAP_OPERATION_PROTECT, VMAP_INPUT_NONE);
	cr_expect(vmap_map_is_writable(map));
	vmap_close(map);
}

static int open_untouched(void *path)
{
	struct vmap_map *map = UNTOUCHED;
	int r = vmap_open(path, NULL, &map, NULL);
	return map == UNTOUCHED ? r : 1;
}

Test(map_open, says_when_descriptors_run_out)
{
	struct temp_dir dir = temp_dir_create();
	file_write(dir.file, "x", 1);
	int r = 0;
	bool tried = without_descriptors(open_untouched, dir.file, &r);
	temp_dir_remove(&dir);
	if (!tried)
		cr_skip_test("nothing limits descriptors here");
	expect_error(r, -EMFILE, VMAP_OPERATION_OPEN_FILE, VMAP_INPUT_NONE);
}

Test(map_alloc, refuses_a_length_of_zero)
{
	expect_alloc_error((struct vmap_options){.len = vmap_extent_exact(0)}, -ERANGE, VMAP_INPUT_INVALID_RANGE);
	expect_alloc_error((struct vmap_options){.len = vmap_extent_max(0)}, -ERANGE, VMAP_INPUT_INVALID_RANGE);
	expect_alloc_error((struct vmap_options){.len = vmap_extent_min(0)}, -ERANGE, VMAP_INPUT_INVALID_RANGE);
	expect_alloc_error((struct vmap_options){.offset = 5, .len = vmap_extent_exact(0)}, -ERANGE,
			   VMAP_INPUT_INVALID_RANGE);
}

Test(map_alloc, refuses_sums_that_are_no_size)
{
	const struct vmap_options cases[] = {
		{.offset = 1, .len = vmap_extent_exact(SIZE_MAX)},
		{.offset = 100, .len = vmap_extent_max(SIZE_MAX - 99)},
		{.len = vmap_extent_min(SIZE_MAX)},
		{.offset = 1, .len = vmap_extent_min(SIZE_MAX)},
		{.len = vmap_extent_min(SIZE_MAX - vmap_allocation_size() + 2)},
	};
	for (size_t i = 0; i < N_OF(cases); i++)
		expect_alloc_error(cases[i], -EOVERFLOW, VMAP_INPUT_OVERFLOW);
}

Test(map_alloc, refuses_more_than_there_is)
{
	if (!space_ends_with_enomem())
		cr_skip_test("too large a mapping is not ENOMEM here");
	struct holdings before = holdings_now();
	struct vmap_map *map = UNTOUCHED;
	struct vmap_options options = {.write = true, .len = vmap_extent_exact(SIZE_MAX / 2)};
	expect_error(vmap_alloc(&options, &map), -ENOMEM, VMAP_OPERATION_MAP_ANONYMOUS, VMAP_INPUT_NONE);
	options.len.size = SIZE_MAX;
	expect_error(vmap_alloc(&options, &map), -ENOMEM, VMAP_OPERATION_MAP_ANONYMOUS, VMAP_INPUT_NONE);
	cr_expect(eq(ptr, map, UNTOUCHED));
	cr_expect(holdings_equal(before, holdings_now()));
}

Test(map_alloc, refuses_a_kind_that_does_not_exist)
{
	const struct vmap_extent no_kind = {.kind = (enum vmap_extent_kind)9, .size = 1};
	expect_alloc_error((struct vmap_options){.len = no_kind}, -EINVAL, VMAP_INPUT_OPTIONS);
}
