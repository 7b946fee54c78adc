/* SPDX-License-Identifier: MIT */
/* The table of operations, what the connection asks for, and what several operations share. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "attr.h"
#include "defaults.h"
#include "ops.h"
#include "session.h"

static void op_init(void *userdata, struct fuse_conn_info *conn)
{
	const struct rfs *fs = userdata;
	if (fs->options.max_read != 0)
		conn->max_read = fs->options.max_read;
	/* A write of up to 1 MiB in one request; the kernel's limit for a request. */
	conn->max_write = (unsigned)RFS_REQUEST_MAX;
	/* O_TRUNC comes with the open, so a reader never sees a half-done one. */
	conn->want |= conn->capable & FUSE_CAP_ATOMIC_O_TRUNC;
	/* Clearing set-id bits stays the kernel's job: it sends the mode. */
	conn->want &= ~(unsigned)FUSE_CAP_HANDLE_KILLPRIV;
	conn->want &= ~(unsigned)(FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE);
	conn->want &= ~(unsigned)FUSE_CAP_READDIRPLUS;
	/* A release must not queue behind asynchronous reads that wait: it may be what they wait for. */
	conn->max_background = 4096;
	conn->congestion_threshold = 4096;
	/* FUSE_CAP_ASYNC_DIO stays: without it io_uring repeats bytes after a short read (Linux 6.18). */
}

const struct fuse_lowlevel_ops rfs_ops = {
	.init = op_init,
	.lookup = rfs_op_lookup,
	.forget = rfs_op_forget,
	.forget_multi = rfs_op_forget_multi,
	.getattr = rfs_op_getattr,
	.setattr = rfs_op_setattr,
	.readlink = rfs_op_readlink,
	.mknod = rfs_op_mknod,
	.mkdir = rfs_op_mkdir,
	.unlink = rfs_op_unlink,
	.rmdir = rfs_op_rmdir,
	.symlink = rfs_op_symlink,
	.rename = rfs_op_rename,
	.link = rfs_op_link,
	.create = rfs_op_create,
	.open = rfs_op_open,
	.read = rfs_op_read,
	.write = rfs_op_write,
	.lseek = rfs_op_lseek,
	.fsync = rfs_op_fsync,
	.flush = rfs_op_flush,
	.release = rfs_op_release,
	.poll = rfs_op_poll,
	.ioctl = rfs_op_ioctl,
	.getxattr = rfs_op_getxattr,
	.listxattr = rfs_op_listxattr,
	.setxattr = rfs_op_setxattr,
	.removexattr = rfs_op_removexattr,
	.getlk = rfs_op_getlk,
	.setlk = rfs_op_setlk,
	.flock = rfs_op_flock,
	.opendir = rfs_op_opendir,
	.readdir = rfs_op_readdir,
	.releasedir = rfs_op_releasedir,
	.fsyncdir = rfs_op_fsyncdir,
	.statfs = rfs_op_statfs,
};

int rfs_fill_entry(struct rfs *fs, struct rfs_node *node, struct fuse_entry_param *entry)
{
	/* No timeout for the entry: every walk asks again, which is what makes views possible. */
	memset(entry, 0, sizeof(*entry));
	entry->attr_timeout = rfs_attr_timeout(node);
	entry->ino = node->slot.id;
	entry->generation = node->slot.id >> 32;
	return rfs_attr_get(fs, node, &entry->attr);
}

void rfs_reply_entry(fuse_req_t req, struct rfs_node *node)
{
	struct rfs *fs = rfs_of(req);
	struct fuse_entry_param entry;
	int r = rfs_fill_entry(fs, node, &entry);
	if (r < 0) {
		fuse_reply_err(req, -r);
	} else {
		rfs_node_add_lookup(&fs->nodes, node);
		/* A reply that nobody takes any more was no lookup. */
		if (fuse_reply_entry(req, &entry) != 0)
			rfs_node_forget(&fs->nodes, node->slot.id, 1);
	}
	rfs_node_unref(&fs->nodes, node);
}

int rfs_dir_fd(struct rfs *fs, fuse_ino_t parent, const char *name)
{
	struct rfs_node *node = rfs_node_get(&fs->nodes, parent);
	if (!node)
		return -ESTALE;
	if (node->kind == RFS_NODE_CONTROL_DIR)
		return -EPERM;
	if (node->kind != RFS_NODE_DIR)
		return -ENOTDIR;
	if (strcmp(name, RFS_CONTROL_NAME) == 0)
		return -EPERM;
	return node->fd;
}

struct rfs_creator rfs_creator_of(fuse_req_t req, mode_t mode)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);
	return (struct rfs_creator){.uid = ctx->uid, .gid = ctx->gid, .mode = mode};
}

int rfs_walk(struct rfs *fs, int parent_fd, const char *name, struct rfs_node **ret_node)
{
	struct stat st;
	int fd;
	int r = rfs_store_walk(parent_fd, name, &fd, &st);
	return r < 0 ? r : rfs_node_find(&fs->nodes, fd, &st, ret_node);
}

int rfs_new_attributes(struct rfs *fs, int dir_fd, struct rfs_ringattr *ret_attr)
{
	rfs_session_may_wait(); /* there can be any number of directories above */
	int r = rfs_defaults_find(&fs->store, dir_fd, ret_attr);
	if (r < 0)
		return r;
	struct rfs_ringattr always = {.capacity = fs->options.attributes.capacity};
	rfs_ringattr_set_choice(&always, RFS_RINGATTR_POLICY,
				rfs_ringattr_choice(fs->options.attributes.choices, RFS_RINGATTR_POLICY));
	/* The others are looked up when they count, so that a ring follows the mount it is on. */
	rfs_ringattr_fill(ret_attr, &always);
	return 0;
}

/* Whoever has a damaged ring could fill the log with it: so many lines in so many seconds, of all rings. */
static bool may_complain(void)
{
	enum { LINES = 10, SECONDS = 10 };
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static time_t since; /* under the lock, as is n */
	static int n;
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	pthread_mutex_lock(&lock);
	if (now.tv_sec - since >= SECONDS) {
		since = now.tv_sec;
		n = 0;
	}
	bool may = n++ < LINES;
	pthread_mutex_unlock(&lock);
	return may;
}

void rfs_ring_complain(const struct rfs_node *node, const char *what)
{
	if (may_complain())
		fuse_log(FUSE_LOG_ERR, "ringfs: the file with inode %llu in the store %s\n", (unsigned long long)node->ino, what);
}

int rfs_ring_error(int r, const struct rfs_node *node)
{
	const char *why;
	switch (r) {
	case -ENOMSG:
		why = "is no ring";
		break;
	case -EBADMSG:
		why = "is damaged";
		break;
	case -EPROTO:
		why = "was made by another version or on a machine of other byte order";
		break;
	case -EOPNOTSUPP:
		why = "needs a newer version";
		break;
	case -EMFILE:
		return -ENFILE; /* as rfs_store_open_error() */
	default:
		return r;
	}
	rfs_ring_complain(node, why);
	return -EIO;
}
