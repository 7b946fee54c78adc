/* SPDX-License-Identifier: MIT */
/* Asking the kernel to forget files that nobody uses, before the descriptors of their nodes run out. */
#ifndef RFS_PRUNE_H
#define RFS_PRUNE_H

#include <pthread.h>
#include <stdbool.h>

struct rfs;

struct rfs_prune {
	pthread_t thread;
	bool runs;
};

/* Start the thread that does it; where it cannot be had, or the kernel does not listen, descriptors may run out: -ENFILE. */
void rfs_prune_start(struct rfs *fs);
/* End it. */
void rfs_prune_finish(struct rfs *fs);

#endif
