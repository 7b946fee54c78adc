/* SPDX-License-Identifier: MIT */
/*
 * Shared rings on a file system that is full: an error, never a signal, and nothing lost.
 *
 * The file system is a tmpfs that is mounted nowhere: it ends with its last descriptor, whatever happens to the
 * test. Making one needs CAP_SYS_ADMIN.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <sys/syscall.h>

#include "helpers.h"

/* By their numbers, which are the same on all processors: not every C library has these. */
static int make_context(const char *kind)
{
	return (int)syscall(430 /* fsopen */, kind, 1 /* CLOEXEC */);
}
static int configure(int context, unsigned command, const char *key, const char *value)
{
	return (int)syscall(431 /* fsconfig */, context, command, key, value, 0);
}
static int make_mount(int context)
{
	return (int)syscall(432 /* fsmount */, context, 1 /* CLOEXEC */, 0);
}

/* Open the root of a new tmpfs of @size bytes, or skip the test. */
static int small_fs(const char *size)
{
	int context = make_context("tmpfs");
	if (context < 0)
		cr_skip_test("no small file system: fsopen: %s", strerror(errno));
	MUST(configure(context, 1 /* FSCONFIG_SET_STRING */, "size", size) == 0);
	MUST(configure(context, 6 /* FSCONFIG_CMD_CREATE */, NULL, NULL) == 0);
	int root = make_mount(context);
	if (root < 0)
		cr_skip_test("no small file system: fsmount: %s", strerror(errno));
	close(context);
	return root;
}

static int file_on(int fs, const char *name)
{
	int fd = openat(fs, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	MUST(fd >= 0);
	return fd;
}

static struct vmap_shared *ring_on(int fs, uint64_t capacity, int *ret_fd)
{
	int fd = file_on(fs, "ring");
	struct vmap_shared_options options = {.capacity = capacity};
	struct vmap_shared *ring = NULL;
	int r = vmap_shared_format(fd, &options);
	if (r == 0)
		r = vmap_shared_open(fd, &ring);
	errno = -r;
	MUST(r == 0);
	*ret_fd = fd;
	return ring;
}

/* Take every block that is left, into one file that is the caller's to shrink. */
static int fill_up(int fs)
{
	int fd = file_on(fs, "filler");
	static uint8_t page[4096];
	while (write(fd, page, sizeof(page)) > 0)
		;
	MUST(errno == ENOSPC);
	return fd;
}

static ssize_t append_pattern(struct vmap_shared *ring, size_t len)
{
	struct vmap_shared_state state;
	vmap_shared_get_state(ring, &state);
	uint8_t *bytes = xmalloc(len);
	pattern_fill(bytes, state.head, len);
	ssize_t n = vmap_shared_append(ring, bytes, len);
	free(bytes);
	return n;
}

static bool window_is_whole(const struct vmap_shared *ring)
{
	struct vmap_shared_state state;
	vmap_shared_get_state(ring, &state);
	size_t len = (size_t)(state.head - state.tail);
	uint8_t *bytes = xmalloc(len + 1);
	uint64_t cursor = state.tail;
	ssize_t n = vmap_shared_read(ring, &cursor, bytes, len + 1);
	bool whole = n == (len > 0 ? (ssize_t)len : -EAGAIN) && pattern_matches(bytes, state.tail, len);
	free(bytes);
	return whole;
}

Test(shared_space, missing_for_a_header_is_enospc_and_leaves_the_file_empty)
{
	int fs = small_fs("64k");
	int fd = file_on(fs, "ring");
	int filler = fill_up(fs);
	struct vmap_shared_options options = {.capacity = 65536};
	cr_expect(eq(int, vmap_shared_format(fd, &options), -ENOSPC));
	cr_expect(eq(u64, file_size(fd), 0));
	MUST(ftruncate(filler, 0) == 0);
	cr_expect(eq(int, vmap_shared_format(fd, &options), 0));
	close(filler);
	close(fd);
	close(fs);
}

Test(shared_space, missing_for_an_append_is_enospc_and_changes_nothing)
{
	int fs = small_fs("256k"), fd;
	struct vmap_shared *ring = ring_on(fs, 1 * MIB, &fd);
	ssize_t n = 0;
	uint64_t head = 0;
	for (int i = 0; i < 1000 && n >= 0; i++) {
		n = append_pattern(ring, 5000);
		head += n > 0 ? (uint64_t)n : 0;
	}
	cr_expect(eq(int, (int)n, -ENOSPC));
	cr_expect(gt(u64, head, 128 * KIB)); /* most of the space could be used */
	struct vmap_shared_state before, after;
	vmap_shared_get_state(ring, &before);
	cr_expect(eq(u64, before.head, head));
	for (int i = 0; i < 3; i++)
		cr_expect(eq(int, (int)append_pattern(ring, 100000), -ENOSPC));
	cr_expect(eq(int, (int)append_pattern(ring, 3 * MIB), -ENOSPC));
	vmap_shared_get_state(ring, &after);
	cr_expect(states_equal(&before, &after));
	cr_expect(eq(u64, file_get64(fd, AT_INTENT), head));
	cr_expect(window_is_whole(ring));
	vmap_shared_close(ring);
	close(fd);
	close(fs);
}

Test(shared_space, that_comes_back_is_used)
{
	int fs = small_fs("512k"), fd;
	struct vmap_shared *ring = ring_on(fs, 128 * KIB, &fd);
	cr_expect(eq(int, (int)append_pattern(ring, 10), 10));
	int filler = fill_up(fs);
	cr_expect(eq(int, (int)append_pattern(ring, 100000), -ENOSPC));
	cr_expect(window_is_whole(ring));
	MUST(ftruncate(filler, 0) == 0);
	cr_expect(eq(int, (int)append_pattern(ring, 100000), 100000));
	cr_expect(window_is_whole(ring));
	vmap_shared_close(ring);
	close(filler);
	close(fd);
	close(fs);
}

/* To the last page: what is free can be appended to. */
Test(shared_space, is_used_to_the_last_page)
{
	int fs = small_fs("256k"), fd;
	struct vmap_shared *ring = ring_on(fs, 128 * KIB, &fd);
	int filler = fill_up(fs);
	cr_expect(eq(int, (int)append_pattern(ring, 1), -ENOSPC));
	MUST(ftruncate(filler, (off_t)(file_size(filler) - vmap_page_size())) == 0);
	cr_expect(eq(int, (int)append_pattern(ring, vmap_page_size()), (int)vmap_page_size()));
	cr_expect(eq(int, (int)append_pattern(ring, 1), -ENOSPC));
	cr_expect(window_is_whole(ring));
	vmap_shared_close(ring);
	close(filler);
	close(fd);
	close(fs);
}

Test(shared_space, is_never_missing_once_the_pages_exist)
{
	int fs = small_fs("512k"), fd;
	struct vmap_shared *ring = ring_on(fs, 3 * 65536, &fd);
	cr_expect(eq(int, (int)append_pattern(ring, 3 * 65536), 3 * 65536));
	int filler = fill_up(fs);
	for (int i = 0; i < 200; i++)
		cr_assert(eq(int, (int)append_pattern(ring, 10007), 10007));
	vmap_shared_clear(ring);
	for (int i = 0; i < 200; i++)
		cr_assert(eq(int, (int)append_pattern(ring, 10007), 10007));
	cr_expect(window_is_whole(ring));
	vmap_shared_close(ring);
	cr_assert(eq(int, vmap_shared_open(fd, &ring), 0));
	for (int i = 0; i < 200; i++)
		cr_assert(eq(int, (int)append_pattern(ring, 10007), 10007));
	cr_expect(window_is_whole(ring));
	vmap_shared_close(ring);
	close(filler);
	close(fd);
	close(fs);
}

/* A ring that was half filled when it was closed still has to reserve its other half. */
Test(shared_space, missing_after_a_reopen_is_enospc)
{
	int fs = small_fs("512k"), fd;
	struct vmap_shared *ring = ring_on(fs, 3 * 65536, &fd);
	append_pattern(ring, 80000);
	vmap_shared_close(ring);
	int filler = fill_up(fs);
	cr_assert(eq(int, vmap_shared_open(fd, &ring), 0));
	int n = 0;
	while (append_pattern(ring, 10007) > 0)
		cr_assert(lt(int, ++n, 12));
	cr_expect(eq(int, (int)append_pattern(ring, 120000), -ENOSPC));
	cr_expect(window_is_whole(ring));
	vmap_shared_close(ring);
	close(filler);
	close(fd);
	close(fs);
}

/*
 * Blocks that belong to the header, to extended attributes or to the file's block map are no data: the
 * number of blocks does not tell that every page of the data exists. An append that trusts it dies of SIGBUS.
 */
Test(shared_space, is_reserved_although_the_file_has_many_blocks)
{
	int fs = small_fs("1m"), fd;
	struct vmap_shared *ring = ring_on(fs, 3 * 65536, &fd);
	vmap_shared_close(ring);
	size_t page = vmap_page_size();
	MUST(fallocate(fd, 0, 0, 65536) == 0);
	MUST(fallocate(fd, 0, 65536, (off_t)(3 * 65536 - 2 * page)) == 0);
	int filler = fill_up(fs);
	cr_assert(eq(int, vmap_shared_open(fd, &ring), 0));
	ssize_t n = 0;
	for (int i = 0; i < 30 && n >= 0; i++)
		n = append_pattern(ring, 10007);
	cr_expect(eq(int, (int)n, -ENOSPC));
	cr_expect(window_is_whole(ring));
	vmap_shared_close(ring);
	close(filler);
	close(fd);
	close(fs);
}

/* What a bounded ring refuses for want of room it refuses without a look at the disk. */
Test(shared_space, missing_for_a_bounded_append_is_enospc_and_changes_nothing)
{
	int fs = small_fs("512k");
	int fd = file_on(fs, "ring");
	struct vmap_shared_options options = {.capacity = 3 * 65536, .policy = VMAP_RING_BOUNDED};
	cr_assert(eq(int, vmap_shared_format(fd, &options), 0));
	struct vmap_shared *ring = ring_map(fd);
	cr_expect(eq(int, (int)append_pattern(ring, 1000), 1000));
	int filler = fill_up(fs);
	struct vmap_shared_state before = ring_state(ring);
	cr_expect(eq(int, (int)append_pattern(ring, 3 * 65536 - 1000), -ENOSPC));
	cr_expect(eq(int, (int)append_pattern(ring, 3 * 65536), -EAGAIN));
	struct vmap_shared_state after = ring_state(ring);
	cr_expect(states_equal(&before, &after));
	cr_expect(window_is_whole(ring));
	MUST(ftruncate(filler, 0) == 0);
	cr_expect(eq(int, (int)append_pattern(ring, 3 * 65536 - 1000), 3 * 65536 - 1000));
	cr_expect(window_is_whole(ring));
	vmap_shared_close(ring);
	close(filler);
	close(fd);
	close(fs);
}

static uint64_t blocks_of(int fd)
{
	struct stat st;
	MUST(fstat(fd, &st) == 0);
	return (uint64_t)st.st_blocks;
}

Test(shared_space, missing_for_a_reshape_is_enospc_and_changes_nothing)
{
	int fs = small_fs("1m"), fd;
	struct vmap_shared *ring = ring_on(fs, 3 * 65536, &fd);
	append_pattern(ring, 250000);
	int filler = fill_up(fs);
	/* some pages, but not enough: what was reserved already has to be given back */
	uint64_t left = 10 * vmap_page_size();
	MUST(ftruncate(filler, (off_t)(file_size(filler) - left)) == 0);
	struct vmap_shared_state before = ring_state(ring);
	uint64_t size = file_size(fd), blocks = blocks_of(fd);
	for (int i = 0; i < 3; i++) {
		cr_expect(eq(int, vmap_shared_reshape(ring, 5 * 65536, VMAP_RING_OVERWRITE), -ENOSPC));
		cr_expect(eq(int, vmap_shared_reshape(ring, 2 * 65536, VMAP_RING_BOUNDED), -ENOSPC));
	}
	struct vmap_shared_state after = ring_state(ring);
	cr_expect(states_equal(&before, &after));
	cr_expect(eq(u64, file_size(fd), size));
	cr_expect(eq(u64, blocks_of(fd), blocks));
	cr_expect(window_is_whole(ring));
	cr_expect(eq(int, (int)append_pattern(ring, 10000), 10000));
	cr_expect(window_is_whole(ring));
	MUST(ftruncate(filler, 0) == 0);
	cr_expect(eq(int, vmap_shared_reshape(ring, 5 * 65536, VMAP_RING_OVERWRITE), 0));
	cr_expect(eq(u64, ring_state(ring).head - ring_state(ring).tail, 3 * 65536));
	cr_expect(window_is_whole(ring));
	vmap_shared_close(ring);
	close(filler);
	close(fd);
	close(fs);
}

/* A policy alone moves nothing. */
Test(shared_space, is_not_needed_for_another_policy)
{
	int fs = small_fs("512k"), fd;
	struct vmap_shared *ring = ring_on(fs, 3 * 65536, &fd);
	append_pattern(ring, 250000);
	int filler = fill_up(fs);
	cr_expect(eq(int, vmap_shared_reshape(ring, 3 * 65536, VMAP_RING_BOUNDED), 0));
	cr_expect(eq(int, vmap_shared_set_attributes(ring, 7), 0));
	cr_expect(window_is_whole(ring));
	vmap_shared_close(ring);
	close(filler);
	close(fd);
	close(fs);
}

/* The pages of the new place that hold nothing yet are still to be reserved: no signal on a full disk. */
static void expect_enospc_after_reshape(size_t held, bool cleared)
{
	int fs = small_fs("1m"), fd;
	struct vmap_shared *ring = ring_on(fs, 3 * 65536, &fd);
	append_pattern(ring, held);
	if (cleared)
		vmap_shared_clear(ring);
	cr_assert(eq(int, vmap_shared_reshape(ring, 5 * 65536, VMAP_RING_OVERWRITE), 0));
	int filler = fill_up(fs);
	ssize_t n = 0;
	for (int i = 0; i < 5000 && n >= 0; i++)
		n = append_pattern(ring, 100);
	cr_expect(eq(int, (int)n, -ENOSPC));
	cr_expect(window_is_whole(ring));
	MUST(ftruncate(filler, 0) == 0);
	cr_expect(eq(int, (int)append_pattern(ring, 5 * 65536), 5 * 65536));
	cr_expect(window_is_whole(ring));
	vmap_shared_close(ring);
	close(filler);
	close(fd);
	close(fs);
}

Test(shared_space, missing_after_a_reshape_is_enospc)
{
	expect_enospc_after_reshape(100000, false);
	expect_enospc_after_reshape(4096, false);
	expect_enospc_after_reshape(300000, false);
}

Test(shared_space, missing_after_a_reshape_of_an_empty_ring_is_enospc)
{
	expect_enospc_after_reshape(0, false);
	expect_enospc_after_reshape(100, true);
	expect_enospc_after_reshape(4096, true);
}

/* Somebody who has the ring mapped can say that it is nearly full. */
Test(shared_space, is_not_taken_for_what_others_say_they_have_written)
{
	int fs = small_fs("64m"), fd;
	struct vmap_shared *ring = ring_on(fs, 32 * MIB, &fd);
	cr_expect(eq(int, (int)append_pattern(ring, 100), 100));
	file_put64(fd, AT_INTENT, 30 * MIB);
	file_put64(fd, AT_HEAD, 30 * MIB);
	cr_expect(eq(int, (int)append_pattern(ring, 100), 100));
	struct stat st;
	MUST(fstat(fd, &st) == 0);
	cr_expect(lt(u64, (uint64_t)st.st_blocks * 512, 8 * MIB));
	vmap_shared_close(ring);
	close(fd);
	close(fs);
}

/* Such a file has no pages, and its map takes the addresses of a hundred thousand others. */
Test(shared_space, of_a_file_system_that_is_smaller_than_the_ring_is_efbig)
{
	int fs = small_fs("1m"), fd;
	vmap_shared_close(ring_on(fs, 64 * KIB, &fd));
	const uint64_t capacity = (uint64_t)1 << 40;
	MUST(ftruncate(fd, (off_t)(65536 + capacity)) == 0);
	file_put64(fd, AT_CAPACITY, capacity);
	header_seal(fd);
	struct vmap_shared *ring = NULL;
	cr_expect(eq(int, vmap_shared_open(fd, &ring), -EFBIG));
	vmap_shared_close(ring);
	close(fd);
	close(fs);
}
