/* SPDX-License-Identifier: MIT */
/*
 * The whole state of one mount, reachable from one struct.
 *
 * Threads: any worker may run any operation. Locks, outer before inner:
 *   rfs_views.lock > rfs_nodes.lock
 *   rfs_handles.lock: no other is taken inside
 *   libfuse's lock of one request (an interrupt) > rfs_locks.lock > libfuse's lock of the session
 *   rfs_node.shape_lock (for reading, by rfs_ring_enter()) > rfs_node.park.lock > rfs_cursor.lock
 *   libfuse's lock of one request (an interrupt) > rfs_node.park.lock > libfuse's lock of the session
 *   rfs_handover.lock > rfs_nodes.lock
 *   rfs_node.park.lock > rfs_lockout.lock
 *   rfs_node.park.lock > rfs_park_users.lock
 *   rfs_node.ring_lock is taken with none of these held; inside libvmap a ring has a lock of its own for appenders.
 */
#ifndef RFS_FS_H
#define RFS_FS_H

#include "handle.h"
#include "handover.h"
#include "lock.h"
#include "lockout.h"
#include "metrics.h"
#include "node.h"
#include "options.h"
#include "park.h"
#include "prune.h"
#include "store.h"
#include "view.h"

struct fuse_session;

struct rfs {
	struct rfs_options options;
	struct rfs_store store;
	struct rfs_nodes nodes;
	struct rfs_handles handles;
	struct rfs_views views;
	struct rfs_locks locks;
	struct rfs_metrics metrics;
	struct rfs_handover handover;
	struct rfs_lockout lockout;
	struct rfs_prune prune;
	struct rfs_park_users park_users;
	struct fuse_session *session;
	const char *mountpoint; /* absolute, as our own mount namespace has it */
};

#endif
