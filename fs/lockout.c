/* SPDX-License-Identifier: MIT */
/*
 * Waiting for mapped writers that have stopped with the lock of a ring, and locking them out.
 *
 * A worker that meets one waits itself, and another takes its place. The threads for sockets and for watching rings are
 * one each for all rings: they leave it to a thread of that ring.
 *
 * Invariants:
 * I1 A ring has one such thread at most (rfs_park.is_rescued), and the mount RESCUERS_MAX: a process that stops with many
 *    rings gets no more. Whoever is left out is served when the thread that watches rings looks again.
 */
#include <errno.h>
#include <fuse_lowlevel.h>
#include <stdlib.h>

#include "fs.h"
#include "lockout.h"
#include "ops.h"
#include "session.h"
#include "stream.h"

/* A writer that has not gone on for RFS_STUCK_NS, while nobody can look at the ring: to see that it still is so. */
#define STILL_STUCK_NS 20000000u
/* As long at a time it is waited for while they can. */
#define STEP_NS 100000000u
#define RESCUERS_MAX 32u

void rfs_lockout_init(struct rfs_lockout *lockout)
{
	*lockout = (struct rfs_lockout){0};
	pthread_mutex_init(&lockout->lock, NULL);
	pthread_cond_init(&lockout->ended, NULL);
}

void rfs_lockout_finish(struct rfs_lockout *lockout)
{
	pthread_mutex_lock(&lockout->lock);
	while (lockout->n_threads > 0)
		pthread_cond_wait(&lockout->ended, &lockout->lock);
	pthread_mutex_unlock(&lockout->lock);
	pthread_cond_destroy(&lockout->ended);
	pthread_mutex_destroy(&lockout->lock);
}

/* For who has the shape lock for writing: nobody is in the way then, as far as that can be had. */
static void free_lock(struct rfs_node *node, struct vmap_shared *ring)
{
	if (vmap_shared_wait_writer(ring, STILL_STUCK_NS) != -EBUSY)
		return;
	int r = vmap_shared_revoke(ring);
	rfs_ring_complain(node, r < 0 ? "is mapped by a process that has stopped with its lock and cannot be locked out" :
					"is mapped by a process that has stopped with its lock, and was locked out");
}

int rfs_ring_unstick(struct rfs_node *node, struct vmap_shared *ring)
{
	int r = -EBUSY;
	rfs_session_may_wait();
	/* In steps, since behind a thread that waits to change the shape nobody can so much as look at the ring. */
	for (uint64_t waited = 0; r == -EBUSY && waited < RFS_STUCK_NS; waited += STEP_NS) {
		r = vmap_shared_wait_writer(ring, STEP_NS);
		if (r < 0) {
			rfs_ring_leave(node);
			rfs_ring_enter(node); /* which follows it to a new shape */
		}
	}
	if (r != -EBUSY)
		return r == -ESTALE ? 0 : r;
	rfs_ring_leave(node);
	pthread_rwlock_wrlock(&node->shape_lock);
	free_lock(node, ring); /* unless another thread has done it already */
	pthread_rwlock_unlock(&node->shape_lock);
	rfs_ring_enter(node);
	return 0;
}

bool rfs_ring_retry(int r, struct rfs_node *node, struct vmap_shared *ring, unsigned *tries)
{
	if ((r != -EBUSY && r != -ESTALE) || *tries >= RFS_UNSTICK_TRIES)
		return false;
	/* One that has stopped is locked out, not a second one: in the kernel the name's directory may wait with this request. */
	*tries += r == -EBUSY ? RFS_UNSTICK_TRIES : 1;
	return rfs_ring_unstick(node, ring) == 0;
}

/* Nothing can be appended, although it is empty: a process that plays tricks has put the head there. */
static bool is_used_up(const struct vmap_shared *ring)
{
	struct vmap_shared_state state;
	vmap_shared_get_state(ring, &state);
	return state.head > VMAP_SHARED_POSITION_MAX - state.capacity;
}

/* What a clear cannot make good: it is another ring afterwards, for all who have it mapped. */
static int begin_anew(struct rfs_node *node, struct vmap_shared *ring)
{
	rfs_ring_leave(node);
	pthread_rwlock_wrlock(&node->shape_lock);
	int r = vmap_shared_revoke(ring);
	pthread_rwlock_unlock(&node->shape_lock);
	rfs_ring_enter(node);
	return r;
}

int rfs_ring_clear(struct rfs_node *node, struct vmap_shared *ring)
{
	int r = -ESTALE;
	for (unsigned tries = 0; r == -ESTALE && tries < RFS_UNSTICK_TRIES; tries++) {
		r = rfs_ring_unstick(node, ring); /* which waits with less harm than a clear */
		if (r == 0)
			r = vmap_shared_clear(ring);
		if (r == -EBADMSG || (r == 0 && is_used_up(ring)))
			r = begin_anew(node, ring);
	}
	return r < 0 ? -EIO : 0;
}

struct rescue {
	struct rfs *fs;
	struct rfs_node *node; /* with a reference and a use of its ring */
};

static void end_rescue(struct rescue *rescue)
{
	struct rfs_lockout *lockout = &rescue->fs->lockout;
	struct rfs_node *node = rescue->node;
	pthread_mutex_lock(&node->park.lock);
	node->park.is_rescued = false;
	pthread_mutex_unlock(&node->park.lock);
	rfs_node_unmap(node);
	rfs_node_unref(&rescue->fs->nodes, node);
	vmap_shared_ring_bell(&rescue->fs->handover.bell);
	free(rescue);
	pthread_mutex_lock(&lockout->lock);
	lockout->n_threads--;
	pthread_cond_signal(&lockout->ended);
	pthread_mutex_unlock(&lockout->lock);
}

static void *run_rescue(void *arg)
{
	struct rescue *rescue = arg;
	rfs_ring_enter(rescue->node);
	rfs_stream_wake(rescue->fs, rescue->node);
	rfs_ring_leave(rescue->node);
	end_rescue(rescue);
	return NULL;
}

/* Keeps I1. */
static bool may_rescue(struct rfs_lockout *lockout, struct rfs_park *park)
{
	pthread_mutex_lock(&park->lock);
	pthread_mutex_lock(&lockout->lock);
	bool may = !park->is_rescued && lockout->n_threads < RESCUERS_MAX;
	lockout->n_threads += may;
	park->is_rescued = park->is_rescued || may;
	pthread_mutex_unlock(&lockout->lock);
	pthread_mutex_unlock(&park->lock);
	return may;
}

static void start_rescue(struct rfs *fs, struct rfs_node *node)
{
	struct vmap_shared *ring;
	pthread_attr_t attr;
	pthread_t thread;
	struct rescue *rescue = malloc(sizeof(*rescue));
	if (!rescue || rfs_node_map(node, &ring) < 0) {
		free(rescue);
		return;
	}
	if (!may_rescue(&fs->lockout, &node->park)) {
		rfs_node_unmap(node);
		free(rescue);
		return;
	}
	*rescue = (struct rescue){.fs = fs, .node = node};
	rfs_node_ref(&fs->nodes, node);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &attr, run_rescue, rescue) != 0)
		end_rescue(rescue);
	pthread_attr_destroy(&attr);
}

void rfs_lockout_wake(struct rfs *fs, struct rfs_node *node)
{
	bool is_done = false;
	if (rfs_ring_try_enter(node)) {
		is_done = rfs_stream_try_wake(fs, node);
		rfs_ring_leave(node);
	}
	if (!is_done)
		start_rescue(fs, node);
}
