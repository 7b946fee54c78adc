/* SPDX-License-Identifier: MIT */
/* Numbers in a span: volatile and unaligned, inside the bounds or not at all. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <vmap/span.h>

#include "map_helpers.h"

#define FIRST UINT64_C(0xc3a5c85c97cb3127)
#define SECOND UINT64_C(0xb492b66fbe98f273)

static struct vmap_map *open_for_writing(const struct temp_dir *dir, size_t size)
{
	struct vmap_options options = {
		.write = true, .truncate = true, .create = true, .resize = vmap_extent_exact(size)};
	struct vmap_map *map = NULL;
	MUST(vmap_open(dir->file, &options, &map, NULL) == 0);
	return map;
}

/* The crate's test cases */

Test(crate_span, volatile_numbers_reach_the_file)
{
	struct temp_dir dir = temp_dir_create();
	struct vmap_map *map = open_for_writing(&dir, 16);
	uint64_t value = 1;
	cr_assert(eq(sz, vmap_map_len(map), 16));
	cr_assert(eq(int, vmap_span_read_volatile_u64(vmap_map_span(map), 0, &value), 0));
	cr_expect(eq(u64, value, 0));
	cr_assert(eq(int, vmap_span_read_volatile_u64(vmap_map_span(map), 8, &value), 0));
	cr_expect(eq(u64, value, 0));
	cr_assert(eq(int, vmap_span_write_volatile_u64(vmap_map_span_mut(map), 0, FIRST), 0));
	cr_assert(eq(int, vmap_span_write_volatile_u64(vmap_map_span_mut(map), 8, SECOND), 0));
	vmap_close(map);

	cr_assert(eq(int, vmap_open(dir.file, NULL, &map, NULL), 0));
	cr_assert(eq(int, vmap_span_read_volatile_u64(vmap_map_span(map), 0, &value), 0));
	cr_expect(eq(u64, value, FIRST));
	cr_assert(eq(int, vmap_span_read_volatile_u64(vmap_map_span(map), 8, &value), 0));
	cr_expect(eq(u64, value, SECOND));
	vmap_close(map);
	temp_dir_remove(&dir);
}

Test(crate_span, unaligned_numbers_reach_the_file)
{
	struct temp_dir dir = temp_dir_create();
	struct vmap_map *map = open_for_writing(&dir, 17);
	uint64_t value = 1;
	cr_assert(eq(int, vmap_span_read_unaligned_u64(vmap_map_span(map), 1, &value), 0));
	cr_expect(eq(u64, value, 0));
	cr_assert(eq(int, vmap_span_write_unaligned_u64(vmap_map_span_mut(map), 1, FIRST), 0));
	cr_assert(eq(int, vmap_span_write_unaligned_u64(vmap_map_span_mut(map), 9, SECOND), 0));
	vmap_close(map);

	cr_assert(eq(int, vmap_open(dir.file, NULL, &map, NULL), 0));
	cr_assert(eq(int, vmap_span_read_unaligned_u64(vmap_map_span(map), 1, &value), 0));
	cr_expect(eq(u64, value, FIRST));
	cr_assert(eq(int, vmap_span_read_unaligned_u64(vmap_map_span(map), 9, &value), 0));
	cr_expect(eq(u64, value, SECOND));
	vmap_close(map);
	temp_dir_remove(&dir);
}

/* Each type at each offset of a span that starts anywhere */

enum { ROOM = 40 };

static void expect_refused(int result, int error, enum vmap_operation operation, enum vmap_input input)
{
	cr_expect(eq(int, result, error));
	struct vmap_error last = vmap_last_error();
	cr_expect(eq(int, last.result, error));
	cr_expect(eq(int, (int)last.operation, (int)operation));
	cr_expect(eq(int, (int)last.input, (int)input));
	cr_expect(eq(int, last.system_code, 0));
}

#define TEST_TYPE(suffix, type, number)                                                                            \
	static void try_##suffix(uint8_t *bytes, size_t len, size_t offset)                                        \
	{                                                                                                          \
		struct vmap_span_mut span = {bytes, len};                                                          \
		const type value = (type)(number);                                                                 \
		const type other = (type)1;                                                                        \
		type got = other;                                                                                  \
		uint8_t before[ROOM];                                                                              \
		bool inside = offset <= len && len - offset >= sizeof(type);                                       \
		bool aligned = ((uintptr_t)bytes + offset) % sizeof(type) == 0;                                    \
		memset(bytes, 0x11, len);                                                                          \
		memcpy(before, bytes, len);                                                                        \
		if (!inside) {                                                                                     \
			expect_refused(vmap_span_write_unaligned_##suffix(span, offset, value), -ERANGE,           \
				       VMAP_OPERATION_WRITE, VMAP_INPUT_INVALID_RANGE);                            \
			expect_refused(vmap_span_write_volatile_##suffix(span, offset, value), -ERANGE,            \
				       VMAP_OPERATION_WRITE, VMAP_INPUT_INVALID_RANGE);                            \
			expect_refused(vmap_span_read_unaligned_##suffix(vmap_span_of(span), offset, &got),        \
				       -ERANGE, VMAP_OPERATION_READ, VMAP_INPUT_INVALID_RANGE);                    \
			expect_refused(vmap_span_read_volatile_##suffix(vmap_span_of(span), offset, &got),         \
				       -ERANGE, VMAP_OPERATION_READ, VMAP_INPUT_INVALID_RANGE);                    \
			cr_expect(eq(int, memcmp(&got, &other, sizeof(got)), 0));                                  \
			cr_expect(eq(int, memcmp(before, bytes, len), 0));                                         \
			return;                                                                                    \
		}                                                                                                  \
		cr_expect(eq(int, vmap_span_write_unaligned_##suffix(span, offset, value), 0));                    \
		cr_expect(eq(int, vmap_span_read_unaligned_##suffix(vmap_span_of(span), offset, &got), 0));        \
		cr_expect(eq(int, memcmp(&got, &value, sizeof(got)), 0));                                          \
		memcpy(before + offset, &value, sizeof(value));                                                    \
		cr_expect(eq(int, memcmp(before, bytes, len), 0));                                                 \
		got = other;                                                                                       \
		if (!aligned) {                                                                                    \
			expect_refused(vmap_span_write_volatile_##suffix(span, offset, other), -EINVAL,            \
				       VMAP_OPERATION_WRITE, VMAP_INPUT_UNALIGNED);                                \
			expect_refused(vmap_span_read_volatile_##suffix(vmap_span_of(span), offset, &got),         \
				       -EINVAL, VMAP_OPERATION_READ, VMAP_INPUT_UNALIGNED);                        \
			cr_expect(eq(int, memcmp(&got, &other, sizeof(got)), 0));                                  \
			cr_expect(eq(int, memcmp(before, bytes, len), 0));                                         \
			return;                                                                                    \
		}                                                                                                  \
		cr_expect(eq(int, vmap_span_read_volatile_##suffix(vmap_span_of(span), offset, &got), 0));         \
		cr_expect(eq(int, memcmp(&got, &value, sizeof(got)), 0));                                          \
		cr_expect(eq(int, vmap_span_write_volatile_##suffix(span, offset, other), 0));                     \
		memcpy(before + offset, &other, sizeof(other));                                                    \
		cr_expect(eq(int, memcmp(before, bytes, len), 0));                                                 \
	}                                                                                                          \
	Test(span_access, suffix)                                                                                  \
	{                                                                                                          \
		_Alignas(16) uint8_t room[ROOM];                                                                   \
		for (size_t start = 0; start < 8; start++)                                                         \
			for (size_t len = 0; start + len <= ROOM; len += 1 + len / 4) {                            \
				for (size_t offset = 0; offset <= len + 1; offset++)                               \
					try_##suffix(room + start, len, offset);                                   \
				try_##suffix(room + start, len, SIZE_MAX);                                         \
				try_##suffix(room + start, len, SIZE_MAX - sizeof(type) + 1);                      \
			}                                                                                          \
	}

TEST_TYPE(u8, uint8_t, 0xf3)
TEST_TYPE(u16, uint16_t, 0xf273)
TEST_TYPE(u32, uint32_t, 0xbe98f273)
TEST_TYPE(u64, uint64_t, SECOND)
TEST_TYPE(i8, int8_t, -3)
TEST_TYPE(i16, int16_t, -12345)
TEST_TYPE(i32, int32_t, -1234567890)
TEST_TYPE(i64, int64_t, -INT64_C(1234567890123456789))
TEST_TYPE(float, float, -1.25e-30f)
TEST_TYPE(double, double, 3.5e300)

Test(span_access, a_read_only_map_cannot_be_written)
{
	struct vmap_map *map = NULL;
	cr_assert(eq(int, vmap_alloc(NULL, &map), 0));
	expect_refused(vmap_span_write_volatile_u32(vmap_map_span_mut(map), 0, 1), -EACCES, VMAP_OPERATION_WRITE,
		       VMAP_INPUT_READ_ONLY);
	expect_refused(vmap_span_write_unaligned_u32(vmap_map_span_mut(map), 0, 1), -EACCES, VMAP_OPERATION_WRITE,
		       VMAP_INPUT_READ_ONLY);
	uint32_t value = 5;
	expect_refused(vmap_span_read_unaligned_u32(vmap_span_of(vmap_map_span_mut(map)), 0, &value), -ERANGE,
		       VMAP_OPERATION_READ, VMAP_INPUT_INVALID_RANGE);
	cr_expect(eq(u32, value, 5));
	cr_expect(eq(int, vmap_span_read_unaligned_u32(vmap_map_span(map), 0, &value), 0));
	cr_expect(eq(u32, value, 0));
	vmap_close(map);
}
