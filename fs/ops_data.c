/* SPDX-License-Identifier: MIT */
/* Opening, reading and writing rings. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "ops.h"
#include "session.h"

/* Open a handle on @canonical, through @view where there is one; *fi is filled on success. */
static int open_ring(struct rfs *fs, struct rfs_node *canonical, struct rfs_node *view, struct fuse_file_info *fi,
		     struct rfs_handle **ret_handle)
{
	struct rfs_handle_ring_options options = {
		.align = fs->options.align,
		.clear = (fi->flags & O_TRUNC) != 0,
		.writable = (fi->flags & O_ACCMODE) != O_RDONLY,
	};
	int r = rfs_handle_open_ring(&fs->handles, &fs->nodes, canonical, view, &options, ret_handle);
	if (r < 0)
		return rfs_ring_error(r, canonical);
	fi->fh = (*ret_handle)->slot.id;
	fi->direct_io = 1; /* sizes and contents change under the page cache */
	return 0;
}

void rfs_op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, struct fuse_file_info *fi)
{
	struct rfs *fs = rfs_of(req);
	struct rfs_creator creator = rfs_creator_of(req, mode);
	struct rfs_node *node;
	rfs_views_end(&fs->views, &fs->nodes, fuse_req_ctx(req)->pid);
	int dir_fd = rfs_dir_fd(fs, parent, name);
	int r = dir_fd < 0 ? dir_fd : rfs_store_create_ring(&fs->store, dir_fd, name, &creator, fs->options.capacity);
	/* Somebody else may have been faster. */
	if (r == -EEXIST && !(fi->flags & O_EXCL))
		r = 0;
	if (r == 0)
		r = rfs_walk(fs, dir_fd, name, &node);
	if (r < 0) {
		fuse_reply_err(req, -r);
		return;
	}
	struct fuse_entry_param entry;
	struct rfs_handle *handle = NULL;
	r = node->kind == RFS_NODE_RING ? open_ring(fs, node, NULL, fi, &handle) : -EEXIST;
	if (r == 0)
		r = rfs_fill_entry(fs, node, &entry);
	if (r == 0) {
		rfs_node_add_lookup(&fs->nodes, node);
		if (fuse_reply_create(req, &entry, fi) == 0)
			handle = NULL;
		else
			rfs_node_forget(&fs->nodes, node->slot.id, 1);
	} else {
		fuse_reply_err(req, -r);
	}
	if (handle)
		rfs_handle_release(&fs->handles, &fs->nodes, handle);
	rfs_node_unref(&fs->nodes, node);
}

static int open_text(struct rfs *fs, uint64_t node, struct fuse_file_info *fi, struct rfs_handle **ret_handle)
{
	if ((fi->flags & O_ACCMODE) != O_RDONLY || (fi->flags & O_TRUNC))
		return -EPERM;
	size_t len;
	char *text = rfs_control_text(fs, node, &len);
	if (!text)
		return -ENOMEM;
	int r = rfs_handle_open_text(&fs->handles, text, len, ret_handle);
	if (r < 0) {
		free(text);
		return r;
	}
	fi->fh = (*ret_handle)->slot.id;
	fi->direct_io = 1; /* stat says 0, as in /proc */
	return 0;
}

/* Is this open to be sent round again for a view? See view.h. */
static bool wants_view(struct rfs *fs, const struct rfs_node *node, const struct fuse_file_info *fi)
{
	return fs->options.views && node->kind == RFS_NODE_RING && (fi->flags & O_ACCMODE) == O_RDONLY;
}

void rfs_op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct rfs *fs = rfs_of(req);
	struct rfs_node *node = rfs_node_get(&fs->nodes, ino);
	struct rfs_node *canonical = node ? rfs_node_canonical(&fs->nodes, node) : NULL;
	struct rfs_handle *handle;
	pid_t tid = fuse_req_ctx(req)->pid;
	int r;
	if (!node) {
		r = -ESTALE;
	} else if (node->kind == RFS_NODE_CONTROL_FILE) {
		r = open_text(fs, ino, fi, &handle);
	} else if (!canonical) {
		r = -ENXIO;
	} else if (wants_view(fs, node, fi) && rfs_views_begin(&fs->views, &fs->nodes, tid, node)) {
		fuse_reply_err(req, ESTALE);
		return;
	} else {
		struct rfs_node *view = node == canonical ? NULL : node;
		r = open_ring(fs, canonical, view, fi, &handle);
		if (view) {
			rfs_views_end(&fs->views, &fs->nodes, tid);
			rfs_count(&fs->metrics.views_opened, r == 0);
		} else if (wants_view(fs, node, fi)) {
			rfs_count(&fs->metrics.canonical_fallbacks, r == 0);
		}
	}
	if (r < 0)
		fuse_reply_err(req, -r);
	else if (fuse_reply_open(req, fi) != 0)
		rfs_handle_release(&fs->handles, &fs->nodes, handle);
}

static void read_text(fuse_req_t req, const struct rfs_handle *handle, size_t size, off_t off)
{
	size_t at = (uint64_t)off < handle->text_len ? (size_t)off : handle->text_len;
	size_t rest = handle->text_len - at;
	fuse_reply_buf(req, handle->text + at, rest < size ? rest : size);
}

void rfs_op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	(void)ino;
	struct rfs *fs = rfs_of(req);
	struct rfs_handle *handle = rfs_handle_of(fs, fi);
	if (!handle || handle->kind == RFS_HANDLE_DIR) {
		fuse_reply_err(req, EBADF);
		return;
	}
	if (handle->kind == RFS_HANDLE_TEXT) {
		read_text(req, handle, size, off);
		return;
	}
	uint8_t *buf = rfs_session_buffer(size);
	if (!buf) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	uint64_t lost;
	size_t n = rfs_cursor_read(&handle->cursor, handle->ring, fs->options.align, (uint64_t)off, buf, size, &lost);
	rfs_count(&fs->metrics.reads, 1);
	rfs_count(&fs->metrics.read_bytes, n);
	rfs_count(&fs->metrics.lost_bytes, lost);
	fuse_reply_buf(req, (const char *)buf, n);
}

void rfs_op_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size, off_t off, struct fuse_file_info *fi)
{
	(void)ino, (void)off; /* a ring has one place to write: its head */
	struct rfs *fs = rfs_of(req);
	struct rfs_handle *handle = rfs_handle_of(fs, fi);
	if (!handle || handle->kind != RFS_HANDLE_RING) {
		fuse_reply_err(req, EBADF);
		return;
	}
	ssize_t n = vmap_shared_append(handle->ring, buf, size);
	/* The kernel leaves this to us; O_SYNC has the bit of O_DSYNC in it. */
	int r = n >= 0 && (fi->flags & O_DSYNC) ? vmap_shared_sync(handle->ring) : 0;
	if (r < 0)
		n = r;
	if (n < 0) {
		fuse_reply_err(req, (int)-n);
		return;
	}
	rfs_count(&fs->metrics.writes, 1);
	rfs_count(&fs->metrics.written_bytes, (uint64_t)n);
	fuse_reply_write(req, (size_t)n);
}

void rfs_op_lseek(fuse_req_t req, fuse_ino_t ino, off_t off, int whence, struct fuse_file_info *fi)
{
	(void)ino;
	struct rfs_handle *handle = rfs_handle_of(rfs_of(req), fi);
	if (!handle || handle->kind != RFS_HANDLE_RING || (whence != SEEK_DATA && whence != SEEK_HOLE)) {
		fuse_reply_err(req, EINVAL);
		return;
	}
	int64_t r = off < 0 ? -ENXIO : rfs_cursor_seek(&handle->cursor, handle->ring, (uint64_t)off, whence == SEEK_DATA);
	if (r < 0)
		fuse_reply_err(req, (int)-r);
	else
		fuse_reply_lseek(req, r);
}

void rfs_op_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	(void)ino, (void)datasync; /* the size is in the header: there is no less to sync */
	struct rfs_handle *handle = rfs_handle_of(rfs_of(req), fi);
	int r = handle && handle->kind == RFS_HANDLE_RING ? vmap_shared_sync(handle->ring) : 0;
	fuse_reply_err(req, -r);
}

void rfs_op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	struct rfs *fs = rfs_of(req);
	struct rfs_handle *handle = rfs_handle_of(fs, fi);
	if (handle && handle->kind == RFS_HANDLE_RING)
		rfs_locks_release(&fs->locks, rfs_node_get(&fs->nodes, handle->node), handle->slot.id);
	if (handle)
		rfs_handle_release(&fs->handles, &fs->nodes, handle);
	fuse_reply_err(req, 0);
}
