/* SPDX-License-Identifier: MIT */
/*
 * Advisory locks: flock(2) and fcntl(2), between any two opens of one ring.
 *
 * The kernel would keep them by inode, and every reader of a ring has an inode of its own; so they are
 * kept here, by canonical node. Who must wait is parked and told later: no thread waits.
 */
#ifndef RFS_LOCK_H
#define RFS_LOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "node.h"
#include "table.h"

enum rfs_lock_kind { RFS_LOCK_FLOCK, RFS_LOCK_POSIX };

/* What is asked for: like struct flock, with the end instead of the length. */
struct rfs_lock_range {
	enum rfs_lock_kind kind;
	short type;     /* F_RDLCK, F_WRLCK, F_UNLCK */
	uint64_t start;
	uint64_t end;   /* inclusive; INT64_MAX is the end of every file */
	uint64_t owner; /* the kernel's number for the open file or the process */
	uint64_t handle; /* id of the handle it was asked through: its end is the end of the lock */
	pid_t pid;
};

/* Called with no lock held, once for each parked request, with 0 or a negative errno. */
typedef void rfs_lock_done_fn(void *request, int result);

struct rfs_locks {
	pthread_mutex_t lock; /* guards the table and every rfs_node.locks */
	struct rfs_table table;
	rfs_lock_done_fn *done;
};

void rfs_locks_init(struct rfs_locks *locks, rfs_lock_done_fn *done);
void rfs_locks_finish(struct rfs_locks *locks);

/*
 * Set or clear a lock. 0; -EAGAIN it conflicts and @wait is false; -EINPROGRESS @request is parked and done() will be
 * called with it; -EDEADLK whom it would wait for waits for its owner, as far as POSIX locks go; -ENOLCK there are too
 * many. @interrupted is asked, under the lock, whether the request was interrupted before it could be parked: then -EINTR.
 */
int rfs_lock_set(struct rfs_locks *locks, struct rfs_nodes *nodes, struct rfs_node *node, const struct rfs_lock_range *want,
		 bool wait, void *request, bool (*interrupted)(void *request));

/* The handle is closed for good: what was locked through it and is still held is given up. */
void rfs_locks_release(struct rfs_locks *locks, struct rfs_node *node, uint64_t handle);

/* The first lock that conflicts with *range is put in its place; F_UNLCK when none does. */
void rfs_lock_test(struct rfs_locks *locks, struct rfs_node *node, struct rfs_lock_range *range);

/* Tell all that wait that they will not get it; no other thread uses the locks any more. */
void rfs_locks_abandon(struct rfs_locks *locks, struct rfs_nodes *nodes, int result);

/* Stop waiting: false when the request is parked no more. done() is not called for it then. */
bool rfs_lock_cancel(struct rfs_locks *locks, struct rfs_nodes *nodes, void *request);

#endif
