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

/* An unnamed file with @len bytes, open for reading and writing. */
static inline int unnamed_file(const void *bytes, size_t len)
{
	int fd = memfd_create("file-under-test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	MUST(fd >= 0);
	MUST(write(fd, bytes, len) == (ssize_t)len);
	return fd;
}

static inline bool holds(const struct vmap_map *map, size_t offset, const char *text)
{
	size_t len = strlen(text);
	return offset + len <= vmap_map_len(map) && memcmp((const char *)vmap_map_data(map) + offset, text, len) == 0;
}

/* Whether the page at @address can be written, found out without a signal; the byte there stays. */
static inline bool can_be_written(const void *address)
{
	int pipe_fds[2];
	MUST(pipe(pipe_fds) == 0);
	MUST(write(pipe_fds[1], address, 1) == 1);
	ssize_t n = read(pipe_fds[0], (void *)(uintptr_t)address, 1);
	MUST(n == 1 || errno == EFAULT);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	return n == 1;
}

/* The number behind @word in a file of /proc. */
static inline size_t proc_number(const char *path, const char *word)
{
	FILE *file = fopen(path, "re");
	MUST(file != NULL);
	char line[4096];
	size_t number = 0;
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, word, strlen(word)) == 0)
			number = strtoul(line + strlen(word), NULL, 10);
	fclose(file);
	return number;
}

/* Kilobytes that this process has locked. */
static inline size_t locked_kib(void)
{
	return proc_number("/proc/self/status", "VmLck:");
}

/* Sanitizers swallow mlock: skip what needs it to work. */
static inline bool lock_works(void)
{
	size_t len = (size_t)sysconf(_SC_PAGESIZE);
	void *base = mmap(NULL, len, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(base != MAP_FAILED);
	size_t before = locked_kib();
	bool works = mlock(base, len) < 0 || locked_kib() != before;
	munmap(base, len);
	return works;
}

/* What a process holds; equal before and after whatever gives all back. */
struct holdings {
	size_t n_fds;
	size_t n_file_maps; /* of files under test, of shared memory, of memory shared with children */
	size_t virtual_kib;
};

static inline struct holdings holdings_now(void)
{
	struct holdings now = {0};
	now.n_fds = count_fds();
	FILE *maps = fopen("/proc/self/maps", "re");
	MUST(maps != NULL);
	char line[4096];
	while (fgets(line, sizeof(line), maps))
		now.n_file_maps += strstr(line, "under-test") || strstr(line, "vmap-test.") ||
				   strstr(line, "memfd:vmap") || strstr(line, "/dev/shm/vmap-") ||
				   strstr(line, "/dev/zero");
	fclose(maps);
	/* Not that of valgrind, which takes more as it likes. */
	now.virtual_kib = under_memcheck() ? 0 : proc_number("/proc/self/status", "VmSize:");
	return now;
}

/* Address space may differ by what malloc took; a leak has to be large to be seen there. */
static inline bool holdings_equal(struct holdings a, struct holdings b)
{
	return a.n_fds == b.n_fds && a.n_file_maps == b.n_file_maps && b.virtual_kib < a.virtual_kib + 8192;
}

#endif
