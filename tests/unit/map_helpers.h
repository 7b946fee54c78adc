/* SPDX-License-Identifier: MIT */
/*
 * What the tests of maps share beside helpers.h: files with a known content, and what a process holds.
 *
 * Nothing here asserts: set-up that cannot fail aborts, everything else returns its result.
 */
#ifndef TESTS_UNIT_MAP_HELPERS_H
#define TESTS_UNIT_MAP_HELPERS_H

#include <vmap/map.h>

#include "helpers.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* An address no function may touch, for outputs that have to stay as they are. */
#define UNTOUCHED ((struct vmap_map *)(uintptr_t)0x5a5a)

/* A directory of its own for one test, gone with temp_dir_remove(). */
struct temp_dir {
	char path[128];
	char file[160]; /* a name inside it */
};

static inline struct temp_dir temp_dir_create(void)
{
	struct temp_dir dir;
	const char *top = getenv("TMPDIR");
	snprintf(dir.path, sizeof(dir.path), "%.100s/vmap-test.XXXXXX", top ? top : "/tmp");
	MUST(mkdtemp(dir.path) != NULL);
	snprintf(dir.file, sizeof(dir.file), "%s/file", dir.path);
	return dir;
}

static inline void temp_dir_remove(const struct temp_dir *dir)
{
	unlink(dir->file);
	MUST(rmdir(dir->path) == 0);
}

static inline void file_write(const char *path, const void *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	MUST(fd >= 0);
	MUST(write(fd, bytes, len) == (ssize_t)len);
	MUST(close(fd) == 0);
}

static inline size_t path_size(const char *path)
{
	struct stat st;
	MUST(stat(path, &st) == 0);
	return (size_t)st.st_size;
}

static inline bool holds(const struct vmap_map *map, size_t offset, const char *text)
{
	size_t len = strlen(text);
	return offset + len <= vmap_map_len(map) && memcmp((const char *)vmap_map_data(map) + offset, text, len) == 0;
}

/* Address space may differ by what malloc took; a leak has to be large to be seen there. */
static inline bool holdings_equal(struct holdings a, struct holdings b)
{
	return a.n_fds == b.n_fds && a.n_file_maps == b.n_file_maps && b.virtual_kib < a.virtual_kib + 8192;
}

#endif
