/* SPDX-License-Identifier: MIT */
/* Attributes: the store's own, with size and times of a ring from its header. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "attr.h"
#include "session.h"

static void control_stat(const struct rfs_node *node, struct stat *ret_stat)
{
	bool dir = node->kind == RFS_NODE_CONTROL_DIR;
	memset(ret_stat, 0, sizeof(*ret_stat));
	ret_stat->st_ino = node->slot.id;
	/* Writable for ourselves, who bind sockets there; nobody else gets past rfs_dir_fd(). */
	ret_stat->st_mode = dir ? S_IFDIR | 0755 : node->kind == RFS_NODE_SOCKET ? S_IFSOCK | 0666 : S_IFREG | 0444;
	ret_stat->st_nlink = dir ? 2 : 1;
	ret_stat->st_uid = geteuid();
	ret_stat->st_gid = getegid();
	ret_stat->st_blksize = 4096;
}

static bool is_later(struct timespec a, struct timespec b)
{
	return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

static void ring_stat(const struct rfs_node *node, const struct vmap_shared_state *state, struct stat *st)
{
	uint64_t origin = atomic_load_explicit(&node->origin, memory_order_relaxed);
	/* Not a view, or nobody has opened it yet; and of a queue, what is still to be read. */
	if (origin == RFS_ORIGIN_NONE || state->policy == VMAP_RING_BOUNDED)
		origin = state->tail;
	st->st_size = (off_t)(state->head - origin);
	if (st->st_size < 0)
		st->st_size = 0; /* it has begun anew, and this reader has not read since */
	st->st_mtim.tv_sec = (time_t)(state->mtime_ns / 1000000000u);
	st->st_mtim.tv_nsec = (long)(state->mtime_ns % 1000000000u);
	/* A write changes both; the store's own change time knows of chmod and the like only. */
	if (is_later(st->st_mtim, st->st_ctim))
		st->st_ctim = st->st_mtim;
}

int rfs_attr_get(struct rfs *fs, struct rfs_node *node, struct stat *ret_stat)
{
	if (node->kind == RFS_NODE_CONTROL_DIR || node->kind == RFS_NODE_CONTROL_FILE || node->kind == RFS_NODE_SOCKET) {
		control_stat(node, ret_stat);
		return 0;
	}
	struct rfs_node *canonical = rfs_node_canonical(&fs->nodes, node);
	struct stat st;
	int r = canonical ? rfs_node_stat(canonical, &st) : rfs_store_stat(node->fd, &st);
	if (r < 0)
		return r;
	if (canonical) {
		struct vmap_shared_state state;
		rfs_ring_enter(canonical);
		r = rfs_node_ring_state(canonical, &state);
		if (r == 0 && state.policy == VMAP_RING_BOUNDED) {
			/* A read that was answered has consumed its bytes when its thread leaves this lock. */
			rfs_session_lock(&canonical->park.lock);
			pthread_mutex_unlock(&canonical->park.lock);
			r = rfs_node_ring_state(canonical, &state);
		}
		rfs_ring_leave(canonical);
		if (r == 0)
			ring_stat(node, &state, &st);
		else if (r == -ENFILE || r == -ENOMEM)
			return r; /* not known now: a size of 0 would look like a truncation */
		else
			st.st_size = 0;
	}
	*ret_stat = st;
	return 0;
}

double rfs_attr_timeout(const struct rfs_node *node)
{
	return node->kind == RFS_NODE_DIR ? 60.0 : 0.0;
}
