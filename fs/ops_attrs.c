/* SPDX-License-Identifier: MIT */
/* Attributes: stat, and what chmod, chown, truncate and utimensat change. */
#include <errno.h>
#include <sys/statvfs.h>
#include <time.h>

#include "attr.h"
#include "ops.h"
#include "session.h"
#include "stream.h"

static void reply_attr(fuse_req_t req, struct rfs_node *node)
{
	struct stat st;
	int r = rfs_attr_get(rfs_of(req), node, &st);
	if (r < 0)
		fuse_reply_err(req, -r);
	else
		fuse_reply_attr(req, &st, rfs_attr_timeout(node));
}

void rfs_op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)fi;
	struct rfs_node *node = rfs_node_get(&rfs_of(req)->nodes, ino);
	if (node)
		reply_attr(req, node);
	else
		fuse_reply_err(req, ESTALE);
}

/* Truncation to 0 clears, to the current size does nothing; a ring can have no other. */
static int set_size(struct rfs *fs, struct rfs_node *node, uint64_t size)
{
	struct rfs_node *canonical = rfs_node_canonical(&fs->nodes, node);
	if (!canonical)
		return -EINVAL;
	struct vmap_shared *ring;
	int r = rfs_node_map(canonical, &ring);
	if (r < 0)
		return rfs_ring_error(r, canonical);
	rfs_ring_enter(canonical);
	struct vmap_shared_state state;
	vmap_shared_get_state(ring, &state);
	if (size == 0) {
		r = rfs_ring_clear(canonical, ring);
		rfs_stream_wake(fs, canonical); /* there is room */
	} else if (size != state.head - state.tail) {
		r = -EINVAL;
	}
	rfs_ring_leave(canonical);
	rfs_node_unmap(canonical);
	return r;
}

static uint64_t to_ns(struct timespec t)
{
	if (t.tv_nsec == UTIME_NOW)
		clock_gettime(CLOCK_REALTIME, &t);
	if (t.tv_sec < 0)
		return 0;
	/* 2262, as far as 64 bits of nanoseconds go */
	if (t.tv_sec > INT64_MAX / 1000000000)
		return INT64_MAX;
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int set_times(struct rfs *fs, struct rfs_node *node, int fd, const struct stat *attr, int to_set)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_OMIT}};
	if (to_set & FUSE_SET_ATTR_ATIME_NOW)
		times[0].tv_nsec = UTIME_NOW;
	else if (to_set & FUSE_SET_ATTR_ATIME)
		times[0] = attr->st_atim;
	if (to_set & FUSE_SET_ATTR_MTIME_NOW)
		times[1].tv_nsec = UTIME_NOW;
	else if (to_set & FUSE_SET_ATTR_MTIME)
		times[1] = attr->st_mtim;
	int r = rfs_store_utimens(fd, times);
	struct rfs_node *canonical = rfs_node_canonical(&fs->nodes, node);
	if (r < 0 || !canonical || times[1].tv_nsec == UTIME_OMIT)
		return r;
	struct vmap_shared *ring;
	r = rfs_node_map(canonical, &ring);
	if (r < 0)
		return rfs_ring_error(r, canonical);
	rfs_ring_enter(canonical);
	unsigned tries = 0;
	rfs_session_may_wait();
	do {
		r = vmap_shared_set_mtime(ring, to_ns(times[1]));
	} while (rfs_ring_retry(r, canonical, ring, &tries));
	rfs_ring_leave(canonical);
	rfs_node_unmap(canonical);
	return r < 0 ? -EIO : 0;
}

/* In the order in which a later step needs an earlier one: ownership clears mode bits. */
static int apply(struct rfs *fs, struct rfs_node *node, const struct stat *attr, int to_set)
{
	struct rfs_node *canonical = rfs_node_canonical(&fs->nodes, node);
	int fd = canonical ? canonical->fd : node->fd;
	int r = 0;
	if (to_set & (FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID)) {
		uid_t uid = to_set & FUSE_SET_ATTR_UID ? attr->st_uid : (uid_t)-1;
		gid_t gid = to_set & FUSE_SET_ATTR_GID ? attr->st_gid : (gid_t)-1;
		r = rfs_store_chown(fd, uid, gid);
	}
	if (r == 0 && (to_set & FUSE_SET_ATTR_MODE))
		r = rfs_node_chmod(canonical ? canonical : node, attr->st_mode);
	if (r == 0 && (to_set & FUSE_SET_ATTR_SIZE))
		r = set_size(fs, node, (uint64_t)attr->st_size);
	if (r == 0 && (to_set & (FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME)))
		r = set_times(fs, node, fd, attr, to_set);
	return r;
}

void rfs_op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set, struct fuse_file_info *fi)
{
	(void)fi;
	struct rfs *fs = rfs_of(req);
	struct rfs_node *node = rfs_node_get(&fs->nodes, ino);
	int r;
	if (!node)
		r = -ESTALE;
	else if (node->kind == RFS_NODE_CONTROL_DIR || node->kind == RFS_NODE_CONTROL_FILE)
		r = -EPERM;
	else
		r = apply(fs, node, attr, to_set);
	if (r < 0)
		fuse_reply_err(req, -r);
	else
		reply_attr(req, node);
}

void rfs_op_statfs(fuse_req_t req, fuse_ino_t ino)
{
	(void)ino;
	struct statvfs vfs;
	if (fstatvfs(rfs_of(req)->store.root_fd, &vfs) < 0)
		fuse_reply_err(req, errno);
	else
		fuse_reply_statfs(req, &vfs);
}
