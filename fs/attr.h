/* SPDX-License-Identifier: MIT */
/* What stat(2) says of a node. */
#ifndef RFS_ATTR_H
#define RFS_ATTR_H

#include <sys/stat.h>

#include "fs.h"

/*
 * How long the kernel may go by what it was told, in seconds. Rings change at any time; directories only
 * through the kernel, which knows.
 */
double rfs_attr_timeout(const struct rfs_node *node);

/* Fill *ret_stat for @node; a ring whose header is damaged has size 0. -ESTALE, -EIO as the store says. */
int rfs_attr_get(struct rfs *fs, struct rfs_node *node, struct stat *ret_stat);

#endif
