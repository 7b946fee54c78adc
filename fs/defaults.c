/* SPDX-License-Identifier: MIT */
/* Reading and writing the defaults of directories, and finding the nearest. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "defaults.h"

/* Longer than all attributes together. */
#define TEXT_MAX 512
/* Where a new file is written before it takes the place of the old one: beside the store's marker. */
#define NEW_PATH "../defaults.new"

static void parse_line(struct rfs_ringattr *attr, char *line)
{
	char *value = strchr(line, '=');
	enum rfs_ringattr_id id;
	if (!value)
		return;
	*value++ = '\0';
	/* What a later version knows and this one does not is passed over. */
	if (rfs_ringattr_find(line, strlen(line), &id) == 0)
		(void)rfs_ringattr_parse(attr, id, value);
}

/* For want of something that others will give back, or of a disk that works; all else means that there is no such file for us. */
static bool is_failure(int r)
{
	return r == -ENFILE || r == -ENOMEM || r == -EIO || r == -EUCLEAN;
}

int rfs_defaults_get(int dir_fd, struct rfs_ringattr *ret_attr)
{
	*ret_attr = (struct rfs_ringattr){0};
	int fd = openat(dir_fd, RFS_CONTROL_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0) {
		int r = rfs_store_open_error();
		return is_failure(r) ? r : 0;
	}
	char text[TEXT_MAX];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	int r = n < 0 ? -errno : 0;
	close(fd);
	if (n <= 0)
		return is_failure(r) ? r : 0;
	text[n] = '\0';
	char *rest = NULL;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		parse_line(ret_attr, line);
	return 0;
}

static size_t print_all(const struct rfs_ringattr *attr, char *text)
{
	size_t len = 0;
	for (unsigned i = 0; i < RFS_N_RINGATTRS; i++) {
		enum rfs_ringattr_id id = (enum rfs_ringattr_id)i;
		char value[RFS_RINGATTR_TEXT_MAX];
		if (!rfs_ringattr_is_set(attr, id))
			continue;
		rfs_ringattr_print(attr, id, value);
		len += (size_t)snprintf(text + len, TEXT_MAX - len, "%s=%s\n", rfs_ringattr_name(id), value);
	}
	return len;
}

static int write_new(int root_fd, const char *text, size_t len)
{
	int fd = openat(root_fd, NEW_PATH, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return rfs_store_open_error();
	ssize_t n = write(fd, text, len);
	int r = n == (ssize_t)len ? 0 : n < 0 ? -errno : -ENOSPC;
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	close(fd);
	return r;
}

int rfs_defaults_set(struct rfs_store *store, int dir_fd, const struct rfs_ringattr *attr)
{
	char text[TEXT_MAX];
	size_t len = print_all(attr, text);
	if (len == 0)
		return unlinkat(dir_fd, RFS_CONTROL_NAME, 0) < 0 && errno != ENOENT ? -errno : 0;
	pthread_mutex_lock(&store->defaults_lock);
	int r = write_new(store->root_fd, text, len);
	if (r == 0 && renameat(store->root_fd, NEW_PATH, dir_fd, RFS_CONTROL_NAME) < 0)
		r = -errno;
	if (r < 0)
		unlinkat(store->root_fd, NEW_PATH, 0);
	pthread_mutex_unlock(&store->defaults_lock);
	return r;
}

static bool is_same(int fd, int other_fd)
{
	struct stat a, b;
	return rfs_store_stat(fd, &a) == 0 && rfs_store_stat(other_fd, &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

int rfs_defaults_find(const struct rfs_store *store, int dir_fd, struct rfs_ringattr *ret_attr)
{
	*ret_attr = (struct rfs_ringattr){0};
	const char *next = ".";
	int fd = -1, r = 0;
	while (r == 0 && next) {
		int up_fd = openat(fd < 0 ? dir_fd : fd, next, O_PATH | O_DIRECTORY | O_CLOEXEC);
		r = up_fd < 0 ? rfs_store_open_error() : 0;
		/* The root of all: somebody has moved the directory out of the store. */
		bool is_outside = r == 0 && fd >= 0 && is_same(up_fd, fd);
		if (fd >= 0)
			close(fd);
		fd = up_fd;
		struct rfs_ringattr own;
		if (r == 0)
			r = rfs_defaults_get(fd, &own);
		if (r == 0)
			rfs_ringattr_fill(ret_attr, &own);
		next = r == 0 && !is_outside && !is_same(fd, store->root_fd) ? ".." : NULL;
	}
	if (fd >= 0)
		close(fd);
	return is_failure(r) ? r : 0;
}

/* Is the file of defaults all that the directory holds? */
static bool holds_nothing_else(int dir_fd)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	bool found = false, other = false;
	for (const struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		bool is_defaults = strcmp(e->d_name, RFS_CONTROL_NAME) == 0;
		found = found || is_defaults;
		other = other || !is_defaults;
	}
	closedir(dir);
	return found && !other;
}

/*
 * A directory by its name, open to us whatever its mode: that binds the users of the mount, and the kernel has
 * seen to it. *ret_mode is what close_entered() gives back, 0 where it was open to us already, as all are to root: a daemon that
 * is killed in between leaves the other mode. -1: there is no such directory.
 */
static int open_entered(int parent_fd, const char *name, mode_t *ret_mode)
{
	struct stat st;
	int fd;
	if (rfs_store_walk(parent_fd, name, &fd, &st) < 0)
		return -1;
	if (!S_ISDIR(st.st_mode)) {
		close(fd);
		return -1;
	}
	*ret_mode = faccessat(fd, ".", R_OK | W_OK | X_OK, AT_EACCESS) < 0 ? st.st_mode : 0;
	if (*ret_mode != 0)
		(void)rfs_store_chmod(fd, st.st_mode | 0700);
	return fd;
}

static void close_entered(int fd, mode_t mode)
{
	if (mode != 0)
		(void)rfs_store_chmod(fd, mode);
	close(fd);
}

bool rfs_defaults_take_away(int parent_fd, const char *name, struct rfs_ringattr *ret_attr)
{
	mode_t mode;
	int fd = open_entered(parent_fd, name, &mode);
	if (fd < 0)
		return false;
	bool alone = holds_nothing_else(fd) && rfs_defaults_get(fd, ret_attr) == 0 &&
		     unlinkat(fd, RFS_CONTROL_NAME, 0) == 0;
	close_entered(fd, mode);
	return alone;
}

void rfs_defaults_put_back(struct rfs_store *store, int parent_fd, const char *name, const struct rfs_ringattr *attr)
{
	mode_t mode;
	int fd = open_entered(parent_fd, name, &mode);
	if (fd < 0)
		return;
	(void)rfs_defaults_set(store, fd, attr);
	close_entered(fd, mode);
}
