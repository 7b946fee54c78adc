/* SPDX-License-Identifier: MIT */
/* Making a shared ring, and the bytes that makes. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include "helpers.h"

static int format(int fd, uint64_t capacity, uint64_t start)
{
	struct vmap_shared_options options = {.capacity = capacity, .start = start};
	return vmap_shared_format(fd, &options);
}

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

Test(shared_round_capacity, goes_up_to_the_unit)
{
	cr_expect(eq(u64, vmap_shared_round_capacity(1), 65536));
	cr_expect(eq(u64, vmap_shared_round_capacity(4095), 65536));
	cr_expect(eq(u64, vmap_shared_round_capacity(65536), 65536));
	cr_expect(eq(u64, vmap_shared_round_capacity(65537), 131072));
	cr_expect(eq(u64, vmap_shared_round_capacity(3 * 65536), 3 * 65536));
	cr_expect(eq(u64, vmap_shared_round_capacity(UINT64_C(4294967295)), UINT64_C(4294967296)));
}

Test(shared_round_capacity, of_the_impossible_is_zero)
{
	cr_expect(eq(u64, vmap_shared_round_capacity(0), 0));
	cr_expect(eq(u64, vmap_shared_round_capacity(VMAP_SHARED_CAPACITY_MAX), VMAP_SHARED_CAPACITY_MAX));
	cr_expect(eq(u64, vmap_shared_round_capacity(VMAP_SHARED_CAPACITY_MAX - 1), VMAP_SHARED_CAPACITY_MAX));
	cr_expect(eq(u64, vmap_shared_round_capacity(VMAP_SHARED_CAPACITY_MAX + 1), 0));
	cr_expect(eq(u64, vmap_shared_round_capacity(UINT64_MAX), 0));
}

/* The constants of the public header are part of the format. */
Test(shared_header, constants_are_the_formats)
{
	cr_expect(eq(u64, VMAP_SHARED_UNIT, 0x10000));
	cr_expect(eq(u64, VMAP_SHARED_HEADER_SIZE, 0x10000));
	cr_expect(eq(u64, VMAP_SHARED_POSITION_MAX, UINT64_C(0x7fffffffffffffff)));
	cr_expect(eq(u64, VMAP_SHARED_CAPACITY_MAX, UINT64_C(0x100000000000)));
}

static void put16(uint8_t *at, uint16_t value)
{
	memcpy(at, &value, sizeof(value));
}

static void put32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

static void put64(uint8_t *at, uint64_t value)
{
	memcpy(at, &value, sizeof(value));
}

/* The header byte by byte: whoever changes it has to change this test and the version. */
Test(shared_header, of_a_fresh_ring_is_golden)
{
	const uint64_t start = UINT64_C(0x0000123456789abc);
	uint64_t before_ns = now_ns();
	int fd = ring_fd(3 * 65536, start);
	uint64_t after_ns = now_ns();
	static uint8_t actual[65536], golden[65536];
	file_get(fd, 0, actual, sizeof(actual));
	cr_assert(eq(u64, file_size(fd), 65536 + 3 * 65536));

	uint64_t created_ns = file_get64(fd, AT_CREATED_NS);
	cr_expect(created_ns >= before_ns && created_ns <= after_ns);
	cr_expect(eq(u64, file_get64(fd, AT_MTIME_NS), created_ns));
	uint32_t crc;
	memcpy(&crc, actual + AT_CRC32C, sizeof(crc));
	cr_expect(eq(u32, crc, crc32c_reference(actual, AT_CRC32C)));

	memcpy(golden + 0x000, "\x89\x56\x52\x4e\x47\x0d\x0a\x1a", 8);
	put16(golden + 0x008, 1);          /* ver_major */
	put16(golden + 0x00a, 0);          /* ver_minor */
	put32(golden + 0x00c, 0x01020304); /* bom */
	put32(golden + 0x010, 0x10000);    /* hdr_size; feature words are zero */
	put64(golden + 0x020, 0x10000);    /* data_off */
	put64(golden + 0x028, 3 * 65536);  /* capacity */
	put32(golden + 0x030, 1);          /* policy: overwrite */
	put64(golden + 0x050, 1);          /* generation */
	put64(golden + 0x060, start);      /* base; attributes are zero */
	put64(golden + 0x100, start);      /* intent */
	put64(golden + 0x108, start);      /* head */
	put64(golden + 0x110, start);      /* floor */
	put64(golden + 0x180, start);      /* tail */
	/* What no two rings share: ring_id, created_ns, the checksum over both, the first mtime. */
	memset(actual + 0x040, 0, 16);
	memset(actual + 0x058, 0, 8);
	memset(actual + 0x07c, 0, 4);
	memset(actual + 0x130, 0, 8);
	for (size_t i = 0; i < sizeof(golden); i++)
		cr_expect(actual[i] == golden[i], "byte 0x%zx is 0x%02x, not 0x%02x", i, actual[i], golden[i]);
	close(fd);
}

Test(shared_header, of_a_bounded_ring_names_policy_and_attributes)
{
	int fd = memfd_empty();
	struct vmap_shared_options options = {
		.capacity = 65536, .policy = VMAP_RING_BOUNDED, .attributes = UINT64_C(0x1122334455667788)};
	cr_assert(eq(int, vmap_shared_format(fd, &options), 0));
	uint32_t policy;
	file_get(fd, AT_POLICY, &policy, sizeof(policy));
	cr_expect(eq(u32, policy, 2));
	cr_expect(eq(u64, file_get64(fd, 0x068), UINT64_C(0x1122334455667788)));
	close(fd);
}

/* Each counter has its word: those that are only told, and the two of consumers and changes of shape. */
Test(shared_header, words_of_statistics_follow_the_format)
{
	int fd = ring_fd(65536, 0);
	struct vmap_shared *ring = ring_map(fd);
	cr_expect(eq(int, (int)ring_append(ring, 65536), 65536));
	cr_expect(eq(int, (int)ring_append(ring, 77), 77));
	vmap_shared_count_lost(ring, 11);
	vmap_shared_count_lost(ring, 22);
	vmap_shared_count_dropped(ring);
	vmap_shared_close(ring);
	cr_expect(eq(u64, file_get64(fd, 0x310), 1));
	cr_expect(eq(u64, file_get64(fd, 0x328), 77));
	cr_expect(eq(u64, file_get64(fd, 0x330), 33));
	close(fd);
	fd = ring_fd_with(65536, 5, VMAP_RING_BOUNDED);
	ring = ring_map(fd);
	cr_expect(eq(int, (int)ring_append(ring, 100), 100));
	cr_expect(eq(int, vmap_shared_consume(ring, 5, 60), 0));
	vmap_shared_close(ring);
	cr_expect(eq(u64, file_get64(fd, 0x180), 65));
	cr_expect(eq(u64, file_get64(fd, 0x060), 5));
	close(fd);
}

Test(shared_header, checksum_is_crc32c)
{
	cr_assert(eq(u32, crc32c_reference((const uint8_t *)"123456789", 9), UINT32_C(0xe3069283)));
}

Test(shared_header, gives_each_ring_an_identity)
{
	int fd = ring_fd(65536, 0), other = ring_fd(65536, 0);
	uint8_t id[16], other_id[16];
	file_get(fd, AT_RING_ID, id, sizeof(id));
	file_get(other, AT_RING_ID, other_id, sizeof(other_id));
	cr_assert(memcmp(id, other_id, sizeof(id)) != 0);
	close(fd);
	close(other);
}

/* A position's byte has one place in the file, whatever the capacity and the start are. */
Test(shared_header, and_data_follow_the_format_after_appends)
{
	const uint64_t start = 5 * 65536 + 100, capacity = 3 * 65536;
	int fd = ring_fd(capacity, start);
	struct vmap_shared *ring = NULL;
	cr_assert(eq(int, vmap_shared_open(fd, &ring), 0));
	static uint8_t bytes[50000];
	pattern_fill(bytes, start, sizeof(bytes));
	for (int i = 0; i < 5; i++) {
		pattern_fill(bytes, start + (uint64_t)i * sizeof(bytes), sizeof(bytes));
		cr_assert(eq(int, (int)vmap_shared_append(ring, bytes, sizeof(bytes)), (int)sizeof(bytes)));
	}
	vmap_shared_close(ring);
	uint64_t head = start + 250000;
	cr_expect(eq(u64, file_get64(fd, AT_INTENT), head));
	cr_expect(eq(u64, file_get64(fd, AT_HEAD), head));
	cr_expect(eq(u64, file_get64(fd, AT_FLOOR), start));
	cr_expect(eq(u64, file_get64(fd, AT_RECORDS), 5));
	cr_expect(eq(u64, file_get64(fd, AT_BYTES), 250000));
	for (uint64_t pos = head - capacity; pos < head; pos += 997) {
		uint8_t byte;
		file_get(fd, AT_DATA + pos % capacity, &byte, 1);
		cr_expect(byte == pattern_at(pos), "position %llu", (unsigned long long)pos);
	}
	close(fd);
}

Test(shared_header, floor_follows_a_clear)
{
	int fd = ring_fd(65536, 10);
	struct vmap_shared *ring = NULL;
	cr_assert(eq(int, vmap_shared_open(fd, &ring), 0));
	vmap_shared_append(ring, "0123456789", 10);
	vmap_shared_clear(ring);
	vmap_shared_close(ring);
	cr_expect(eq(u64, file_get64(fd, AT_FLOOR), 20));
	cr_expect(eq(u64, file_get64(fd, AT_HEAD), 20));
	close(fd);
}

Test(shared_format, makes_an_empty_ring)
{
	int fd = memfd_empty();
	cr_assert(eq(int, format(fd, 100000, 77), 0));
	struct vmap_shared_state state;
	cr_assert(eq(int, vmap_shared_probe(fd, &state), 0));
	cr_expect(eq(u64, state.capacity, 131072));
	cr_expect(eq(u64, state.head, 77));
	cr_expect(eq(u64, state.tail, 77));
	cr_expect(eq(u64, state.floor, 77));
	cr_expect(eq(u64, state.records, 0));
	cr_expect(eq(u64, state.bytes, 0));
	cr_expect(eq(u64, file_size(fd), 65536 + 131072));
	close(fd);
}

Test(shared_format, reserves_no_data)
{
	int fd = ring_fd(64 * MIB, 0);
	struct stat st;
	MUST(fstat(fd, &st) == 0);
	cr_assert(le(u64, (uint64_t)st.st_blocks * 512, 65536));
	close(fd);
}

Test(shared_format, takes_the_largest_capacity)
{
	int fd = memfd_empty();
	cr_assert(eq(int, format(fd, VMAP_SHARED_CAPACITY_MAX, 0), 0));
	struct vmap_shared_state state;
	cr_assert(eq(int, vmap_shared_probe(fd, &state), 0));
	cr_expect(eq(u64, state.capacity, VMAP_SHARED_CAPACITY_MAX));
	close(fd);
}

/* The error, and a file that is as empty as before. */
static void expect_format_error(uint64_t capacity, uint64_t start, int error)
{
	int fd = memfd_empty();
	size_t n_fds = count_fds();
	cr_expect(format(fd, capacity, start) == error, "capacity %llu start %llu", (unsigned long long)capacity,
		  (unsigned long long)start);
	cr_expect(eq(u64, file_size(fd), 0));
	cr_expect(eq(sz, count_fds(), n_fds));
	close(fd);
}

Test(shared_format, refuses_a_capacity_of_zero)
{
	expect_format_error(0, 0, -EINVAL);
}

Test(shared_format, refuses_a_start_out_of_range)
{
	expect_format_error(65536, VMAP_SHARED_POSITION_MAX + 1, -EINVAL);
	expect_format_error(65536, UINT64_MAX, -EINVAL);
}

Test(shared_format, refuses_a_capacity_above_the_maximum)
{
	expect_format_error(VMAP_SHARED_CAPACITY_MAX + 1, 0, -EFBIG);
	expect_format_error(UINT64_MAX, 0, -EFBIG);
	expect_format_error(UINT64_MAX - 65535, 0, -EFBIG);
}

/* The limit of the process stands for that of a file system. */
Test(shared_format, beyond_the_largest_file_is_efbig)
{
	signal(SIGXFSZ, SIG_IGN);
	struct rlimit limit;
	MUST(getrlimit(RLIMIT_FSIZE, &limit) == 0);
	struct rlimit small = {.rlim_cur = 3 * 65536, .rlim_max = limit.rlim_max};
	MUST(setrlimit(RLIMIT_FSIZE, &small) == 0);
	expect_format_error(3 * 65536, 0, -EFBIG);
	int fd = memfd_empty();
	cr_expect(eq(int, format(fd, 2 * 65536, 0), 0));
	close(fd);
	MUST(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

Test(shared_format, refuses_a_file_that_is_not_empty)
{
	int fd = memfd_empty();
	file_put(fd, 0, "x", 1);
	cr_expect(eq(int, format(fd, 65536, 0), -EEXIST));
	cr_expect(eq(u64, file_size(fd), 1));
	close(fd);
}

Test(shared_format, refuses_a_ring_and_keeps_it)
{
	int fd = ring_fd(65536, 0);
	static uint8_t before[65536], after[65536];
	file_get(fd, 0, before, sizeof(before));
	cr_expect(eq(int, format(fd, 131072, 0), -EEXIST));
	file_get(fd, 0, after, sizeof(after));
	cr_expect(memcmp(before, after, sizeof(before)) == 0);
	cr_expect(eq(u64, file_size(fd), 2 * 65536));
	close(fd);
}

Test(shared_format, refuses_an_unknown_policy)
{
	int fd = memfd_empty();
	const int policies[] = {3, 4, -1, INT_MAX};
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		struct vmap_shared_options options = {.capacity = 65536, .policy = (enum vmap_ring_policy)policies[i]};
		cr_expect(eq(int, vmap_shared_format(fd, &options), -EINVAL));
		cr_expect(eq(u64, file_size(fd), 0));
	}
	close(fd);
}

/* pwrite(2) would put the header behind the data. */
Test(shared_format, refuses_a_descriptor_that_appends)
{
	int fd = memfd_empty();
	int appending = fd_reopen(fd, O_RDWR | O_APPEND);
	cr_expect(eq(int, format(appending, 65536, 0), -EINVAL));
	cr_expect(eq(u64, file_size(fd), 0));
	close(appending);
	close(fd);
}

Test(shared_format, of_a_closed_descriptor_is_ebadf)
{
	cr_expect(eq(int, format(-1, 65536, 0), -EBADF));
}

Test(shared_format, of_a_read_only_descriptor_is_eacces)
{
	int fd = memfd_empty();
	int read_only = fd_reopen(fd, O_RDONLY);
	cr_expect(eq(int, format(read_only, 65536, 0), -EACCES));
	cr_expect(eq(u64, file_size(fd), 0));
	close(read_only);
	close(fd);
}

/* A file that may not grow: the error comes from the middle of the work. */
Test(shared_format, of_a_sealed_file_is_eperm_and_leaves_it_empty)
{
	int fd = memfd_empty();
	MUST(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW) == 0);
	cr_expect(eq(int, format(fd, 65536, 0), -EPERM));
	cr_expect(eq(u64, file_size(fd), 0));
	close(fd);
}
