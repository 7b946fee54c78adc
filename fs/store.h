/* SPDX-License-Identifier: MIT */
/*
 * The store: the directory that holds the rings' backing files, and all names and metadata.
 *
 * Everything works through descriptors and *at calls: a path of the store is walked once, when it is
 * opened. Results are 0 or a negative errno. No FUSE types here.
 */
#ifndef RFS_STORE_H
#define RFS_STORE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "ringattr.h"

/*
 * At the root of the mount: the control files, not listed. In the store: all that is ours, and in each directory of
 * rings that has defaults, the file that says them; no directory of the mount shows or takes this name.
 */
#define RFS_CONTROL_NAME ".ringfs"

struct rfs_store {
	int root_fd;       /* O_PATH: the mount's root, a directory inside the store's own */
	int lock_fd;       /* the marker, flock'ed while the store is in use */
	bool is_private;   /* made by us in memory, removed at the end */
	bool is_new;       /* we made what is ours in it */
	bool in_memory;    /* tmpfs or ramfs: nothing here waits for a disk */
	bool privileged;   /* may give files away */
	char *path;        /* absolute, for messages */
	pthread_mutex_t defaults_lock; /* one change of a directory's defaults at a time */
};

/* Who creates something, and how. */
struct rfs_creator {
	uid_t uid;
	gid_t gid;
	mode_t mode;
};

/*
 * Open @path, or make a private store in memory when it is NULL, and lock it. Could it ever hold a ring of
 * @capacity? 0, or an exit code after one line on stderr.
 */
int rfs_store_open(struct rfs_store *store, const char *path, uint64_t capacity);

/* Is the directory @path a store? */
bool rfs_store_is_at(const char *path);

/* Is @path, absolute and without links, the store's directory or below it? */
bool rfs_store_contains(const struct rfs_store *store, const char *path);

/* @discard: undo what rfs_store_open() made (the mount failed). A private store is removed anyway. */
void rfs_store_close(struct rfs_store *store, bool discard);

/*
 * The negative errno of an open that has just failed. Too many files open in this process is, for the programs that use the
 * mount, too many in the system: -ENFILE.
 */
int rfs_store_open_error(void);

/* Open @name in the directory @parent_fd as an O_PATH descriptor, symbolic links themselves. */
int rfs_store_walk(int parent_fd, const char *name, int *ret_fd, struct stat *ret_stat);
int rfs_store_stat(int path_fd, struct stat *ret_stat);

/*
 * A descriptor of the file @path_fd stands for, with @access O_RDONLY or O_RDWR, whatever its mode says to its
 * owner. Never waits: -EBUSY somebody has a lease on the file.
 */
int rfs_store_open_ring(int path_fd, int access, int *ret_fd);
/*
 * The same for reading, by a process that has other rights than this one: through a mount of its own that is read-only, so
 * that /proc/self/fd leads to no descriptor for writing, whatever the file's mode. -EPERM and others: that cannot be had here.
 */
int rfs_store_open_sealed(int path_fd, int *ret_fd);
int rfs_store_open_dir(int path_fd, int *ret_fd);

/* Create a ring with the capacity and choices of @attr, whole or not at all: at no instant is there a name without a valid header behind it. */
int rfs_store_create_ring(const struct rfs_store *store, int parent_fd, const char *name,
			  const struct rfs_creator *creator, const struct rfs_ringattr *attr);
int rfs_store_create_dir(const struct rfs_store *store, int parent_fd, const char *name,
			 const struct rfs_creator *creator);
/* A FIFO or a socket, by the type in the mode. */
int rfs_store_create_special(const struct rfs_store *store, int parent_fd, const char *name,
			     const struct rfs_creator *creator);
int rfs_store_create_symlink(const struct rfs_store *store, int parent_fd, const char *name,
			     const struct rfs_creator *creator, const char *target);

/* Metadata through O_PATH descriptors; they never follow a symbolic link. */
int rfs_store_link(int path_fd, int parent_fd, const char *name);
int rfs_store_chmod(int path_fd, mode_t mode);
int rfs_store_chown(int path_fd, uid_t uid, gid_t gid);
int rfs_store_utimens(int path_fd, const struct timespec times[2]);

#endif
