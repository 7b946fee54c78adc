/* SPDX-License-Identifier: MIT */
/*
 * All combinations of options against the rules stated a second time.
 *
 * The library decides by cases. Here an extent is an interval of sizes that it allows:
 *
 *     END [0, inf)    EXACT [size, size]    MIN [size, inf)    MAX [0, size]
 *
 * and two sentences say everything: a file is resized to the allowed size nearest to the one it has, and
 * a map is the longest allowed one that is not empty and lies inside the file.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "map_helpers.h"

struct interval {
	uint64_t low;
	uint64_t high;
};

static struct interval allowed(struct vmap_extent extent)
{
	bool from = extent.kind == VMAP_EXTENT_EXACT || extent.kind == VMAP_EXTENT_MIN;
	bool to = extent.kind == VMAP_EXTENT_EXACT || extent.kind == VMAP_EXTENT_MAX;
	return (struct interval){.low = from ? extent.size : 0, .high = to ? extent.size : UINT64_MAX};
}

static uint64_t nearest(struct interval interval, uint64_t size)
{
	return size < interval.low ? interval.low : size > interval.high ? interval.high : size;
}

/* The length of the map, 0 for none. */
static uint64_t longest(struct interval interval, uint64_t offset, uint64_t new_size)
{
	if (offset >= new_size)
		return 0;
	uint64_t len = nearest((struct interval){0, interval.high}, new_size - offset);
	return len >= interval.low ? len : 0;
}

enum { FILE_MAX = 1 << 18 };

/* What a file under test holds; never zero, so that what it does not hold is seen. */
static const uint8_t *contents(void)
{
	static uint8_t bytes[FILE_MAX];
	for (size_t i = 0; bytes[FILE_MAX - 1] == 0 && i < FILE_MAX; i++)
		bytes[i] = (uint8_t)(i * 7 % 251 + 1);
	return bytes;
}

static void fill(int fd, uint64_t size)
{
	MUST(size <= FILE_MAX);
	MUST(ftruncate(fd, 0) == 0);
	MUST(pwrite(fd, contents(), size, 0) == (ssize_t)size);
}

/* Whether the map shows what the file has: the first @kept bytes it had, zeros where it grew. */
static bool shows_file(const struct vmap_map *map, uint64_t offset, uint64_t kept)
{
	static const uint8_t zeros[FILE_MAX];
	const uint8_t *data = vmap_map_data(map);
	size_t len = vmap_map_len(map);
	size_t old = offset >= kept ? 0 : kept - offset < len ? (size_t)(kept - offset) : len;
	return memcmp(data, contents() + (old > 0 ? offset : 0), old) == 0 && memcmp(data + old, zeros, len - old) == 0;
}

static char *describe(const struct vmap_options *o, uint64_t size, char *dst, size_t len)
{
	snprintf(dst, len, "size %llu offset %llu len %d:%llu resize %d:%llu truncate %d write %d copy %d read_only %d",
		 (unsigned long long)size, (unsigned long long)o->offset, (int)o->len.kind,
		 (unsigned long long)o->len.size, (int)o->resize.kind, (unsigned long long)o->resize.size, o->truncate,
		 o->write, o->copy, o->read_only);
	return dst;
}

/* With VMAP_TEST_EVERY all but every nth combination; n is a prime, so every value of every option still occurs. */
static bool left_out(void)
{
	static unsigned long n_seen;
	return n_seen++ % test_every() != 0;
}

/* Both forms of mapping a file that has its @size bytes, and has them again afterwards. */
static void check_one(int fd, uint64_t size, const struct vmap_options *options)
{
	char what[256];
	describe(options, size, what, sizeof(what));
	uint64_t start = options->truncate ? 0 : size;
	uint64_t new_size = nearest(allowed(options->resize), start);
	uint64_t kept = start < new_size ? start : new_size;
	uint64_t len = longest(allowed(options->len), options->offset, new_size);

	bool changes = options->truncate || new_size != size;
	struct vmap_map *map = UNTOUCHED;
	cr_assert(eq(int, vmap_map_fd_if(fd, options, &map), 0), "%s", what);
	cr_assert(eq(u64, file_size(fd), new_size), "%s", what);
	cr_assert(eq(int, map != NULL, len != 0), "%s", what);
	if (map) {
		cr_assert(eq(u64, (uint64_t)vmap_map_len(map), len), "%s", what);
		cr_assert(shows_file(map, options->offset, kept), "%s", what);
		cr_assert(eq(int, vmap_map_is_writable(map), (options->write || options->copy) && !options->read_only),
			  "%s", what);
	}
	vmap_close(map);

	if (changes)
		fill(fd, size);
	map = UNTOUCHED;
	int r = vmap_map_fd(fd, options, &map);
	cr_assert(eq(u64, file_size(fd), new_size), "%s", what);
	if (len != 0) {
		cr_assert(eq(int, r, 0), "%s", what);
		cr_assert(eq(u64, (uint64_t)vmap_map_len(map), len), "%s", what);
		vmap_close(map);
	} else {
		cr_assert(eq(int, r, -ERANGE), "%s", what);
		cr_assert(eq(ptr, map, UNTOUCHED), "%s", what);
	}
	if (changes)
		fill(fd, size);
}

/* All lengths and resizes of one file at one offset; END has no size, so once of it is enough. */
static void check_extents(int fd, uint64_t size, struct vmap_options options)
{
	uint64_t page = vmap_page_size();
	const uint64_t extents[] = {0, 100, page, 2 * page + 17, 3 * page};
	fill(fd, size);
	for (size_t len = 0; len < 4 * N_OF(extents); len++)
		for (size_t resize = 0; resize < 4 * N_OF(extents); resize++) {
			options.len.kind = (enum vmap_extent_kind)(len % 4);
			options.len.size = extents[len / 4];
			options.resize.kind = (enum vmap_extent_kind)(resize % 4);
			options.resize.size = extents[resize / 4];
			if ((options.len.kind != VMAP_EXTENT_END || len == 0) &&
			    (options.resize.kind != VMAP_EXTENT_END || resize == 0) && !left_out())
				check_one(fd, size, &options);
		}
}

static void check_accesses(int fd, uint64_t size, uint64_t offset)
{
	for (unsigned bits = 0; bits < 16; bits++)
		check_extents(fd, size, (struct vmap_options){
			.offset = offset,
			.write = bits & 1,
			.copy = bits & 2,
			.read_only = bits & 4,
			.truncate = bits & 8,
		});
}

Test(map_options, every_length_and_resize_of_every_file, .timeout = 600)
{
	uint64_t page = vmap_page_size();
	const uint64_t sizes[] = {0, 100, page, 2 * page + 17};
	const uint64_t offsets[] = {0, 100, page, page + 5, 2 * page + 17, 1 << 20};
	int fd = unnamed_file("", 0);
	struct holdings before = holdings_now();
	for (size_t size = 0; size < N_OF(sizes); size++)
		for (size_t offset = 0; offset < N_OF(offsets); offset++)
			check_accesses(fd, sizes[size], offsets[offset]);
	cr_expect(holdings_equal(before, holdings_now()));
	close(fd);
}

Test(map_options, zero_means_the_whole_file)
{
	int fd = unnamed_file("", 0);
	fill(fd, 1000);
	static const struct vmap_options zero;
	const struct vmap_options *const defaults[] = {NULL, &zero};
	for (size_t i = 0; i < N_OF(defaults); i++) {
		struct vmap_map *map = NULL;
		cr_assert(eq(int, vmap_map_fd(fd, defaults[i], &map), 0));
		cr_expect(eq(sz, vmap_map_len(map), 1000));
		cr_expect(not(vmap_map_is_writable(map)));
		vmap_close(map);
	}
	close(fd);
}

Test(map_options, a_maximum_that_no_file_can_have_leaves_every_file)
{
	int fd = unnamed_file("", 0);
	fill(fd, 1000);
	const uint64_t sizes[] = {INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX};
	for (size_t i = 0; i < N_OF(sizes); i++)
		check_one(fd, 1000, &(struct vmap_options){.write = true, .resize = vmap_extent_max(sizes[i])});
	close(fd);
}

/* Opening: what each combination does to a file that is there or not, with the size it had. */
enum { OLD_SIZE = 40, NEW_SIZE = 100 };

struct opening {
	bool exists;
	bool resize;
	struct vmap_options options;
};

/* 0 or the error; *size is the size of the file afterwards, -1 for no file. */
static int expected_opening(const struct opening *o, int *size)
{
	bool for_writing = o->options.write && !o->options.copy;
	bool creates = o->options.create || o->options.create_new;
	*size = o->exists ? OLD_SIZE : -1;
	if ((creates || o->options.truncate) && !for_writing)
		return -EINVAL;
	if (o->exists && o->options.create_new)
		return -EEXIST;
	if (!o->exists && !creates)
		return -ENOENT;
	if (!o->exists || o->options.truncate)
		*size = 0;
	if (o->resize && !for_writing)
		return -EINVAL;
	if (o->resize)
		*size = NEW_SIZE;
	return *size == 0 ? -ERANGE : 0;
}

static void check_opening(const struct temp_dir *dir, struct opening *o)
{
	char what[256];
	if (o->resize)
		o->options.resize = vmap_extent_exact(NEW_SIZE);
	describe(&o->options, o->exists, what, sizeof(what));
	int size;
	int expected = expected_opening(o, &size);
	for (int pass = 0; pass < 2; pass++) {
		static const char bytes[OLD_SIZE] = "forty";
		unlink(dir->file);
		if (o->exists)
			file_write(dir->file, bytes, sizeof(bytes));
		struct vmap_map *map = UNTOUCHED;
		int fd = -77;
		int r = pass == 0 ? vmap_open(dir->file, &o->options, &map, &fd) :
				    vmap_open_if(dir->file, &o->options, &map, &fd);
		bool is_file = access(dir->file, F_OK) == 0;
		cr_assert(eq(int, is_file ? (int)path_size(dir->file) : -1, size), "%s create %d new %d", what,
			  o->options.create, o->options.create_new);
		if (pass == 1 && expected == -ERANGE) {
			cr_assert(eq(int, r, 0), "%s", what);
			cr_assert(eq(ptr, map, NULL), "%s", what);
			close(fd);
			continue;
		}
		cr_assert(eq(int, r, expected), "%s create %d new %d", what, o->options.create, o->options.create_new);
		if (r < 0) {
			cr_assert(eq(ptr, map, UNTOUCHED), "%s", what);
			cr_assert(eq(int, fd, -77), "%s", what);
			continue;
		}
		cr_assert(eq(sz, vmap_map_len(map), (size_t)size), "%s", what);
		vmap_close(map);
		close(fd);
	}
}

Test(map_options, every_way_to_open)
{
	struct temp_dir dir = temp_dir_create();
	struct holdings before = holdings_now();
	for (unsigned bits = 0; bits < 256; bits++) {
		struct opening o = {
			.exists = bits & 1,
			.resize = bits & 2,
			.options = {
				.write = bits & 4,
				.copy = bits & 8,
				.create = bits & 16,
				.create_new = bits & 32,
				.truncate = bits & 64,
				.read_only = bits & 128,
			},
		};
		check_opening(&dir, &o);
	}
	cr_expect(holdings_equal(before, holdings_now()));
	temp_dir_remove(&dir);
}
