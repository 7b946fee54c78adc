/* SPDX-License-Identifier: MIT */
/*
 * Sleeping on rings that mapped processes can change, for the requests and polls that wait on them, and for mapped
 * processes that cannot write and so cannot say in the ring that they sleep.
 *
 * A process that appends or consumes in the mapping makes a system call only if somebody sleeps on the ring. So this
 * thread sleeps on those rings alone on which something waits, and is told by the bell when that changes. The system
 * lets it sleep on so many at once; where there are more, it looks at the rest every few milliseconds.
 *
 * Invariants:
 * I1 The thread uses handles of its own: a change of shape never waits for it, nor it for one, nor for a writer.
 * I2 Between noting where a ring is and sleeping on that, all that waits is served: nothing in between is missed.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "fs.h"
#include "lockout.h"
#include "ops.h"
#include "session.h"
#include "stream.h"
#include "watch.h"

#define SLEEP_MS 1000
/* With rings that it cannot sleep on. */
#define NAP_MS 10

struct watched {
	struct rfs_node *node; /* with a reference */
	struct vmap_shared *ring;
	bool stays;
};

struct watch {
	struct rfs *fs;
	struct watched rings[VMAP_SHARED_WATCH_MAX];
	size_t n;
	/* Rings that something waits on beyond those, or that have no place left for a handle: looked at after each nap. */
	struct rfs_node *others[RFS_CLIENTS_MAX]; /* with a reference */
	size_t n_others;
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
	if (!rfs_park_is_busy(&node->park) && !rfs_handover_has_sleepers(watch->fs, node)) {
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
		watch->others[watch->n_others++] = node;
}

/* The rings that clients can change or sleep on, as it is now. */
static void refresh(struct watch *watch)
{
	static struct rfs_node *nodes[RFS_CLIENTS_MAX]; /* one such thread in a process */
	size_t n = rfs_handover_watched(watch->fs, nodes, RFS_CLIENTS_MAX);
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

/* Serve who waits on @node, if anybody does; true if somebody still does. */
static bool serve(struct rfs *fs, struct rfs_node *node)
{
	if (!rfs_park_is_busy(&node->park))
		return false;
	rfs_lockout_wake(fs, node);
	return rfs_park_is_busy(&node->park);
}

/* Wake the clients that sleep on @node although its head is at @head now; true if somebody sleeps there still. */
static bool wake_sleepers(struct rfs *fs, const struct rfs_node *node, struct vmap_shared *ring, uint64_t head)
{
	if (rfs_handover_wake(fs, node, head))
		vmap_shared_wake_readers(ring);
	return rfs_handover_has_sleepers(fs, node);
}

/* The same for a ring that this thread has no handle of. */
static void serve_other(struct rfs *fs, struct rfs_node *node)
{
	struct vmap_shared *ring;
	struct vmap_shared_state state;
	(void)serve(fs, node);
	if (rfs_node_map(node, &ring) < 0)
		return;
	/* Who changes the shape wakes everybody. */
	if (rfs_ring_try_enter(node)) {
		vmap_shared_get_state(ring, &state);
		(void)wake_sleepers(fs, node, ring, state.head);
		rfs_ring_leave(node);
	}
	rfs_node_unmap(node);
}

/* Note where the rings are in @places, then serve who waits on them (keeps I2); the number of places. */
static size_t serve_all(struct watch *watch, struct vmap_shared_place *places)
{
	size_t n = 0;
	for (size_t i = 0; i < watch->n; i++) {
		struct watched *watched = &watch->rings[i];
		if (vmap_shared_status(watched->ring) == -ESTALE)
			(void)vmap_shared_reattach(watched->ring);
		vmap_shared_watch(watched->ring, &places[n]);
		bool sleeps = wake_sleepers(watch->fs, watched->node, watched->ring, places[n].head);
		n += serve(watch->fs, watched->node) || sleeps;
	}
	for (size_t i = 0; i < watch->n_others; i++) {
		serve_other(watch->fs, watch->others[i]);
		rfs_node_unref(&watch->fs->nodes, watch->others[i]);
	}
	return n;
}

void *rfs_watch_run(void *arg)
{
	struct rfs *fs = arg;
	static struct watch watch; /* large; one such thread in a process */
	watch.fs = fs;
	struct vmap_shared_place places[VMAP_SHARED_WATCH_MAX];
	for (;;) {
		uint32_t bell = __atomic_load_n(&fs->handover.bell, __ATOMIC_ACQUIRE);
		if (has_ended(fs))
			break;
		rfs_handover_tell_again(fs);
		refresh(&watch);
		size_t n = serve_all(&watch, places);
		int timeout_ms = watch.n_others > 0 ? NAP_MS : SLEEP_MS;
		watch.n_others = 0;
		(void)vmap_shared_wait_any(places, n, &fs->handover.bell, bell, timeout_ms);
	}
	while (watch.n > 0)
		drop(&watch, watch.n - 1);
	return NULL;
}
