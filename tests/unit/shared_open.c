/* SPDX-License-Identifier: MIT */
/*
 * Opening and probing files that are rings, are damaged, or are something else.
 *
 * Every error is asked of open and of probe, and neither may leave anything behind.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <sys/resource.h>

#include "helpers.h"

static void expect_open_error(int fd, int error)
{
	struct vmap_shared *const untouched = (struct vmap_shared *)(uintptr_t)0x5a5a;
	struct vmap_shared *ring = untouched;
	size_t n_fds = count_fds();
	size_t n_maps = count_maps("ring-under-test");
	uint64_t space = address_space();
	for (int i = 0; i < 8; i++)
		cr_expect(eq(int, vmap_shared_open(fd, &ring), error));
	cr_expect(eq(ptr, ring, untouched));
	cr_expect(eq(sz, count_fds(), n_fds));
	cr_expect(eq(sz, count_maps("ring-under-test"), n_maps));
	cr_expect(lt(u64, address_space() - space, 64 * MIB));
}

static void expect_probe_error(int fd, int error)
{
	struct vmap_shared_state state, untouched;
	memset(&state, 0x5a, sizeof(state));
	untouched = state;
	size_t n_fds = count_fds();
	cr_expect(eq(int, vmap_shared_probe(fd, &state), error));
	cr_expect(memcmp(&state, &untouched, sizeof(state)) == 0);
	cr_expect(eq(sz, count_fds(), n_fds));
}

/* Both errors; @fd is closed, and its bytes must be what they were. */
static void expect_refused(int fd, int error)
{
	static uint8_t before[2 * 65536], after[2 * 65536];
	uint64_t size = file_size(fd);
	size_t len = size < sizeof(before) ? (size_t)size : sizeof(before);
	file_get(fd, 0, before, len);
	expect_open_error(fd, error);
	expect_probe_error(fd, error);
	file_get(fd, 0, after, len);
	cr_expect(eq(u64, file_size(fd), size));
	cr_expect(memcmp(before, after, len) == 0);
	close(fd);
}

/* A ring of one unit with the bytes at @offset changed and a checksum that is right nevertheless. */
static int doctored(uint64_t offset, const void *bytes, size_t len)
{
	int fd = ring_fd(65536, 0);
	file_put(fd, offset, bytes, len);
	header_seal(fd);
	return fd;
}

static int doctored16(uint64_t offset, uint16_t value)
{
	return doctored(offset, &value, sizeof(value));
}

static int doctored32(uint64_t offset, uint32_t value)
{
	return doctored(offset, &value, sizeof(value));
}

static int doctored64(uint64_t offset, uint64_t value)
{
	return doctored(offset, &value, sizeof(value));
}

Test(shared_open, of_an_empty_file_is_enomsg)
{
	expect_refused(memfd_empty(), -ENOMSG);
}

Test(shared_open, of_a_file_shorter_than_the_magic_is_enomsg)
{
	int fd = memfd_empty();
	file_put(fd, 0, "\x89VRNG\r\n", 7);
	expect_refused(fd, -ENOMSG);
}

Test(shared_open, of_text_is_enomsg)
{
	int fd = memfd_empty();
	for (int i = 0; i < 10000; i++)
		file_put(fd, (uint64_t)i * 14, "a line of log\n", 14);
	expect_refused(fd, -ENOMSG);
}

Test(shared_open, of_other_magic_is_enomsg)
{
	expect_refused(doctored(AT_MAGIC, "\x89VRNG\r\n\x1b", 8), -ENOMSG);
}

Test(shared_open, of_a_text_mode_copy_is_enomsg)
{
	/* CR LF became LF */
	expect_refused(doctored(AT_MAGIC, "\x89VRNG\n\x1a", 7), -ENOMSG);
}

Test(shared_open, of_zeros_is_enomsg)
{
	int fd = memfd_empty();
	MUST(ftruncate(fd, 2 * 65536) == 0);
	expect_refused(fd, -ENOMSG);
}

Test(shared_open, of_a_directory_is_enomsg)
{
	int fd = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	MUST(fd >= 0);
	expect_probe_error(fd, -ENOMSG);
	close(fd);
}

Test(shared_open, of_a_newer_major_version_is_eproto)
{
	expect_refused(doctored16(AT_VERSION_MAJOR, 2), -EPROTO);
	expect_refused(doctored16(AT_VERSION_MAJOR, UINT16_MAX), -EPROTO);
}

Test(shared_open, of_a_newer_major_version_does_not_know_its_checksum)
{
	int fd = ring_fd(65536, 0);
	uint16_t major = 2;
	file_put(fd, AT_VERSION_MAJOR, &major, sizeof(major));
	expect_refused(fd, -EPROTO);
}

static void swap_bytes(uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len / 2; i++) {
		uint8_t byte = bytes[i];
		bytes[i] = bytes[len - 1 - i];
		bytes[len - 1 - i] = byte;
	}
}

Test(shared_open, of_the_other_byte_order_is_eproto)
{
	expect_refused(doctored32(AT_BOM, 0x04030201), -EPROTO);
	/* as such a machine writes it: all words swapped, the checksum of those bytes too */
	int fd = ring_fd(65536, 0);
	uint8_t geometry[AT_POLICY + 4];
	file_get(fd, 0, geometry, sizeof(geometry));
	swap_bytes(geometry + AT_VERSION_MAJOR, 2);
	swap_bytes(geometry + AT_VERSION_MINOR, 2);
	swap_bytes(geometry + AT_BOM, 4);
	swap_bytes(geometry + AT_CAPACITY, 8);
	file_put(fd, 0, geometry, sizeof(geometry));
	expect_refused(fd, -EPROTO);
}

Test(shared_open, accepts_a_newer_minor_version)
{
	int fd = doctored16(AT_VERSION_MINOR, 9);
	struct vmap_shared *ring = NULL;
	cr_assert(eq(int, vmap_shared_open(fd, &ring), 0));
	vmap_shared_close(ring);
	close(fd);
}

Test(shared_open, accepts_an_unknown_compatible_feature)
{
	int fd = doctored32(AT_FEAT_COMPAT, 0x80000001);
	struct vmap_shared *ring = NULL;
	cr_assert(eq(int, vmap_shared_open(fd, &ring), 0));
	vmap_shared_close(ring);
	close(fd);
}

Test(shared_open, of_an_unknown_incompatible_feature_is_eopnotsupp)
{
	expect_refused(doctored32(AT_FEAT_INCOMPAT, 1), -EOPNOTSUPP);
	expect_refused(doctored32(AT_FEAT_INCOMPAT, 0x80000000), -EOPNOTSUPP);
}

Test(shared_open, for_writing_with_an_unknown_read_only_feature_is_eopnotsupp)
{
	int fd = doctored32(AT_FEAT_RO_COMPAT, 1);
	expect_open_error(fd, -EOPNOTSUPP);
	close(fd);
}

Test(shared_open, of_another_policy_is_eopnotsupp)
{
	expect_refused(doctored32(AT_POLICY, 0), -EOPNOTSUPP);
	expect_refused(doctored32(AT_POLICY, 3), -EOPNOTSUPP);
	expect_refused(doctored32(AT_POLICY, UINT32_MAX), -EOPNOTSUPP);
}

/* Every single byte under the checksum, but for those that have an answer of their own. */
Test(shared_open, of_a_damaged_geometry_is_ebadmsg)
{
	int fd = ring_fd(65536, 0);
	for (uint64_t at = AT_HEADER_SIZE; at < AT_CRC32C + 4; at++) {
		uint8_t byte, damaged;
		file_get(fd, at, &byte, 1);
		damaged = byte ^ 0x10;
		file_put(fd, at, &damaged, 1);
		struct vmap_shared *ring = NULL;
		struct vmap_shared_state state;
		cr_expect(vmap_shared_open(fd, &ring) == -EBADMSG, "byte 0x%llx", (unsigned long long)at);
		cr_expect(vmap_shared_probe(fd, &state) == -EBADMSG, "byte 0x%llx", (unsigned long long)at);
		file_put(fd, at, &byte, 1);
	}
	close(fd);
}

Test(shared_open, of_an_impossible_geometry_is_ebadmsg)
{
	expect_refused(doctored64(AT_CAPACITY, 0), -EBADMSG);
	expect_refused(doctored64(AT_CAPACITY, 65537), -EBADMSG);
	expect_refused(doctored64(AT_CAPACITY, 4096), -EBADMSG);
	expect_refused(doctored64(AT_CAPACITY, VMAP_SHARED_CAPACITY_MAX + 65536), -EBADMSG);
	expect_refused(doctored64(AT_CAPACITY, UINT64_MAX), -EBADMSG);
	expect_refused(doctored64(AT_CAPACITY, UINT64_MAX - 65535), -EBADMSG);
	expect_refused(doctored32(AT_HEADER_SIZE, 4096), -EBADMSG);
	expect_refused(doctored32(AT_HEADER_SIZE, 0), -EBADMSG);
	expect_refused(doctored64(AT_DATA_OFFSET, 0), -EBADMSG);
	expect_refused(doctored64(AT_DATA_OFFSET, 131072), -EBADMSG);
	expect_refused(doctored64(AT_DATA_OFFSET, UINT64_MAX - 65535), -EBADMSG);
}

/* Not a multiple of the unit, or inside the header, in a file that is long enough for it. */
Test(shared_open, of_data_at_an_impossible_offset_is_ebadmsg)
{
	const uint64_t offsets[] = {0, 4096, 65535, 65537, 65536 + 4096, 131072 - 4096, 131072 + 1};
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		int fd = doctored64(AT_DATA_OFFSET, offsets[i]);
		MUST(ftruncate(fd, 4 * 65536) == 0);
		expect_refused(fd, -EBADMSG);
	}
}

Test(shared_open, of_data_further_on_in_the_file_finds_it)
{
	int fd = doctored64(AT_DATA_OFFSET, 3 * 65536);
	MUST(ftruncate(fd, 4 * 65536) == 0);
	file_put(fd, 3 * 65536, "far away\n", 9);
	/* the header is in front of the data */
	file_put64(fd, 2 * 65536 + AT_HEAD, 9);
	file_put64(fd, 2 * 65536 + AT_INTENT, 9);
	struct vmap_shared *ring = ring_map(fd);
	char bytes[16];
	uint64_t cursor = 0;
	cr_assert(eq(int, (int)vmap_shared_read(ring, &cursor, bytes, sizeof(bytes)), 9));
	cr_expect(memcmp(bytes, "far away\n", 9) == 0);
	vmap_shared_close(ring);
	close(fd);
}

/* What a change of shape leaves that was killed: more file than ring. It stays as long, for others may have it mapped. */
Test(shared_open, of_a_file_that_is_too_long_gives_its_pages_back)
{
	const off_t sizes[] = {2 * 65536 + 1, 3 * 65536, 64 * MIB};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		int fd = ring_fd(65536, 0);
		struct vmap_shared *ring = ring_map(fd);
		cr_expect(eq(int, (int)ring_append(ring, 1000), 1000));
		vmap_shared_close(ring);
		MUST(ftruncate(fd, sizes[i]) == 0);
		MUST(posix_fallocate(fd, 0, sizes[i]) == 0);
		struct vmap_shared_state state;
		cr_expect(eq(int, vmap_shared_probe(fd, &state), 0));
		cr_expect(eq(u64, file_size(fd), (uint64_t)sizes[i]));
		ring = ring_map(fd);
		cr_expect(eq(u64, file_size(fd), (uint64_t)sizes[i]));
		cr_expect(nothing_is_behind(fd, 2 * 65536));
		cr_expect(ring_is_whole(ring));
		vmap_shared_close(ring);
		close(fd);
	}
}

Test(shared_open, gives_the_space_before_the_data_back)
{
	if (!space_is_given_back())
		cr_skip_test("no holes on this system");
	int fd = doctored64(AT_DATA_OFFSET, 65536 + 4 * MIB);
	MUST(ftruncate(fd, (off_t)(2 * 65536 + 4 * MIB)) == 0);
	MUST(fallocate(fd, 0, 0, (off_t)(2 * 65536 + 4 * MIB)) == 0);
	vmap_shared_close(ring_map(fd));
	struct stat st;
	MUST(fstat(fd, &st) == 0);
	/* the unit of the geometry line, the header, the data */
	cr_expect(le(u64, (uint64_t)st.st_blocks * 512, 3 * 65536));
	close(fd);
}

/* What one open has no time for the next one does. */
Test(shared_open, gives_much_space_back_in_the_end)
{
	enum { OPENS = 1000 };
	if (!space_is_given_back())
		cr_skip_test("no holes on this system");
	int fd = doctored64(AT_DATA_OFFSET, 65536 + 200 * MIB);
	MUST(ftruncate(fd, (off_t)(2 * 65536 + 300 * MIB)) == 0);
	MUST(fallocate(fd, 0, 0, (off_t)(2 * 65536 + 300 * MIB)) == 0);
	struct stat st;
	int n = 0;
	do {
		vmap_shared_close(ring_map(fd));
		MUST(fstat(fd, &st) == 0);
	} while ((uint64_t)st.st_blocks * 512 > 3 * 65536 && ++n < OPENS);
	cr_expect(lt(int, n, OPENS));
	close(fd);
}

Test(shared_open, of_a_file_that_is_too_short_is_ebadmsg)
{
	expect_refused(doctored64(AT_CAPACITY, 131072), -EBADMSG);
	const off_t sizes[] = {65536, 65536 + 4096, 2 * 65536 - 1, 4096};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		int fd = ring_fd(65536, 0);
		MUST(ftruncate(fd, sizes[i]) == 0);
		expect_refused(fd, -EBADMSG);
	}
}

Test(shared_open, of_a_ring_cut_inside_its_header_is_ebadmsg)
{
	const off_t sizes[] = {8, 0x7c, 0x80, 4095};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		int fd = ring_fd(65536, 0);
		MUST(ftruncate(fd, sizes[i]) == 0);
		expect_refused(fd, -EBADMSG);
	}
}

static int positioned(uint64_t floor, uint64_t head, uint64_t intent)
{
	int fd = ring_fd(65536, 0);
	file_put64(fd, AT_FLOOR, floor);
	file_put64(fd, AT_HEAD, head);
	file_put64(fd, AT_INTENT, intent);
	return fd;
}

Test(shared_open, of_impossible_positions_is_ebadmsg)
{
	const uint64_t limit = VMAP_SHARED_POSITION_MAX;
	expect_refused(positioned(1, 0, 0), -EBADMSG);
	expect_refused(positioned(0, 1, 0), -EBADMSG);
	expect_refused(positioned(5, 4, 100), -EBADMSG);
	expect_refused(positioned(0, 4, 4 + 65536 + 1), -EBADMSG); /* a writer announces a capacity at most */
	expect_refused(positioned(0, 0, limit + 1), -EBADMSG);
	expect_refused(positioned(0, limit + 1, limit + 1), -EBADMSG);
	expect_refused(positioned(limit + 1, limit + 1, limit + 1), -EBADMSG);
	expect_refused(positioned(UINT64_MAX, UINT64_MAX, UINT64_MAX), -EBADMSG);
	expect_refused(positioned(0, UINT64_MAX, 10), -EBADMSG);
}

static int with_base(uint64_t base, uint64_t head)
{
	int fd = positioned(0, head, head);
	file_put64(fd, AT_BASE, base);
	header_seal(fd);
	return fd;
}

Test(shared_open, of_a_base_above_the_head_is_ebadmsg)
{
	expect_refused(with_base(101, 100), -EBADMSG);
	expect_refused(with_base(UINT64_MAX, 100), -EBADMSG);
	int fd = with_base(100, 100);
	vmap_shared_close(ring_map(fd));
	close(fd);
}

static int bounded_at(uint64_t tail, uint64_t head)
{
	int fd = ring_fd_with(65536, 0, VMAP_RING_BOUNDED);
	file_put64(fd, AT_TAIL, tail);
	file_put64(fd, AT_HEAD, head);
	file_put64(fd, AT_INTENT, head);
	return fd;
}

Test(shared_open, of_impossible_positions_of_a_bounded_ring_is_ebadmsg)
{
	expect_refused(bounded_at(1, 0), -EBADMSG);
	expect_refused(bounded_at(101, 100), -EBADMSG);
	expect_refused(bounded_at(UINT64_MAX, 100), -EBADMSG);
	expect_refused(bounded_at(0, 65537), -EBADMSG);
	expect_refused(bounded_at(0, VMAP_SHARED_POSITION_MAX), -EBADMSG);
	int fd = bounded_at(1, 65537);
	vmap_shared_close(ring_map(fd));
	close(fd);
}

/* The tail of an overwrite ring is nobody's word. */
Test(shared_open, of_an_overwrite_ring_does_not_look_at_the_consumers_tail)
{
	int fd = ring_fd(65536, 0);
	file_put64(fd, AT_TAIL, UINT64_MAX);
	struct vmap_shared *ring = ring_map(fd);
	cr_expect(eq(int, (int)ring_append(ring, 100), 100));
	cr_expect(ring_is_whole(ring));
	vmap_shared_close(ring);
	close(fd);
}

/* pwrite(2) appends then, wherever it is told to write: the geometry could not be changed. */
Test(shared_open, of_a_descriptor_that_appends_is_einval)
{
	int fd = ring_fd(65536, 0);
	int appending = fd_reopen(fd, O_RDWR | O_APPEND);
	expect_open_error(appending, -EINVAL);
	close(appending);
	close(fd);
}

Test(shared_open, of_a_write_only_descriptor_is_eacces)
{
	int fd = ring_fd(65536, 0);
	int write_only = fd_reopen(fd, O_WRONLY);
	expect_open_error(write_only, -EACCES);
	close(write_only);
	close(fd);
}

Test(shared_open, without_descriptors_is_emfile)
{
	int fd = ring_fd(65536, 0);
	int lowest = open("/dev/null", O_RDONLY | O_CLOEXEC);
	MUST(lowest >= 0);
	close(lowest);
	size_t n_maps = count_maps("ring-under-test");
	struct rlimit limit;
	MUST(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	struct rlimit none = {.rlim_cur = (rlim_t)lowest, .rlim_max = limit.rlim_max};
	MUST(setrlimit(RLIMIT_NOFILE, &none) == 0);
	struct vmap_shared *ring = NULL;
	int r = vmap_shared_open(fd, &ring);
	MUST(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	cr_expect(eq(int, r, -EMFILE));
	cr_expect(ring == NULL);
	cr_expect(eq(sz, count_maps("ring-under-test"), n_maps));
	close(fd);
}

/* No writable mapping of a sealed memfd: the error comes after the reservation was made. */
Test(shared_open, whose_mapping_fails_leaves_nothing)
{
	int fd = ring_fd(64 * MIB, 0);
	MUST(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) == 0);
	struct vmap_shared *ring = NULL;
	int r = vmap_shared_open(fd, &ring);
	cr_assert(eq(int, r, -EPERM));
	expect_open_error(fd, -EPERM);
	close(fd);
}

/* 128 rings of 32 TiB address space each do not fit into 47 bits. */
Test(shared_open, without_address_space_is_enomem)
{
	if (!space_ends_with_enomem())
		cr_skip_test("too large a mapping is not ENOMEM here");
	if (getenv("VMAP_TEST_EMULATED"))
		cr_skip_test("an emulator keeps a record of each of those pages");
	int fd = memfd_empty();
	struct vmap_shared_options options = {.capacity = VMAP_SHARED_CAPACITY_MAX};
	MUST(vmap_shared_format(fd, &options) == 0);
	struct vmap_shared *rings[129] = {NULL};
	size_t n = 0;
	int r = 0;
	while (n < 129 && (r = vmap_shared_open(fd, &rings[n])) == 0)
		n++;
	cr_expect(eq(int, r, -ENOMEM));
	expect_open_error(fd, -ENOMEM);
	while (n > 0)
		vmap_shared_close(rings[--n]);
	close(fd);
}

Test(shared_open, keeps_no_need_of_the_callers_descriptor)
{
	int fd = ring_fd(65536, 0);
	int kept = fd_reopen(fd, O_RDONLY);
	struct vmap_shared *ring = NULL;
	cr_assert(eq(int, vmap_shared_open(fd, &ring), 0));
	close(fd);
	cr_expect(eq(int, (int)vmap_shared_append(ring, "hello\n", 6), 6));
	cr_expect(eq(int, vmap_shared_sync(ring), 0));
	vmap_shared_close(ring);
	struct vmap_shared_state state;
	cr_assert(eq(int, vmap_shared_probe(kept, &state), 0));
	cr_expect(eq(u64, state.head, 6));
	close(kept);
}

Test(shared_open, of_a_closed_descriptor_is_ebadf)
{
	expect_open_error(-1, -EBADF);
}

Test(shared_close, gives_everything_back)
{
	int fd = ring_fd(64 * MIB, 0);
	struct vmap_shared *ring = NULL;
	size_t n_fds = count_fds();
	size_t n_maps = count_maps("ring-under-test");
	uint64_t space = address_space();
	for (int i = 0; i < 8; i++) {
		cr_assert(eq(int, vmap_shared_open(fd, &ring), 0));
		vmap_shared_close(ring);
	}
	cr_expect(eq(sz, count_fds(), n_fds));
	cr_expect(eq(sz, count_maps("ring-under-test"), n_maps));
	cr_expect(lt(u64, address_space() - space, 64 * MIB));
	close(fd);
}

Test(shared_close, takes_null)
{
	vmap_shared_close(NULL);
}

Test(shared_probe, of_a_closed_descriptor_is_ebadf)
{
	expect_probe_error(-1, -EBADF);
}

Test(shared_probe, agrees_with_the_mapped_state)
{
	int fd = ring_fd(65536, 1000);
	struct vmap_shared *ring = NULL;
	cr_assert(eq(int, vmap_shared_open(fd, &ring), 0));
	static uint8_t bytes[50000];
	for (int i = 0; i < 3; i++)
		vmap_shared_append(ring, bytes, sizeof(bytes));
	struct vmap_shared_state mapped, probed;
	vmap_shared_get_state(ring, &mapped);
	cr_assert(eq(int, vmap_shared_probe(fd, &probed), 0));
	cr_expect(states_equal(&mapped, &probed));
	cr_expect(eq(u64, mapped.head, 151000));
	cr_expect(eq(u64, mapped.tail, 151000 - 65536));
	cr_expect(eq(u64, mapped.floor, 1000));
	cr_expect(eq(u64, mapped.records, 3));
	cr_expect(eq(u64, mapped.bytes, 150000));
	cr_expect(eq(u64, mapped.overwritten, 150000 - 65536));
	cr_expect(eq(u64, mapped.generation, 1));
	cr_expect(eq(int, mapped.policy, VMAP_RING_OVERWRITE));
	vmap_shared_close(ring);
	close(fd);
}

Test(shared_strerror, has_words_of_its_own_for_rings_and_the_system_s_for_the_rest)
{
	cr_expect(strcmp(vmap_shared_strerror(-ENOMSG), "is no ring") == 0);
	cr_expect(strcmp(vmap_shared_strerror(-ENOENT), strerror(ENOENT)) == 0);
	const int own[] = {EAGAIN,     EBADMSG, EBUSY,  EIDRM,  EMSGSIZE,  ENOMSG, ENOTCONN,
			   EOPNOTSUPP, EPIPE,   EPROTO, ERANGE, ESHUTDOWN, ESTALE, ETIMEDOUT, EUSERS};
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		cr_expect(strcmp(vmap_shared_strerror(-own[i]), strerror(own[i])) != 0, "%s", strerror(own[i]));
}
