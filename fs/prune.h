/* SPDX-License-Identifier: MIT */
/* Asking the kernel to forget files that nobody uses, before the descriptors of their nodes run out. */
#ifndef RFS_PRUNE_H
#define RFS_PRUNE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rfs;

struct rfs_prune {
	pthread_t thread;
	bool runs;
};

/*
 * Ask the kernel to forget nodes that it does not use; it may do so before this returns. A negative errno: it does not know how,
 * or has gone.
 */
int rfs_prune_notify(struct rfs *fs, uint64_t *ids, size_t n);

/* Start the thread that does it; where it cannot be had, or the kernel does not listen, descriptors may run out: -ENFILE. */
void rfs_prune_start(struct rfs *fs);
/* End it. */
void rfs_prune_finish(struct rfs *fs);

#endif
