/* SPDX-License-Identifier: MIT */
/*
 * Without memory for an object: -ENOMEM, outputs untouched, and what was acquired before it is given back.
 *
 * The linker leads the library's calls of calloc() here (--wrap); none of them fails unless a test says which.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <vmap/bufio.h>
#include <vmap/map.h>
#include <vmap/ring.h>

#include "map_helpers.h"

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

/* The call that fails, counted from 1; 0: none. */
static int failing;

void *__wrap_calloc(size_t n, size_t size)
{
	if (failing > 0 && --failing == 0) {
		errno = ENOMEM;
		return NULL;
	}
	return __real_calloc(n, size);
}

#define UNMADE ((void *)(uintptr_t)0x5a5a)

/* A way to make something; what it makes and what goes with that. */
struct maker {
	int (*make)(void **ret_object);
	enum vmap_operation operation;
	int n_allocations;
};

/* Every allocation of it fails once. */
static void expect_nothing_made(struct maker maker)
{
	for (int which = 1; which <= maker.n_allocations; which++) {
		struct holdings before = holdings_now();
		void *object = UNMADE;
		for (int i = 0; i < 8; i++) {
			failing = which;
			cr_expect(eq(int, maker.make(&object), -ENOMEM));
			cr_assert(eq(int, failing, 0), "it makes fewer than %d allocations", which);
			cr_expect(eq(int, vmap_last_error().result, -ENOMEM));
			cr_expect(eq(int, (int)vmap_last_error().operation, (int)maker.operation));
		}
		cr_expect(eq(ptr, object, UNMADE));
		cr_expect(holdings_equal(before, holdings_now()));
	}
}

static int make_map(void **ret_object)
{
	struct vmap_map *map = UNMADE;
	int r = vmap_alloc(&(struct vmap_options){.write = true, .len = vmap_extent_exact(32 * MIB)}, &map);
	*ret_object = map;
	return r;
}

Test(no_memory, for_a_map_unmaps_its_pages)
{
	expect_nothing_made((struct maker){make_map, VMAP_OPERATION_MAP_ANONYMOUS, 1});
}

static int file;

static int make_map_of_file(void **ret_object)
{
	struct vmap_map *map = UNMADE;
	int r = vmap_map_fd(file, NULL, &map);
	*ret_object = map;
	return r;
}

Test(no_memory, for_a_map_of_a_file_unmaps_its_pages)
{
	file = unnamed_file("hello", 5);
	expect_nothing_made((struct maker){make_map_of_file, VMAP_OPERATION_MAP_FILE, 1});
	close(file);
}

static struct temp_dir dir;

static int make_map_of_path(void **ret_object)
{
	struct vmap_map *map = UNMADE;
	int fd = -77;
	int r = vmap_open(dir.file, NULL, &map, &fd);
	*ret_object = map;
	MUST(fd == -77 || r == 0);
	return r;
}

Test(no_memory, for_a_map_of_a_path_closes_it)
{
	dir = temp_dir_create();
	file_write(dir.file, "hello", 5);
	expect_nothing_made((struct maker){make_map_of_path, VMAP_OPERATION_MAP_FILE, 1});
	temp_dir_remove(&dir);
}

static int make_ring(void **ret_object)
{
	struct vmap_ring *ring = UNMADE;
	int r = vmap_ring_create(32 * MIB, VMAP_RING_OVERWRITE, &ring);
	*ret_object = ring;
	return r;
}

static int make_reader(void **ret_object)
{
	struct vmap_reader *reader = UNMADE;
	int r = vmap_reader_create(vmap_source_fd(-1), 32 * MIB, &reader);
	*ret_object = reader;
	return r;
}

static int make_writer(void **ret_object)
{
	struct vmap_writer *writer = UNMADE;
	int r = vmap_writer_create(vmap_sink_fd(-1), 32 * MIB, &writer);
	*ret_object = writer;
	return r;
}

Test(no_memory, for_rings_and_what_is_over_them_leaves_no_ring)
{
	expect_nothing_made((struct maker){make_ring, VMAP_OPERATION_RING_ALLOCATE, 1});
	expect_nothing_made((struct maker){make_reader, VMAP_OPERATION_RING_ALLOCATE, 2});
	expect_nothing_made((struct maker){make_writer, VMAP_OPERATION_RING_ALLOCATE, 2});
}

#ifndef _WIN32 /* no shared rings there */
static int make_shared_of_file(void **ret_object)
{
	struct vmap_shared *ring = UNMADE;
	int r = vmap_shared_open(file, &ring);
	*ret_object = ring;
	return r;
}

static int make_shared(void **ret_object)
{
	struct vmap_shared *ring = UNMADE;
	int r = vmap_shared_create(&(struct vmap_shared_options){.capacity = 32 * MIB}, &ring);
	*ret_object = ring;
	return r;
}

/* The same without a record of what it was about, which these functions do not make. */
static void expect_nothing_shared(int (*make)(void **ret_object), int n_allocations)
{
	for (int which = 1; which <= n_allocations; which++) {
		struct holdings before = holdings_now();
		void *object = UNMADE;
		failing = which;
		cr_expect(eq(int, make(&object), -ENOMEM));
		cr_assert(eq(int, failing, 0), "it makes fewer than %d allocations", which);
		cr_expect(eq(ptr, object, UNMADE));
		cr_expect(holdings_equal(before, holdings_now()));
		cr_expect(eq(sz, holdings_now().n_fds, before.n_fds));
	}
}

/* The handle, and its place among the maps that are guarded. */
Test(no_memory, for_a_shared_ring_unmaps_it)
{
	file = ring_fd(32 * MIB, 0);
	expect_nothing_shared(make_shared_of_file, 2);
	struct vmap_shared *ring = ring_map(file);
	cr_expect(eq(int, (int)ring_append(ring, 10), 10));
	vmap_shared_close(ring);
	close(file);
}

/* And the header that is written. */
Test(no_memory, for_a_shared_ring_in_memory_leaves_none)
{
	expect_nothing_shared(make_shared, 3);
}

Test(no_memory, for_a_probe_or_a_header_is_enomem)
{
	file = ring_fd(65536, 0);
	struct vmap_shared_state state, untouched;
	memset(&state, 0x5a, sizeof(state));
	untouched = state;
	failing = 1;
	cr_expect(eq(int, vmap_shared_probe(file, &state), -ENOMEM));
	cr_expect(eq(int, memcmp(&state, &untouched, sizeof(state)), 0));
	int empty = memfd_empty();
	failing = 1;
	cr_expect(eq(int, vmap_shared_format(empty, &(struct vmap_shared_options){.capacity = 65536}), -ENOMEM));
	cr_expect(eq(u64, file_size(empty), 0));
	close(empty);
	close(file);
}
#endif

Test(no_memory, for_a_reader_or_writer_leaves_the_ring_to_the_caller)
{
	struct vmap_ring *ring = NULL;
	MUST(vmap_ring_create(1, VMAP_RING_BOUNDED, &ring) == 0 && vmap_ring_write_all(ring, "kept", 4) == 0);
	struct vmap_reader *reader = UNMADE;
	struct vmap_writer *writer = UNMADE;
	failing = 1;
	cr_expect(eq(int, vmap_reader_from_parts(vmap_source_fd(-1), ring, &reader), -ENOMEM));
	failing = 1;
	cr_expect(eq(int, vmap_writer_from_parts(vmap_sink_fd(-1), ring, &writer), -ENOMEM));
	cr_expect(reader == UNMADE && writer == UNMADE);
	struct vmap_span span = vmap_ring_readable(ring);
	cr_expect(eq(sz, span.len, 4));
	cr_expect(eq(int, memcmp(span.data, "kept", 4), 0));
	vmap_ring_destroy(ring);
}
