/* SPDX-License-Identifier: MIT */
/*
 * System calls that an older kernel does not have, that a sandbox forbids, or that a failing disk answers: what has another
 * way takes it, all else is an error that leaves things as they were.
 *
 * The kernel itself refuses them, by a seccomp filter of the test's own process.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <vmap/map.h>
#include <vmap/os.h>

#include "map_helpers.h"
#include "os/peer_priv.h"

/* Of <linux/filter.h> and <linux/seccomp.h>, which come with the kernel's headers and not with every C library. */
struct instruction {
	uint16_t code;
	uint8_t jump_true, jump_false;
	uint32_t k;
};
struct program {
	uint16_t len;
	struct instruction *instructions;
};
enum { LOAD = 0x20, JUMP_EQUAL = 0x15, RETURN = 0x06, FILTER = 2 };
static const uint32_t ALLOW = 0x7fff0000u, FAIL_WITH = 0x00050000u;

#if defined(__SANITIZE_ADDRESS__)
#define UNDER_ASAN true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_ASAN true
#endif
#endif
#ifndef UNDER_ASAN
#define UNDER_ASAN false
#endif

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
enum { ANY_ARGUMENT = -1, NOEXEC_SEAL = 8, AT_WAITERS = 0x200 };

/*
 * From now on the system call @number fails with @error, when the low half of its argument @which is @value. Skips the
 * test where filters cannot be had: under qemu, and under valgrind, which makes system calls of its own.
 */
static void refuse_when(long number, int error, int which, uint32_t value)
{
	uint32_t low_half = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0;
	bool any = which == ANY_ARGUMENT;
	struct instruction instructions[] = {
		{LOAD, 0, 0, 0}, /* its number */
		{JUMP_EQUAL, 0, 3, (uint32_t)number},
		{LOAD, 0, 0, any ? 0 : 16 + 8 * (uint32_t)which + low_half},
		{JUMP_EQUAL, 0, 1, any ? (uint32_t)number : value},
		{RETURN, 0, 0, FAIL_WITH | (uint32_t)error},
		{RETURN, 0, 0, ALLOW},
	};
	struct program program = {.len = N_OF(instructions), .instructions = instructions};
	if (under_memcheck())
		cr_skip_test("valgrind's own calls would be refused");
	if (UNDER_ASAN && number == SYS_mprotect)
		cr_skip_test("the sanitizer protects pages of its own");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, FILTER, &program) < 0)
		cr_skip_test("no filter of system calls: %s", strerror(errno));
}

static void refuse(long number, int error)
{
	refuse_when(number, error, ANY_ARGUMENT, 0);
}

static bool holdings_are(struct holdings before)
{
	struct holdings now = holdings_now();
	return now.n_fds == before.n_fds && now.n_file_maps == before.n_file_maps;
}

static void expect_error(int result, int error, enum vmap_operation operation)
{
	cr_expect(eq(int, result, error));
	cr_expect(eq(int, vmap_last_error().result, error));
	cr_expect(eq(int, (int)vmap_last_error().operation, (int)operation));
}

/* Linux before 6.3. */
Test(refused, memory_that_is_never_executable_is_had_without_that)
{
	refuse_when(SYS_memfd_create, EINVAL, 1, MFD_CLOEXEC | NOEXEC_SEAL);
	struct vmap_shared *ring = NULL;
	cr_assert(eq(int, vmap_shared_create(&(struct vmap_shared_options){.capacity = 65536}, &ring), 0));
	int seals = fcntl(vmap_shared_fd(ring), F_GET_SEALS);
	cr_expect(eq(int, seals & F_SEAL_SHRINK, F_SEAL_SHRINK));
	cr_expect(eq(int, (int)ring_append(ring, 100000), 100000));
	cr_expect(ring_is_whole(ring));
	vmap_shared_close(ring);
}

/* Linux before 5.14. */
Test(refused, pages_that_cannot_be_asked_for_are_touched)
{
	size_t page = vmap_page_size();
	uint8_t *bytes = space_take(16 * page);
	MUST(bytes != NULL);
	bytes[3 * page + 5] = 77;
	refuse_when(SYS_madvise, EINVAL, 2, MADV_POPULATE_WRITE);
	cr_expect(eq(int, vmap_os_prefault(bytes, 16 * page), 0));
	unsigned char resident[16];
	MUST(mincore(bytes, 16 * page, resident) == 0);
	for (size_t i = 0; i < N_OF(resident); i++)
		cr_expect(eq(int, resident[i] & 1, 1));
	cr_expect(eq(u8, bytes[3 * page + 5], 77));
	cr_expect(eq(u8, bytes[0], 0));
	space_give_back(bytes, 16 * page);
}

static void *append_one(void *arg)
{
	MUST(ring_append(arg, 1) == 1);
	return NULL;
}

/* Linux before 5.16: looks again and again. */
Test(refused, waiting_for_several_rings_is_looking_at_them)
{
	struct vmap_shared *rings[] = {ring_open(65536, 0), ring_open(65536, 0)};
	struct vmap_shared_place places[2];
	uint32_t bell = 0;
	pthread_t thread;
	/* The filter is the calling thread's and its children's: now, so that nobody is without it. */
	refuse(SYS_futex_waitv, ENOSYS);
	for (size_t i = 0; i < 2; i++)
		vmap_shared_watch(rings[i], &places[i]);
	cr_expect(eq(int, vmap_shared_wait_any(places, 2, &bell, 0, 0), 0));
	MUST(pthread_create(&thread, NULL, append_one, rings[1]) == 0);
	while (ring_state(rings[1]).head == 0)
		cr_assert(eq(int, vmap_shared_wait_any(places, 2, &bell, 0, -1), 0));
	MUST(pthread_join(thread, NULL) == 0);
	for (size_t i = 0; i < 2; i++) {
		cr_expect(eq(u64, file_get64(vmap_shared_fd(rings[i]), AT_WAITERS), 0)); /* both counts */
		vmap_shared_close(rings[i]);
	}
}

/* A file system without fallocate(2). */
Test(refused, space_that_cannot_be_reserved_at_once_is_reserved_block_by_block)
{
	size_t page = vmap_page_size();
	int fd = unnamed_file("hello", 5);
	MUST(ftruncate(fd, (off_t)(4 * page)) == 0);
	refuse(SYS_fallocate, EOPNOTSUPP);
	int r = vmap_os_reserve(fd, 0, 4 * page);
	if (r == -EOPNOTSUPP)
		cr_skip_test("this C library knows no other way");
	cr_assert(eq(int, r, 0));
	cr_expect(ge(u64, fd_allocated(fd), 4 * page));
	cr_expect(eq(u64, file_size(fd), 4 * page));
	char text[5];
	file_get(fd, 0, text, sizeof(text));
	cr_expect(eq(int, memcmp(text, "hello", 5), 0));
	close(fd);
}

static void expect_not_created(int error)
{
	struct vmap_shared *const untouched = (struct vmap_shared *)(uintptr_t)0x5a5a;
	struct vmap_shared *ring = untouched;
	struct holdings before = holdings_now();
	cr_expect(eq(int, vmap_shared_create(&(struct vmap_shared_options){.capacity = 65536}, &ring), error));
	cr_expect(eq(ptr, ring, untouched));
	cr_expect(holdings_are(before));
}

static void expect_not_formatted(int error)
{
	int fd = memfd_empty();
	cr_expect(eq(int, vmap_shared_format(fd, &(struct vmap_shared_options){.capacity = 65536}), error));
	cr_expect(eq(u64, file_size(fd), 0));
	cr_expect(eq(u64, fd_allocated(fd), 0));
	close(fd);
}

Test(refused, random_numbers_leave_no_ring)
{
	refuse(SYS_getrandom, ENOSYS);
	expect_not_formatted(-EIO);
	expect_not_created(-EIO);
}

Test(refused, a_header_that_cannot_be_written_leaves_no_ring)
{
	refuse(SYS_pwrite64, EIO);
	expect_not_formatted(-EIO);
	expect_not_created(-EIO);
}

Test(refused, memory_that_stays_open_to_others_is_none)
{
	refuse(SYS_fchmod, EPERM);
	expect_not_created(-EPERM);
}

/* The limit of the process; no filter. */
Test(refused, memory_beyond_the_largest_file_leaves_nothing)
{
	signal(SIGXFSZ, SIG_IGN);
	struct rlimit limit;
	MUST(getrlimit(RLIMIT_FSIZE, &limit) == 0);
	struct rlimit small = {.rlim_cur = 65536, .rlim_max = limit.rlim_max};
	MUST(setrlimit(RLIMIT_FSIZE, &small) == 0);
	struct holdings before = holdings_now();
	void *base = NULL;
	expect_error(vmap_os_map_ring(MIB, &base), -EFBIG, VMAP_OPERATION_RESIZE_FILE);
	cr_expect(eq(ptr, base, NULL));
	cr_expect(holdings_are(before));
	expect_not_created(-EFBIG);
	MUST(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

Test(refused, a_header_that_cannot_be_read_opens_nothing)
{
	int fd = ring_fd(65536, 0);
	struct vmap_shared *ring = NULL;
	struct vmap_shared_state state, untouched;
	memset(&state, 0x5a, sizeof(state));
	untouched = state;
	struct holdings before = holdings_now();
	refuse(SYS_pread64, EIO);
	cr_expect(eq(int, vmap_shared_open(fd, &ring), -EIO));
	cr_expect(eq(int, vmap_shared_probe(fd, &state), -EIO));
	cr_expect(ring == NULL);
	cr_expect(eq(int, memcmp(&state, &untouched, sizeof(state)), 0));
	cr_expect(holdings_are(before));
	close(fd);
}

/* Of a ring that has wrapped, when @number fails: none of its changes is made, and it goes on. */
static void expect_unchanged(long number, bool policy_too)
{
	int fd = ring_fd(65536, 0);
	struct vmap_shared *ring = ring_map(fd);
	MUST(ring_append(ring, 100000) == 100000);
	struct vmap_shared_state before = ring_state(ring);
	uint64_t allocated = fd_allocated(fd);
	struct holdings held = holdings_now();
	refuse(number, EIO);
	cr_expect(eq(int, vmap_shared_reshape(ring, 3 * 65536, VMAP_RING_OVERWRITE), -EIO));
	cr_expect(eq(int, vmap_shared_reshape(ring, 3 * 65536, VMAP_RING_BOUNDED), -EIO));
	if (policy_too) {
		cr_expect(eq(int, vmap_shared_reshape(ring, 65536, VMAP_RING_BOUNDED), -EIO));
		cr_expect(eq(int, vmap_shared_set_attributes(ring, 7), -EIO));
		cr_expect(eq(u64, vmap_shared_attributes(ring), 0));
	}
	struct vmap_shared_state after = ring_state(ring), probed;
	cr_expect(states_equal(&before, &after));
	cr_expect(eq(int, vmap_shared_probe(fd, &probed), 0));
	cr_expect(states_equal(&before, &probed));
	cr_expect(ring_is_whole(ring));
	cr_expect(eq(u64, fd_allocated(fd), allocated));
	cr_expect(holdings_are(held));
	struct vmap_shared *other = ring_map(fd);
	cr_expect(eq(int, (int)ring_append(other, 1000), 1000));
	cr_expect(eq(int, (int)ring_append(ring, 1000), 1000));
	cr_expect(ring_is_whole(other));
	vmap_shared_close(other);
	vmap_shared_close(ring);
	close(fd);
}

Test(refused, a_geometry_that_cannot_be_written_stays)
{
	expect_unchanged(SYS_pwrite64, true);
}

Test(refused, a_disk_that_fails_keeps_the_old_shape)
{
	expect_unchanged(SYS_fdatasync, false);
}

Test(refused, a_sync_says_so)
{
	struct vmap_shared *ring = ring_open(65536, 0);
	refuse(SYS_fsync, EIO);
	cr_expect(eq(int, vmap_shared_sync(ring), -EIO));
	vmap_shared_close(ring);
}

Test(refused, a_file_that_would_not_wait_is_closed)
{
	struct temp_dir dir = temp_dir_create();
	file_write(dir.file, "hello", 5);
	int fd = -77;
	size_t n_fds = count_fds();
	refuse_when(SYS_fcntl, EPERM, 1, F_SETFL);
	expect_error(vmap_os_file_open(dir.file, (struct vmap_os_open){0}, &fd), -EPERM, VMAP_OPERATION_OPEN_FILE);
	cr_expect(eq(int, fd, -77));
	cr_expect(eq(sz, count_fds(), n_fds));
	temp_dir_remove(&dir);
}

Test(refused, a_map_that_cannot_be_made_read_only_is_none)
{
	int fd = unnamed_file("hello", 5);
	struct vmap_map *const untouched = (struct vmap_map *)(uintptr_t)0x5a5a;
	struct vmap_map *map = untouched;
	struct vmap_options options = {.write = true, .read_only = true};
	struct holdings before = holdings_now();
	refuse(SYS_mprotect, ENOMEM);
	expect_error(vmap_map_fd(fd, &options, &map), -ENOMEM, VMAP_OPERATION_PROTECT);
	cr_expect(eq(ptr, map, untouched));
	cr_expect(holdings_are(before));
	close(fd);
}

/* For the owner of the file alone; and no filter. */
Test(refused, reading_without_a_trace_is_reading)
{
	if (geteuid() != 0)
		cr_skip_test("needs a second user");
	int fd = ring_fd(65536, 0);
	int traceless = fd_reopen(fd, O_RDONLY | O_NOATIME);
	MUST(fchmod(fd, 0644) == 0);
	int opened = -77;
	cr_expect(eq(int, vmap_os_reopen(-1, &opened), -EBADF));
	cr_expect(eq(int, opened, -77));
	cr_assert(eq(int, vmap_os_reopen(traceless, &opened), 0));
	cr_expect(eq(int, fcntl(opened, F_GETFL) & O_NOATIME, O_NOATIME));
	close(opened);
	if (!user_is_bound_by_modes("/proc/self/stat"))
		cr_skip_test("the root directory is closed to a second user");
	cr_expect(eq(int, vmap_os_reopen(traceless, &opened), 0));
	user_is_free_again();
	cr_expect(eq(int, fcntl(opened, F_GETFL) & (O_NOATIME | O_ACCMODE), O_RDONLY));
	/* It is another open file, as its locks are. */
	MUST(lseek(opened, 100, SEEK_SET) == 100);
	cr_expect(eq(int, (int)lseek(traceless, 0, SEEK_CUR), 0));
	close(opened);
	close(traceless);
	close(fd);
}
