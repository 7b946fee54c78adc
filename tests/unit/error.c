/* SPDX-License-Identifier: MIT */
/* The last error of a thread, and the sentence it becomes. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>

#include <vmap/error.h>
#include <vmap/ring.h>

#include "map_helpers.h"

static void expect_sentence(struct vmap_error error, const char *operation, const char *reason)
{
	char expected[200];
	snprintf(expected, sizeof(expected), "%s%s", operation, reason);
	char text[200];
	size_t len = vmap_error_describe(&error, text, sizeof(text));
	cr_expect(eq(str, text, expected));
	cr_expect(eq(sz, len, strlen(expected)));
}

Test(error_describe, names_operation_and_reason)
{
	expect_sentence((struct vmap_error){.operation = VMAP_OPERATION_MAP_FILE,
					    .input = VMAP_INPUT_INVALID_RANGE,
					    .result = -ERANGE},
			"failed to map file, ", "invalid range");
	expect_sentence((struct vmap_error){.operation = VMAP_OPERATION_OPEN_FILE, .result = -ENOENT, .system_code = ENOENT},
			"failed to open file, ", system_text(ENOENT));
	expect_sentence((struct vmap_error){.result = -ENOMEM, .system_code = ENOMEM}, "", system_text(ENOMEM));
	expect_sentence((struct vmap_error){.operation = VMAP_OPERATION_LOCK, .result = -EPERM},
			"failed to lock mapped memory, ", strerror(EPERM));
	expect_sentence((struct vmap_error){0}, "", "no error");
}

Test(error_describe, has_words_for_everything)
{
	for (int i = VMAP_OPERATION_MAP_FILE; i <= VMAP_OPERATION_SINK_FLUSH; i++) {
		const char *name = vmap_operation_name((enum vmap_operation)i);
		cr_expect(gt(sz, strlen(name), 0), "operation %d", i);
		for (int k = VMAP_OPERATION_MAP_FILE; k < i; k++)
			cr_expect(ne(str, (char *)(uintptr_t)name,
				     (char *)(uintptr_t)vmap_operation_name((enum vmap_operation)k)));
	}
	for (int i = VMAP_INPUT_INVALID_RANGE; i <= VMAP_INPUT_UNALIGNED; i++)
		cr_expect(gt(sz, strlen(vmap_input_name((enum vmap_input)i)), 0), "input %d", i);
	cr_expect(eq(sz, strlen(vmap_operation_name(VMAP_OPERATION_NONE)), 0));
	cr_expect(eq(sz, strlen(vmap_operation_name((enum vmap_operation)(VMAP_OPERATION_SINK_FLUSH + 1))), 0));
	cr_expect(eq(sz, strlen(vmap_input_name(VMAP_INPUT_NONE)), 0));
	cr_expect(eq(sz, strlen(vmap_input_name((enum vmap_input)99)), 0));
}

Test(error_describe, takes_any_code)
{
	char text[200];
	struct vmap_error error = {.operation = VMAP_OPERATION_FLUSH, .result = -98765, .system_code = 98765};
	cr_expect(gt(sz, vmap_error_describe(&error, text, sizeof(text)), strlen("failed to flush mapped memory, ")));
}

Test(error_describe, cuts_as_snprintf_does)
{
	struct vmap_error error = {
		.operation = VMAP_OPERATION_MAP_FILE, .input = VMAP_INPUT_INVALID_RANGE, .result = -ERANGE};
	size_t whole = strlen("failed to map file, invalid range");
	char text[] = "##########";
	cr_expect(eq(sz, vmap_error_describe(&error, NULL, 0), whole));
	cr_expect(eq(sz, vmap_error_describe(&error, text, 7), whole));
	cr_expect(eq(int, memcmp(text, "failed\0###", 11), 0));
	cr_expect(eq(sz, vmap_error_describe(&error, text, 1), whole));
	cr_expect(eq(int, memcmp(text, "\0ailed\0###", 11), 0));
	cr_expect(eq(sz, vmap_error_describe(&error, text, 0), whole));
	cr_expect(eq(int, memcmp(text, "\0ailed\0###", 11), 0));
}

Test(error_last, is_empty_at_first)
{
	struct vmap_error error = vmap_last_error();
	cr_expect(eq(int, (int)error.operation, VMAP_OPERATION_NONE));
	cr_expect(eq(int, (int)error.input, VMAP_INPUT_NONE));
	cr_expect(eq(int, error.result, 0));
	cr_expect(eq(int, error.system_code, 0));
}

static void fail_in_the_system(void)
{
	struct vmap_map *map = NULL;
	cr_assert(eq(int, vmap_open("/nowhere/at/all", NULL, &map, NULL), -ENOENT));
}

Test(error_last, stays_when_a_call_succeeds_and_is_replaced_whole)
{
	fail_in_the_system();
	cr_expect(eq(int, vmap_last_error().system_code, CODE_OF_NO_PATH));
	struct vmap_map *map = NULL;
	cr_assert(eq(int, vmap_alloc(NULL, &map), 0));
	cr_expect(eq(int, vmap_last_error().system_code, CODE_OF_NO_PATH));
	cr_assert(eq(int, vmap_flush_range(map, -1, 0, SIZE_MAX, VMAP_FLUSH_SYNC), -ERANGE));
	cr_expect(eq(int, (int)vmap_last_error().operation, VMAP_OPERATION_FLUSH));
	cr_expect(eq(int, (int)vmap_last_error().input, VMAP_INPUT_INVALID_RANGE));
	cr_expect(eq(int, vmap_last_error().result, -ERANGE));
	cr_expect(eq(int, vmap_last_error().system_code, 0));
	fail_in_the_system();
	cr_expect(eq(int, (int)vmap_last_error().input, VMAP_INPUT_NONE));
	vmap_close(map);
}

static void *fail_elsewhere(void *arg)
{
	struct vmap_error *seen = arg;
	seen[0] = vmap_last_error();
	struct vmap_map *map = NULL;
	vmap_alloc(&(struct vmap_options){.len = vmap_extent_exact(0)}, &map);
	seen[1] = vmap_last_error();
	return NULL;
}

Test(error_last, belongs_to_its_thread)
{
	fail_in_the_system();
	struct vmap_error seen[2];
	pthread_t thread;
	MUST(pthread_create(&thread, NULL, fail_elsewhere, seen) == 0);
	MUST(pthread_join(thread, NULL) == 0);
	cr_expect(eq(int, seen[0].result, 0));
	cr_expect(eq(int, seen[1].result, -ERANGE));
	cr_expect(eq(int, vmap_last_error().result, -ENOENT));
}

static void expect_ring_error(size_t capacity, int policy, int error, enum vmap_input input)
{
	struct vmap_ring *ring = NULL;
	cr_expect(eq(int, vmap_ring_create(capacity, (enum vmap_ring_policy)policy, &ring), error));
	cr_expect(eq(int, vmap_last_error().result, error));
	cr_expect(eq(int, (int)vmap_last_error().operation, VMAP_OPERATION_RING_ALLOCATE));
	cr_expect(eq(int, (int)vmap_last_error().input, (int)input));
	cr_expect(eq(ptr, ring, NULL));
}

Test(error_last, names_what_is_wrong_with_a_ring)
{
	expect_ring_error(0, VMAP_RING_BOUNDED, -EINVAL, VMAP_INPUT_INVALID_RANGE);
	expect_ring_error(1, 77, -EINVAL, VMAP_INPUT_OPTIONS);
	expect_ring_error(SIZE_MAX, VMAP_RING_BOUNDED, -EOVERFLOW, VMAP_INPUT_OVERFLOW);
	expect_ring_error(SIZE_MAX / 2, VMAP_RING_BOUNDED, -EOVERFLOW, VMAP_INPUT_OVERFLOW);
	if (space_ends_with_enomem())
		expect_ring_error(TOO_MUCH_SPACE, VMAP_RING_BOUNDED, -ENOMEM, VMAP_INPUT_NONE);
}
