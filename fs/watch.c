/* SPDX-License-Identifier: MIT */
/*
 * Sleeping on rings that mapped processes can change, for the requests and polls that wait on them.
 *
 * A process that appends or consumes in the mapping makes a system call only if somebody sleeps on the ring. So this
 * thread sleeps on those rings alone on which something waits, and is told by the bell when that changes.
 *
 * Invariants:
 * I1 The thread uses handles of its own: a change of shape never waits for it, nor it for one.
 * I2 Between noting where a ring is and sleeping on that, all that waits is served: nothing in between is missed.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "fs.h"
#include "ops.h"
#include "session.h"
#include "stream.h"
#include "watch.h"

#define SLEEP_MS 1000

struct watched {
	struct rfs_node *node; /* with a reference */
	struct vmap_shared *ring;
	bool stays;
};

struct watch {
	struct rfs *fs;
	struct watched rings[VMAP_SHARED_WATCH_MAX];
	size_t n;
};

static void drop(struct watch *watch, size_t i)
{
	vmap_shared_close(watch->rings[i].ring);
	rfs_node_unref(&watch->fs->nodes, watch->rings[i].node);
	watch->rings[i] = watch->rings[--watch->n];
}

/* @node comes with a reference, which is kept or given back. */
static void add(struct watch *watch, struct rfs_node *node)
{
	for (size_t i = 0; i < watch->n; i++) {
		if (watch->rings[i].node != node)
			continue;
		watch->rings[i].stays = true;
		rfs_node_unref(&watch->fs->nodes, node);
		return;
	}
	int fd;
	struct watched watched = {.node = node, .stays = true};
	int r = watch->n < VMAP_SHARED_WATCH_MAX ? rfs_node_open_file(node, O_RDWR, &fd) : -EUSERS;
	if (r == 0) {
		r = vmap_shared_open(fd, &watched.ring); /* keeps I1 */
		close(fd);
	}
	if (r == 0)
		watch->rings[watch->n++] = watched;
	else
		rfs_node_unref(&watch->fs->nodes, node);
}

/* The rings that clients can change, as it is now. */
static void refresh(struct watch *watch)
{
	struct rfs_node *nodes[VMAP_SHARED_WATCH_MAX];
	size_t n = rfs_handover_changing(watch->fs, nodes, VMAP_SHARED_WATCH_MAX);
	for (size_t i = 0; i < watch->n; i++)
		watch->rings[i].stays = false;
	for (size_t i = 0; i < n; i++)
		add(watch, nodes[i]);
	for (size_t i = watch->n; i > 0; i--)
		if (!watch->rings[i - 1].stays)
			drop(watch, i - 1);
}

static bool has_ended(struct rfs *fs)
{
	pthread_mutex_lock(&fs->handover.lock);
	bool ends = fs->handover.ends;
	pthread_mutex_unlock(&fs->handover.lock);
	return ends;
}

/* Serve who waits on @watched, if anybody does; true if somebody still does. */
static bool serve(struct rfs *fs, struct watched *watched)
{
	if (vmap_shared_status(watched->ring) == -ESTALE)
		(void)vmap_shared_reattach(watched->ring);
	if (!rfs_park_is_busy(&watched->node->park))
		return false;
	rfs_ring_enter(watched->node);
	rfs_stream_wake(fs, watched->node);
	rfs_ring_leave(watched->node);
	return rfs_park_is_busy(&watched->node->park);
}

void *rfs_watch_run(void *arg)
{
	struct rfs *fs = arg;
	struct watch watch = {.fs = fs};
	struct vmap_shared_watch places[VMAP_SHARED_WATCH_MAX];
	for (;;) {
		uint32_t bell = __atomic_load_n(&fs->handover.bell, __ATOMIC_ACQUIRE);
		if (has_ended(fs))
			break;
		refresh(&watch);
		size_t n = 0;
		for (size_t i = 0; i < watch.n; i++) {
			vmap_shared_watch(watch.rings[i].ring, &places[n]);
			n += serve(fs, &watch.rings[i]); /* keeps I2 */
		}
		(void)vmap_shared_wait_any(places, n, &fs->handover.bell, bell, SLEEP_MS);
	}
	while (watch.n > 0)
		drop(&watch, watch.n - 1);
	return NULL;
}
