/* SPDX-License-Identifier: MIT */
/*
 * Mapped writers that have stopped with the lock of a ring: who waits for them, for how long, and who locks them out.
 */
#ifndef RFS_LOCKOUT_H
#define RFS_LOCKOUT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct rfs;
struct rfs_node;
struct vmap_shared;

/* Threads that wait for such writers in place of those that must not. */
struct rfs_lockout {
	pthread_mutex_t lock; /* guards the rest; nothing else is taken inside */
	pthread_cond_t ended;
	uint32_t n_threads;
};

void rfs_lockout_init(struct rfs_lockout *lockout);
/* When nobody calls rfs_lockout_wake() any more: waits for those threads. */
void rfs_lockout_finish(struct rfs_lockout *lockout);

/*
 * The ring of @node has changed: rfs_stream_wake() without waiting for anything. Where a stopped writer or a change of
 * shape is in the way, a thread of its own does it later. Outside rfs_ring_enter().
 */
void rfs_lockout_wake(struct rfs *fs, struct rfs_node *node);

/* A writer that lives and has not gone on for so long is locked out. */
#define RFS_STUCK_NS 1000000000u
/*
 * Inside rfs_ring_enter(), with no other lock: wait until whoever has the lock of @node's ring goes on, or lock it out
 * after a second. 0: try again. Another thread takes this one's place as a leader meanwhile.
 */
int rfs_ring_unstick(struct rfs_node *node, struct vmap_shared *ring);
/* As often as is tried again before a ring is given up with EIO: only a process that plays tricks needs more. */
#define RFS_UNSTICK_TRIES 4
/* The result @r of an operation on the ring: is the operation to be tried again, for the @tries-th time? */
bool rfs_ring_retry(int r, struct rfs_node *node, struct vmap_shared *ring, unsigned *tries);
/* Clear the ring, whoever is in the way and whatever is in its header. 0, or a negative errno that a program can be told. */
int rfs_ring_clear(struct rfs_node *node, struct vmap_shared *ring);

#endif
