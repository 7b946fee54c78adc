/* SPDX-License-Identifier: MIT */
/* The loop that takes requests from the kernel, and its threads. */
#ifndef RFS_SESSION_H
#define RFS_SESSION_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "fs.h"

/*
 * Serve @fs->session until it is unmounted or SIGINT, SIGTERM or SIGHUP comes. 0 for either, or a
 * negative errno. SIGINT, SIGTERM and SIGHUP must be blocked, so that all threads inherit that.
 */
int rfs_session_run(struct rfs *fs);

/* Block the signals that end the session. Before any thread is made. */
void rfs_session_block_signals(void);

/*
 * Lock for reading, for as long as it takes. Who holds it for writing copies a whole ring; a leader lets another
 * thread take its place first.
 */
void rfs_session_rdlock(pthread_rwlock_t *lock);

/*
 * What comes now may wait, or take its time: if this thread is a leader, another one takes its place. Until then what is
 * done comes before every later request.
 */
void rfs_session_may_wait(void);
/* Lock; a leader that would have to wait lets another thread take its place first. */
void rfs_session_lock(pthread_mutex_t *lock);

/* Map the ring as a process that has it mapped has reshaped it; the shape lock is held for reading before and after. */
void rfs_ring_follow(struct rfs_node *node);

/* Around every use of a ring's mapping; see rfs_node.shape_lock. */
static inline void rfs_ring_enter(struct rfs_node *node)
{
	rfs_session_rdlock(&node->shape_lock);
	if (rfs_node_has_moved(node))
		rfs_ring_follow(node);
}

/* For threads that must not wait: false, a change of shape is under way, or was made by another process. */
static inline bool rfs_ring_try_enter(struct rfs_node *node)
{
	if (pthread_rwlock_tryrdlock(&node->shape_lock) != 0)
		return false;
	if (!rfs_node_has_moved(node))
		return true;
	pthread_rwlock_unlock(&node->shape_lock);
	return false;
}

static inline void rfs_ring_leave(struct rfs_node *node)
{
	pthread_rwlock_unlock(&node->shape_lock);
}

/* At least @size bytes that are this worker's until its request is answered; NULL when out of memory. */
uint8_t *rfs_session_buffer(size_t size);

#endif
