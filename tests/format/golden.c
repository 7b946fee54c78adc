/* SPDX-License-Identifier: MIT */
/* Files of format 1.0, as docs/FORMAT.md has it: what they hold is read and gone on with, and files made now are like them. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "../unit/helpers.h"

#define LINE_LEN 41
#define N_LINES 10000

static char stream[N_LINES * LINE_LEN + 1];

static void make_stream(void)
{
	for (unsigned i = 0; i < N_LINES; i++)
		snprintf(stream + i * LINE_LEN, LINE_LEN + 1, "line %06u of a ring that somebody made\n", i);
}

TestSuite(golden, .init = make_stream);

/* The bytes of the golden file @name; the caller's to free. */
static uint8_t *golden_bytes(const char *name, size_t *ret_len)
{
	char path[4096];
	struct stat st;
	snprintf(path, sizeof(path), GOLDEN "/%s-1.0.ring", name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	MUST(fd >= 0 && fstat(fd, &st) == 0);
	size_t len = (size_t)st.st_size;
	uint8_t *bytes = malloc(len);
	MUST(bytes && read(fd, bytes, len) == (ssize_t)len);
	close(fd);
	*ret_len = len;
	return bytes;
}

/* A copy of it, open for both. */
static int golden_file(const char *name)
{
	size_t len;
	uint8_t *bytes = golden_bytes(name, &len);
	char path[] = "/tmp/golden.XXXXXX";
	int fd = mkstemp(path);
	MUST(fd >= 0 && unlink(path) == 0 && write(fd, bytes, len) == (ssize_t)len);
	free(bytes);
	return fd;
}

static bool other_byte_order(int fd)
{
	const uint16_t one = 1;
	if (*(const uint8_t *)&one == 1)
		return false;
	struct vmap_shared *ring;
	cr_expect(eq(int, vmap_shared_open(fd, &ring), -EPROTO));
	return true;
}

static struct vmap_shared *open_golden(const char *name)
{
	int fd = golden_file(name);
	struct vmap_shared *ring = NULL;
	if (!other_byte_order(fd))
		cr_assert(eq(int, vmap_shared_open(fd, &ring), 0));
	close(fd);
	return ring;
}

static void expect_bytes(const struct vmap_shared *ring, uint64_t start, uint64_t head)
{
	struct vmap_shared_state state;
	vmap_shared_get_state(ring, &state);
	cr_assert(eq(u64, state.tail, start));
	cr_assert(eq(u64, state.head, head));
	char *bytes = malloc(state.capacity);
	MUST(bytes != NULL);
	uint64_t cursor = start;
	cr_expect(eq(sz, (size_t)vmap_shared_read(ring, &cursor, bytes, state.capacity), (size_t)(head - start)));
	cr_expect(memcmp(bytes, stream + start, (size_t)(head - start)) == 0);
	free(bytes);
}

static void append_line(struct vmap_shared *ring, unsigned number)
{
	cr_assert(eq(int, (int)vmap_shared_append(ring, stream + number * LINE_LEN, LINE_LEN), LINE_LEN));
}

Test(golden, overwrite_ring_is_read_and_appended_to)
{
	struct vmap_shared *ring = open_golden("wrapped");
	if (!ring)
		return;
	struct vmap_shared_state state;
	vmap_shared_get_state(ring, &state);
	cr_expect(eq(u64, state.capacity, 65536));
	cr_expect(eq(int, (int)state.policy, (int)VMAP_RING_OVERWRITE));
	cr_expect(eq(u64, state.attributes, 0x1234567890));
	cr_expect(eq(u64, state.generation, 1));
	cr_expect(eq(u64, state.records, 6000));
	cr_expect(eq(u64, state.bytes, 246000));
	cr_expect(eq(u64, state.overwritten, 180464));
	expect_bytes(ring, 180464, 246000);
	append_line(ring, 6000);
	expect_bytes(ring, 180464 + LINE_LEN, 246000 + LINE_LEN);
	vmap_shared_close(ring);
}

Test(golden, queue_is_read_consumed_and_appended_to)
{
	struct vmap_shared *ring = open_golden("queue");
	if (!ring)
		return;
	cr_expect(eq(int, (int)vmap_shared_policy(ring), (int)VMAP_RING_BOUNDED));
	expect_bytes(ring, 30000, 61500);
	cr_expect(eq(int, vmap_shared_consume(ring, 30000, 31), 0));
	append_line(ring, 1500);
	expect_bytes(ring, 30031, 61500 + LINE_LEN);
	vmap_shared_close(ring);
}

Test(golden, ring_that_was_moved_in_its_file_is_read_and_appended_to)
{
	struct vmap_shared *ring = open_golden("moved");
	if (!ring)
		return;
	struct vmap_shared_state state;
	vmap_shared_get_state(ring, &state);
	cr_expect(eq(u64, state.generation, 3));
	expect_bytes(ring, 262874, 328410);
	append_line(ring, 8010);
	expect_bytes(ring, 262874 + LINE_LEN, 328410 + LINE_LEN);
	vmap_shared_close(ring);
}

/* What differs from one making to the next. */
static void blank(uint8_t *file)
{
	memset(file + 0x40, 0, 16); /* ring_id */
	memset(file + 0x58, 0, 8);  /* created_ns */
	memset(file + 0x7c, 0, 4);  /* crc32c */
	memset(file + 0x130, 0, 8); /* mtime_ns */
}

Test(golden, ring_made_now_has_the_same_bytes)
{
	int fd = golden_file("wrapped");
	bool other = other_byte_order(fd);
	close(fd);
	if (other)
		return;
	char path[] = "/tmp/golden.XXXXXX";
	fd = mkstemp(path);
	MUST(fd >= 0 && unlink(path) == 0);
	struct vmap_shared_options options = {.capacity = 65536, .attributes = 0x1234567890};
	struct vmap_shared *ring;
	MUST(vmap_shared_format(fd, &options) == 0 && vmap_shared_open(fd, &ring) == 0);
	for (unsigned i = 0; i < 6000; i++)
		append_line(ring, i);
	vmap_shared_close(ring);
	size_t len;
	uint8_t *golden = golden_bytes("wrapped", &len);
	uint8_t *now = malloc(len);
	struct stat st;
	MUST(now && fstat(fd, &st) == 0);
	cr_assert(eq(sz, (size_t)st.st_size, len));
	MUST(pread(fd, now, len, 0) == (ssize_t)len);
	close(fd);
	blank(golden);
	blank(now);
	for (size_t i = 0; i < len; i++)
		cr_assert(golden[i] == now[i], "byte %#zx is %#x, in the golden file %#x", i, now[i], golden[i]);
	free(golden);
	free(now);
}
