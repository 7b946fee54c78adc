/* SPDX-License-Identifier: MIT */
/* flock(2) and fcntl(2) locks: FUSE's words for them, and the answers to those who had to wait. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "ops.h"

/* A parked request has its lock, or will not get it. */
void rfs_lock_done(void *request, int result)
{
	fuse_reply_err(request, -result);
}

static bool is_interrupted(void *request)
{
	return fuse_req_interrupted(request) != 0;
}

/* The waiting program got a signal, or was killed. */
static void on_interrupt(fuse_req_t req, void *data)
{
	struct rfs *fs = data;
	if (rfs_lock_cancel(&fs->locks, &fs->nodes, req))
		fuse_reply_err(req, EINTR);
}

static void set_lock(fuse_req_t req, fuse_ino_t ino, const struct rfs_lock_range *want, bool wait)
{
	struct rfs *fs = rfs_of(req);
	struct rfs_node *node = rfs_node_get(&fs->nodes, ino);
	struct rfs_node *canonical = node ? rfs_node_canonical(&fs->nodes, node) : NULL;
	if (!canonical) {
		fuse_reply_err(req, ENOLCK);
		return;
	}
	/* Before it is parked: afterwards the request may be answered and gone at any time. */
	if (wait)
		fuse_req_interrupt_func(req, on_interrupt, fs);
	int r = rfs_lock_set(&fs->locks, &fs->nodes, canonical, want, wait, req, is_interrupted);
	if (r != -EINPROGRESS)
		fuse_reply_err(req, -r);
}

void rfs_op_flock(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi, int op)
{
	int what = op & ~LOCK_NB;
	struct rfs_lock_range want = {
		.kind = RFS_LOCK_FLOCK,
		.type = what == LOCK_EX ? F_WRLCK : what == LOCK_SH ? F_RDLCK : F_UNLCK,
		.end = INT64_MAX,
		.owner = fi->lock_owner,
		.handle = fi->fh,
		.pid = fuse_req_ctx(req)->pid,
	};
	set_lock(req, ino, &want, !(op & LOCK_NB));
}

static struct rfs_lock_range posix_range(const struct fuse_file_info *fi, const struct flock *lock)
{
	return (struct rfs_lock_range){
		.kind = RFS_LOCK_POSIX,
		.type = lock->l_type,
		.start = (uint64_t)lock->l_start,
		.end = lock->l_len == 0 ? INT64_MAX : (uint64_t)(lock->l_start + lock->l_len - 1),
		.owner = fi->lock_owner,
		.handle = fi->fh,
		.pid = lock->l_pid,
	};
}

void rfs_op_setlk(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi, struct flock *lock, int sleep)
{
	struct rfs_lock_range want = posix_range(fi, lock);
	set_lock(req, ino, &want, sleep != 0);
}

void rfs_op_getlk(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi, struct flock *lock)
{
	struct rfs *fs = rfs_of(req);
	struct rfs_node *node = rfs_node_get(&fs->nodes, ino);
	struct rfs_node *canonical = node ? rfs_node_canonical(&fs->nodes, node) : NULL;
	struct rfs_lock_range range = posix_range(fi, lock);
	range.type = canonical ? range.type : F_UNLCK;
	if (canonical)
		rfs_lock_test(&fs->locks, canonical, &range);
	lock->l_type = range.type;
	lock->l_whence = SEEK_SET;
	lock->l_start = (off_t)range.start;
	lock->l_len = range.end == INT64_MAX ? 0 : (off_t)(range.end - range.start + 1);
	lock->l_pid = range.pid;
	fuse_reply_lock(req, lock);
}

void rfs_op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	struct rfs *fs = rfs_of(req);
	struct rfs_handle *handle = rfs_handle_of(fs, fi);
	/* A process that closes any descriptor of a file gives up its fcntl locks on it. */
	if (handle && handle->kind == RFS_HANDLE_RING) {
		struct rfs_lock_range all = {
			.kind = RFS_LOCK_POSIX, .type = F_UNLCK, .end = INT64_MAX, .owner = fi->lock_owner,
		};
		/* Cannot fail: whole locks go, none is cut in two. */
		rfs_lock_set(&fs->locks, &fs->nodes, rfs_node_get(&fs->nodes, handle->node), &all, false, NULL, NULL);
	}
	fuse_reply_err(req, 0);
}
