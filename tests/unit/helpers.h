/* SPDX-License-Identifier: MIT */
/*
 * What the unit and stress tests share: random numbers with a fixed seed, bytes that tell their position,
 * ring files and their header bytes; what differs between systems comes with system_unix.h and its peer.
 *
 * Nothing here asserts: set-up that cannot fail aborts, everything else returns its result.
 */
#ifndef TESTS_UNIT_HELPERS_H
#define TESTS_UNIT_HELPERS_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vmap/shared.h>

#include "os/os_priv.h"

#define KIB ((size_t)1024)
#define MIB ((size_t)1024 * 1024)

/* A set-up step that has to work for the test to mean anything. */
#define MUST(condition)                                                                                         \
	do {                                                                                                    \
		if (!(condition)) {                                                                             \
			fprintf(stderr, "%s:%d: set-up failed: %s: %s\n", __FILE__, __LINE__, #condition,       \
				strerror(errno));                                                               \
			abort();                                                                                \
		}                                                                                               \
	} while (0)

#ifdef _WIN32
#include "system_windows.h"
#else
#include "system_unix.h"
#endif

/*
 * Emulators, wine and valgrind take minutes for what takes seconds otherwise. VMAP_TEST_EVERY=n has every nth step or
 * combination taken there.
 */
static inline unsigned long test_every(void)
{
	const char *text = getenv("VMAP_TEST_EVERY");
	unsigned long every = text ? strtoul(text, NULL, 10) : 1;
	return every > 1 ? every : 1;
}

/* splitmix64: any seed is good, and the sequence is the same everywhere. */
struct rng {
	uint64_t state;
};

static inline uint64_t mix64(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static inline uint64_t rng_next(struct rng *rng)
{
	rng->state += 0x9e3779b97f4a7c15u;
	return mix64(rng->state);
}

/* A number in [0, limit). */
static inline size_t rng_below(struct rng *rng, size_t limit)
{
	return (size_t)(rng_next(rng) % limit);
}

/* Lengths as programs write them: many short, some around @unit, few longer than it. */
static inline size_t rng_len(struct rng *rng, size_t unit)
{
	switch (rng_below(rng, 32)) {
	case 0:
		return rng_below(rng, unit + unit / 2);
	case 1:
		return unit - 1 + rng_below(rng, 3);
	case 2:
	case 3:
		return rng_below(rng, unit / 2);
	default:
		return rng_below(rng, 200);
	}
}

/*
 * The byte that belongs at each position: from a table whose length is a prime above every capacity in
 * use, so that bytes in a wrong place are wrong bytes. About one in fifty is a newline.
 */
#define PATTERN_LEN ((size_t)1000003)

static inline const uint8_t *pattern_table(void)
{
	static uint8_t *table;
	if (table)
		return table;
	static uint8_t bytes[PATTERN_LEN];
	struct rng rng = {.state = 20};
	for (size_t i = 0; i < PATTERN_LEN; i++) {
		uint64_t r = rng_next(&rng);
		bytes[i] = (uint8_t)(r >> 8);
		if (r % 50 == 0)
			bytes[i] = '\n';
		else if (bytes[i] == '\n')
			bytes[i] = 'n';
	}
	table = bytes;
	return table;
}

static inline uint8_t pattern_at(uint64_t pos)
{
	return pattern_table()[pos % PATTERN_LEN];
}

/* How many bytes from @pos on lie in one piece of the table; positions may wrap at 2^64. */
static inline size_t pattern_run(uint64_t pos, size_t len)
{
	size_t run = PATTERN_LEN - (size_t)(pos % PATTERN_LEN);
	if (UINT64_MAX - pos < run)
		run = (size_t)(UINT64_MAX - pos) + 1;
	return run < len ? run : len;
}

static inline void pattern_fill(void *dst, uint64_t pos, size_t len)
{
	uint8_t *to = dst;
	while (len > 0) {
		size_t n = pattern_run(pos, len);
		memcpy(to, pattern_table() + pos % PATTERN_LEN, n);
		to += n;
		pos += n;
		len -= n;
	}
}

static inline bool pattern_matches(const void *src, uint64_t pos, size_t len)
{
	const uint8_t *from = src;
	while (len > 0) {
		size_t n = pattern_run(pos, len);
		if (memcmp(from, pattern_table() + pos % PATTERN_LEN, n) != 0)
			return false;
		from += n;
		pos += n;
		len -= n;
	}
	return true;
}

static inline void *xmalloc(size_t len)
{
	void *p = malloc(len);
	MUST(p != NULL);
	return p;
}

#ifndef _WIN32 /* no shared rings there */
/* A memfd that holds a fresh ring. */
static inline int ring_fd_with(uint64_t capacity, uint64_t start, enum vmap_ring_policy policy)
{
	int fd = memfd_empty();
	struct vmap_shared_options options = {.capacity = capacity, .start = start, .policy = policy};
	int r = vmap_shared_format(fd, &options);
	errno = -r;
	MUST(r == 0);
	return fd;
}

static inline int ring_fd(uint64_t capacity, uint64_t start)
{
	return ring_fd_with(capacity, start, VMAP_RING_OVERWRITE);
}

static inline struct vmap_shared *ring_map(int fd)
{
	struct vmap_shared *ring = NULL;
	int r = vmap_shared_open(fd, &ring);
	errno = -r;
	MUST(r == 0);
	return ring;
}

/* A fresh mapped ring that nothing but its mapping keeps alive. */
static inline struct vmap_shared *ring_open_with(uint64_t capacity, uint64_t start, enum vmap_ring_policy policy)
{
	int fd = ring_fd_with(capacity, start, policy);
	struct vmap_shared *ring = ring_map(fd);
	close(fd);
	return ring;
}

static inline struct vmap_shared *ring_open(uint64_t capacity, uint64_t start)
{
	return ring_open_with(capacity, start, VMAP_RING_OVERWRITE);
}

static inline struct vmap_shared_state ring_state(const struct vmap_shared *ring)
{
	struct vmap_shared_state state;
	vmap_shared_get_state(ring, &state);
	return state;
}

/* Field by field: there is padding between them. */
static inline bool states_equal(const struct vmap_shared_state *a, const struct vmap_shared_state *b)
{
	return a->head == b->head && a->tail == b->tail && a->floor == b->floor && a->capacity == b->capacity &&
	       a->policy == b->policy && a->generation == b->generation && a->overwritten == b->overwritten &&
	       a->lost == b->lost && a->dropped == b->dropped && a->records == b->records && a->bytes == b->bytes &&
	       a->mtime_ns == b->mtime_ns;
}

/* Append the @len bytes that belong at the head. */
static inline ssize_t ring_append(struct vmap_shared *ring, size_t len)
{
	uint8_t *bytes = xmalloc(len + 1);
	pattern_fill(bytes, ring_state(ring).head, len);
	ssize_t n = vmap_shared_append(ring, bytes, len);
	free(bytes);
	return n;
}

/* All of [tail, head) can be read and is what belongs there. */
static inline bool ring_is_whole(const struct vmap_shared *ring)
{
	struct vmap_shared_state state = ring_state(ring);
	size_t len = (size_t)(state.head - state.tail);
	uint8_t *bytes = xmalloc(len + 1);
	uint64_t cursor = state.tail;
	ssize_t n = vmap_shared_read(ring, &cursor, bytes, len + 1);
	bool whole = n == (len > 0 ? (ssize_t)len : -EAGAIN) && cursor == state.head &&
		     pattern_matches(bytes, state.tail, len);
	free(bytes);
	return whole;
}
/* Whether space inside a file can be given back: POSIX knows no holes. */
static inline bool space_is_given_back(void)
{
	int fd = memfd_empty();
	struct stat st;
	MUST(posix_fallocate(fd, 0, 65536) == 0);
	vmap_os_release(fd, 0, 65536);
	MUST(fstat(fd, &st) == 0);
	close(fd);
	return st.st_blocks == 0;
}
#endif

static inline void file_get(int fd, uint64_t offset, void *dst, size_t len)
{
	MUST(pread(fd, dst, len, (off_t)offset) == (ssize_t)len);
}

static inline void file_put(int fd, uint64_t offset, const void *src, size_t len)
{
	MUST(pwrite(fd, src, len, (off_t)offset) == (ssize_t)len);
}

static inline uint64_t file_get64(int fd, uint64_t offset)
{
	uint64_t value;
	file_get(fd, offset, &value, sizeof(value));
	return value;
}

static inline void file_put64(int fd, uint64_t offset, uint64_t value)
{
	file_put(fd, offset, &value, sizeof(value));
}

static inline uint64_t file_size(int fd)
{
	struct stat st;
	MUST(fstat(fd, &st) == 0);
	return (uint64_t)st.st_size;
}

#ifndef _WIN32
/* Whether the ring in @fd, which ends at @end of the file, has no pages behind it, but for the header of its last place. */
static inline bool nothing_is_behind(int fd, uint64_t end)
{
	off_t held = 0, at = (off_t)end, next;
	while (space_is_given_back() && (at = lseek(fd, at, SEEK_DATA)) >= 0) {
		next = lseek(fd, at, SEEK_HOLE);
		held += next - at;
		at = next;
	}
	return held <= (off_t)vmap_page_size();
}
#endif

/* Offsets of the header's words, typed a second time on purpose: a moved field has to fail a test. */
enum {
	AT_MAGIC = 0x000,
	AT_VERSION_MAJOR = 0x008,
	AT_VERSION_MINOR = 0x00a,
	AT_BOM = 0x00c,
	AT_HEADER_SIZE = 0x010,
	AT_FEAT_INCOMPAT = 0x014,
	AT_FEAT_RO_COMPAT = 0x018,
	AT_FEAT_COMPAT = 0x01c,
	AT_DATA_OFFSET = 0x020,
	AT_CAPACITY = 0x028,
	AT_POLICY = 0x030,
	AT_RING_ID = 0x040,
	AT_GENERATION = 0x050,
	AT_CREATED_NS = 0x058,
	AT_BASE = 0x060,
	AT_ATTRIBUTES = 0x068,
	AT_CRC32C = 0x07c,
	AT_INTENT = 0x100,
	AT_HEAD = 0x108,
	AT_FLOOR = 0x110,
	AT_LINE_TAIL = 0x128,
	AT_MTIME_NS = 0x130,
	AT_TAIL = 0x180,
	AT_RECORDS = 0x300,
	AT_BYTES = 0x308,
	AT_DROPPED = 0x310,
	AT_OVERWRITTEN = 0x328,
	AT_LOST = 0x330,
	AT_DATA = 0x10000,
};

/* CRC-32C by the book, not the library's. */
static inline uint32_t crc32c_reference(const uint8_t *bytes, size_t len)
{
	uint32_t crc = UINT32_MAX;
	for (size_t i = 0; i < len; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc & 1) ? (crc >> 1) ^ UINT32_C(0x82f63b78) : crc >> 1;
	}
	return ~crc;
}

/* Make the checksum of the geometry right again after a change to it. */
static inline void header_seal(int fd)
{
	uint8_t geometry[AT_CRC32C];
	file_get(fd, 0, geometry, sizeof(geometry));
	uint32_t crc = crc32c_reference(geometry, sizeof(geometry));
	file_put(fd, AT_CRC32C, &crc, sizeof(crc));
}

#endif
