/* SPDX-License-Identifier: MIT */
/* Opening, reading and writing rings. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ops.h"
#include "session.h"
#include "stream.h"

/* The kernel's own flag in the flags of an open by execve(2), __FMODE_EXEC. */
#define OPEN_FOR_EXEC 0x20

/* Open a handle on @canonical for @tid, through @view where there is one; *fi is filled on success. */
static int open_ring(struct rfs *fs, pid_t tid, struct rfs_node *canonical, struct rfs_node *view,
		     struct fuse_file_info *fi, struct rfs_handle **ret_handle)
{
	rfs_ring_enter(canonical);
	struct rfs_handle_ring_options options = {
		.mount_choices = fs->options.attributes.choices,
		.clear = (fi->flags & O_TRUNC) != 0,
		.readable = (fi->flags & O_ACCMODE) != O_WRONLY,
		.writable = (fi->flags & O_ACCMODE) != O_RDONLY,
	};
	int r = rfs_handle_open_ring(&fs->handles, &fs->nodes, canonical, view, &options, ret_handle);
	rfs_ring_leave(canonical);
	if (r < 0)
		return rfs_ring_error(r, canonical);
	/* Where all opens share an inode, there is no other. */
	(*ret_handle)->write_waits = view || !fs->options.views || tid == 0;
	fi->fh = (*ret_handle)->slot.id;
	fi->direct_io = 1; /* sizes and contents change under the page cache */
	return 0;
}

/* The end of a handle; whoever waits for its writer hears of it. */
static void close_handle(struct rfs *fs, struct rfs_handle *handle)
{
	if (handle->kind == RFS_HANDLE_RING) {
		struct rfs_node *node = rfs_node_get(&fs->nodes, handle->node);
		rfs_ring_enter(node);
		rfs_handle_leave_ring(fs, handle);
		rfs_session_may_wait(); /* the last user of a deleted ring frees its pages: half a second for some gigabytes */
		if (handle->is_stream)
			rfs_stream_wake(fs, node);
		rfs_ring_leave(node);
	}
	rfs_handle_release(&fs->handles, &fs->nodes, handle);
}

static bool is_bounded(struct rfs_node *node)
{
	struct vmap_shared_state state;
	rfs_ring_enter(node);
	bool bounded = rfs_node_ring_state(node, &state) == 0 && state.policy == VMAP_RING_BOUNDED;
	rfs_ring_leave(node);
	return bounded;
}

/*
 * Whoever creates a bounded ring gets a node of its own as well, with a reference for the caller: a write of its that waits
 * must not keep others from removing, truncating or setting the ring by its path. NULL: the canonical node will do.
 */
static int creators_node(struct rfs *fs, struct rfs_node *node, struct rfs_node **ret_view)
{
	*ret_view = NULL;
	if (!fs->options.views || node->kind != RFS_NODE_RING || !is_bounded(node))
		return 0;
	return rfs_node_create_view(&fs->nodes, node, ret_view);
}

void rfs_op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, struct fuse_file_info *fi)
{
	struct rfs *fs = rfs_of(req);
	struct rfs_creator creator = rfs_creator_of(req, mode);
	struct rfs_node *node;
	pid_t tid = fuse_req_ctx(req)->pid;
	rfs_views_end(&fs->views, &fs->nodes, tid);
	int dir_fd = rfs_dir_fd(fs, parent, name);
	int r = dir_fd < 0 ? dir_fd : 0;
	if (r == 0) {
		struct rfs_ringattr attr;
		r = rfs_new_attributes(fs, dir_fd, &attr);
		if (r == 0)
			r = rfs_store_create_ring(&fs->store, dir_fd, name, &creator, &attr);
	}
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
	struct rfs_node *view;
	r = creators_node(fs, node, &view);
	struct rfs_node *opened = view ? view : node;
	if (r == 0)
		r = node->kind == RFS_NODE_RING ? open_ring(fs, tid, node, view, fi, &handle) : -EEXIST;
	if (r == 0)
		r = rfs_fill_entry(fs, opened, &entry);
	if (r == 0) {
		rfs_node_add_lookup(&fs->nodes, opened);
		if (rfs_reply_create(req, handle, &entry, fi) == 0)
			handle = NULL;
		else
			rfs_node_forget(&fs->nodes, opened->slot.id, 1);
	} else {
		fuse_reply_err(req, -r);
	}
	if (handle)
		close_handle(fs, handle);
	if (view)
		rfs_node_unref(&fs->nodes, view);
	rfs_node_unref(&fs->nodes, node);
}

static int open_text(struct rfs *fs, const struct fuse_ctx *ctx, uint64_t node, struct fuse_file_info *fi,
		     struct rfs_handle **ret_handle)
{
	if ((fi->flags & O_ACCMODE) != O_RDONLY || (fi->flags & O_TRUNC))
		return -EPERM;
	size_t len;
	char *text;
	struct rfs_asker asker = {.uid = ctx->uid, .gid = ctx->gid};
	int r = rfs_control_text(fs, node, &asker, &text, &len);
	if (r < 0)
		return r;
	r = rfs_handle_open_text(&fs->handles, text, len, ctx->uid, ret_handle);
	if (r < 0) {
		free(text);
		return r;
	}
	fi->fh = (*ret_handle)->slot.id;
	fi->direct_io = 1; /* stat says 0, as in /proc */
	return 0;
}

/*
 * Is this open to be sent round again for a node of its own? See view.h. For a bounded ring every one is: a write
 * that waits holds the lock of its inode in the kernel, and who waits for that lock cannot even be killed.
 */
static bool wants_view(struct rfs *fs, struct rfs_node *node, const struct fuse_file_info *fi)
{
	return fs->options.views && node->kind == RFS_NODE_RING &&
	       ((fi->flags & O_ACCMODE) == O_RDONLY || is_bounded(node));
}

/* What @req is about to do takes set-id bits away, unless root does it; other holders of CAP_FSETID are not known. */
static void drop_set_id(fuse_req_t req, struct rfs_node *canonical)
{
	if (fuse_req_ctx(req)->uid != 0)
		rfs_node_drop_set_id(canonical);
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
		r = open_text(fs, fuse_req_ctx(req), ino, fi, &handle);
	} else if (!canonical) {
		r = -ENXIO;
	} else if ((fi->flags & OPEN_FOR_EXEC) && is_bounded(canonical)) {
		r = -EACCES; /* as for a FIFO: the kernel's look at the program would consume it */
	} else if (wants_view(fs, node, fi) && rfs_views_begin(&fs->views, &fs->nodes, tid, fuse_req_ctx(req)->uid, node)) {
		fuse_reply_err(req, ESTALE);
		return;
	} else {
		struct rfs_node *view = node == canonical ? NULL : node;
		r = open_ring(fs, tid, canonical, view, fi, &handle);
		if (r == 0 && (fi->flags & O_TRUNC) && !handle->is_stream)
			drop_set_id(req, canonical);
		if (view) {
			rfs_views_end(&fs->views, &fs->nodes, tid);
			rfs_count(&fs->metrics.views_opened, r == 0);
		} else if (wants_view(fs, node, fi)) {
			rfs_count(&fs->metrics.canonical_fallbacks, r == 0);
		}
	}
	if (r < 0)
		fuse_reply_err(req, -r);
	else if (rfs_reply_open(req, handle, fi) != 0)
		close_handle(fs, handle);
}

static void read_text(fuse_req_t req, const struct rfs_handle *handle, size_t size, off_t off)
{
	size_t at = (uint64_t)off < handle->text_len ? (size_t)off : handle->text_len;
	size_t rest = handle->text_len - at;
	size_t n = rest < size ? rest : size;
	/* A copy: the reader may have closed the file, and the text be gone, before this thread is back from replying. */
	uint8_t *buf = rfs_session_buffer(n);
	if (!buf) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	memcpy(buf, handle->text + at, n);
	fuse_reply_buf(req, (const char *)buf, n);
}

bool rfs_read_may_be_cut(const struct rfs *fs, size_t len)
{
	/* At most so many pages, of which the program's buffer need not begin at the first byte. */
	size_t most = (RFS_REQUEST_MAX / vmap_page_size() - 1) * vmap_page_size();
	return len > most || (fs->options.max_read != 0 && len >= fs->options.max_read);
}

bool rfs_read_overwrite(struct rfs *fs, fuse_req_t req, struct rfs_handle *handle, size_t len, uint64_t offset)
{
	uint8_t *buf = rfs_session_buffer(len);
	if (!buf) {
		fuse_reply_err(req, ENOMEM);
		return true;
	}
	uint64_t choices = vmap_shared_attributes(handle->ring);
	uint64_t defaults = fs->options.attributes.choices;
	struct rfs_cursor_how how = {
		.align = rfs_align_of(choices, defaults),
		.lost = rfs_ringattr_effective(choices, defaults, RFS_RINGATTR_LOST),
	};
	uint64_t lost;
	ssize_t n = rfs_cursor_read(&handle->cursor, handle->ring, &how, offset, buf, len, &lost);
	if (lost > 0) {
		rfs_count(&fs->metrics.lost_bytes, lost);
		vmap_shared_count_lost(handle->ring, lost);
		if (handle->view != 0)
			rfs_count(&rfs_node_get(&fs->nodes, handle->view)->lost, lost);
	}
	if (n >= 0)
		atomic_store_explicit(&handle->read_end, offset + (uint64_t)n, memory_order_relaxed);
	if (n == -ESTALE)
		return false;
	if (n < 0) {
		fuse_reply_err(req, (int)-n);
	} else if (n > 0) {
		rfs_count(&fs->metrics.reads, 1);
		rfs_count(&fs->metrics.read_bytes, (uint64_t)n);
		fuse_reply_buf(req, (const char *)buf, (size_t)n);
	}
	return n != 0;
}

/* The same; a ring that a mapped process gives another shape meanwhile is followed. False: nothing is there. */
static bool read_and_follow(struct rfs *fs, fuse_req_t req, struct rfs_node *node, struct rfs_handle *handle, size_t len,
			    uint64_t offset)
{
	for (unsigned tries = 0; !rfs_read_overwrite(fs, req, handle, len, offset); tries++) {
		if (vmap_shared_status(handle->ring) != -ESTALE)
			return false;
		if (tries == RFS_UNSTICK_TRIES) {
			fuse_reply_err(req, EIO); /* it plays tricks */
			break;
		}
		rfs_ring_leave(node);
		rfs_ring_enter(node);
	}
	return true;
}

static void read_ring(struct rfs *fs, fuse_req_t req, struct rfs_handle *handle, size_t size, off_t off,
		      const struct fuse_file_info *fi)
{
	struct rfs_node *node = rfs_node_get(&fs->nodes, handle->node);
	bool nonblock = (fi->flags & O_NONBLOCK) != 0;
	uint64_t choices = vmap_shared_attributes(handle->ring);
	bool waits = handle->is_stream || rfs_ringattr_effective(choices, fs->options.attributes.choices,
								 RFS_RINGATTR_EOF) == RFS_EOF_WAIT;
	if (waits && !nonblock)
		rfs_stream_prepare(req, node);
	/* One byte less than was asked for tells the kernel that this is all. */
	if (waits && !handle->is_stream && size > 1 && rfs_read_may_be_cut(fs, size))
		size--;
	rfs_ring_enter(node);
	if (handle->is_stream && fi->lock_owner == 0) {
		/*
		 * Not for read(2) but for a page, of a private mapping or for splice(2), which must not consume anything.
		 * Programs that splice fall back to read(2) for this errno.
		 */
		fuse_reply_err(req, EINVAL);
	} else if (handle->is_stream) {
		rfs_stream_read(fs, req, handle, size, (uint64_t)off, nonblock);
	} else if (waits && !nonblock) {
		rfs_stream_read_waiting(fs, req, handle, size, (uint64_t)off);
		/* It may have moved before the request was parked, and who moved it be gone. */
		if (rfs_node_has_moved(node)) {
			rfs_ring_leave(node);
			rfs_ring_enter(node);
			rfs_stream_wake(fs, node);
		}
	} else if (!read_and_follow(fs, req, node, handle, size, (uint64_t)off)) {
		if (waits)
			fuse_reply_err(req, EAGAIN);
		else
			fuse_reply_buf(req, NULL, 0);
	}
	rfs_ring_leave(node);
}

void rfs_op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	(void)ino;
	struct rfs *fs = rfs_of(req);
	struct rfs_handle *handle = rfs_handle_of(fs, fi);
	if (!handle || handle->kind == RFS_HANDLE_DIR) {
		fuse_reply_err(req, EBADF);
	} else if (handle->kind == RFS_HANDLE_TEXT) {
		read_text(req, handle, size, off);
	} else {
		read_ring(fs, req, handle, size, off, fi);
	}
}

/*
 * Does a write go to a place that the program has chosen, so that appending it would be silently wrong? Loggers
 * that write without O_APPEND, at an offset of their own, do not: they write where they had got to, or at the end.
 */
static bool wants_a_place(struct rfs_handle *handle, const char *buf, size_t size, uint64_t offset, int flags)
{
	bool is_zero = size == 1 && buf[0] == 0;
	if ((flags & O_APPEND) || (!handle->readable && !is_zero))
		return false;
	uint64_t write_end = atomic_load_explicit(&handle->write_end, memory_order_relaxed);
	uint64_t read_end = atomic_load_explicit(&handle->read_end, memory_order_relaxed);
	if (offset == 0 ? write_end == 0 && read_end == 0 : offset == write_end || offset == read_end)
		return false;
	struct vmap_shared_state state;
	vmap_shared_get_state(handle->ring, &state);
	uint64_t end = state.head - state.tail;
	/* Who could read what it changes has a database or an archive; a zero behind the end is how files are preallocated. */
	return (handle->readable && offset < end) || (is_zero && offset > end);
}

int rfs_write_error(int r)
{
	return r == -EBUSY || r == -ESTALE || r == -EBADMSG ? -EIO : r;
}

/*
 * A writer of an overwrite ring waits for nobody but a mapped writer that is in the middle of an append, or has stopped
 * there. A leader does not wait; whoever has passed its baton takes its turn.
 */
static void append(struct rfs *fs, fuse_req_t req, const struct rfs_handle *handle, const char *buf, size_t size, bool sync)
{
	struct rfs_node *node = rfs_node_get(&fs->nodes, handle->node);
	unsigned tries = 0;
	ssize_t n;
	do {
		n = vmap_shared_append_within(handle->ring, buf, size, tries == 0 ? 0 : RFS_STUCK_NS);
	} while (n < 0 && rfs_ring_retry((int)n, node, handle->ring, &tries));
	int r = n >= 0 && sync ? vmap_shared_sync(handle->ring) : 0;
	if (r < 0)
		n = r;
	if (n < 0) {
		fuse_reply_err(req, -rfs_write_error((int)n));
		return;
	}
	rfs_count(&fs->metrics.writes, 1);
	rfs_count(&fs->metrics.written_bytes, (uint64_t)n);
	fuse_reply_write(req, (size_t)n);
}

void rfs_op_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size, off_t off, struct fuse_file_info *fi)
{
	(void)ino;
	struct rfs *fs = rfs_of(req);
	struct rfs_handle *handle = rfs_handle_of(fs, fi);
	if (!handle || handle->kind != RFS_HANDLE_RING) {
		fuse_reply_err(req, EBADF);
		return;
	}
	/* The kernel leaves this to us; O_SYNC has the bit of O_DSYNC in it. */
	bool sync = (fi->flags & O_DSYNC) != 0;
	bool nonblock = (fi->flags & O_NONBLOCK) != 0 || !handle->write_waits;
	struct rfs_node *node = rfs_node_get(&fs->nodes, handle->node);
	drop_set_id(req, node);
	if (handle->is_stream && !nonblock)
		rfs_stream_prepare(req, node);
	rfs_ring_enter(node);
	if (handle->is_stream) {
		rfs_stream_write(fs, req, handle, buf, size, nonblock, sync);
	} else if (wants_a_place(handle, buf, size, (uint64_t)off, fi->flags)) {
		fuse_reply_err(req, EINVAL);
	} else {
		/* Whatever the offset: a ring has one place to write, its head. */
		atomic_store_explicit(&handle->write_end, (uint64_t)off + size, memory_order_relaxed);
		append(fs, req, handle, buf, size, sync);
		rfs_stream_wake(fs, node);
	}
	rfs_ring_leave(node);
}

void rfs_op_lseek(fuse_req_t req, fuse_ino_t ino, off_t off, int whence, struct fuse_file_info *fi)
{
	(void)ino;
	struct rfs *fs = rfs_of(req);
	struct rfs_handle *handle = rfs_handle_of(fs, fi);
	if (!handle || handle->kind != RFS_HANDLE_RING || (whence != SEEK_DATA && whence != SEEK_HOLE)) {
		fuse_reply_err(req, EINVAL);
		return;
	}
	struct rfs_node *node = rfs_node_get(&fs->nodes, handle->node);
	rfs_ring_enter(node);
	int64_t r = off < 0 ? -ENXIO : rfs_cursor_seek(&handle->cursor, handle->ring, (uint64_t)off, whence == SEEK_DATA);
	rfs_ring_leave(node);
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
		close_handle(fs, handle);
	fuse_reply_err(req, 0);
}
