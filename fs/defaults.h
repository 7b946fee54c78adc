/* SPDX-License-Identifier: MIT */
/*
 * The attributes that directories give to the rings made below them.
 *
 * Each directory that has some keeps them in a file of its own, RFS_CONTROL_NAME, as lines `name=value`: they move
 * with the directory, survive a remount, and need no extended attributes of the store's file system.
 */
#ifndef RFS_DEFAULTS_H
#define RFS_DEFAULTS_H

#include "ringattr.h"
#include "store.h"

/*
 * What the directory itself sets; nothing when it has no file or one that cannot be read. -ENFILE or -ENOMEM when
 * that is not known now.
 */
int rfs_defaults_get(int dir_fd, struct rfs_ringattr *ret_attr);

/* Replace what the directory sets; nothing set removes its file. A kill leaves the old or the new ones. */
int rfs_defaults_set(struct rfs_store *store, int dir_fd, const struct rfs_ringattr *attr);

/* What a ring made in the directory gets: from the nearest directory that sets it, attribute by attribute. -ENFILE, -ENOMEM. */
int rfs_defaults_find(const struct rfs_store *store, int dir_fd, struct rfs_ringattr *ret_attr);

/*
 * The directory @name shall go, and its defaults with it. True: it held them and nothing else, and they are out
 * of the way; *ret_attr is what rfs_defaults_put_back() needs should it stay after all.
 */
bool rfs_defaults_take_away(int parent_fd, const char *name, struct rfs_ringattr *ret_attr);
void rfs_defaults_put_back(struct rfs_store *store, int parent_fd, const char *name, const struct rfs_ringattr *attr);

#endif
