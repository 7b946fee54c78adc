/* SPDX-License-Identifier: MIT */
/* poll(2), ioctl(2), and the answers to opens of rings that are streams. */
#include <errno.h>
#include <linux/fuse.h>
#include <poll.h>
#include <string.h>

#include <vmap/handover.h>

#include "control.h"
#include "ops.h"
#include "session.h"
#include "stream.h"

void rfs_op_poll(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi, struct fuse_pollhandle *ph)
{
	(void)ino;
	struct rfs *fs = rfs_of(req);
	struct rfs_handle *handle = rfs_handle_of(fs, fi);
	unsigned events;
	if (handle && handle->kind == RFS_HANDLE_RING) {
		struct rfs_node *node = rfs_node_get(&fs->nodes, handle->node);
		rfs_ring_enter(node);
		events = rfs_stream_poll(fs, handle, ph);
		rfs_ring_leave(node);
	} else {
		events = POLLIN | POLLRDNORM; /* a text never makes anybody wait */
		if (ph)
			fuse_pollhandle_destroy(ph);
	}
	fuse_reply_poll(req, events);
}

void rfs_op_ioctl(fuse_req_t req, fuse_ino_t ino, unsigned int cmd, void *arg, struct fuse_file_info *fi, unsigned flags,
		  const void *in_buf, size_t in_len, size_t out_len)
{
	(void)ino, (void)arg, (void)in_buf, (void)in_len, (void)out_len;
	struct rfs *fs = rfs_of(req);
	struct rfs_handle *handle = flags & FUSE_IOCTL_DIR ? NULL : rfs_handle_of(fs, fi);
	if (cmd == VMAP_IOC_HANDOVER && handle && handle->kind == RFS_HANDLE_RING) {
		rfs_handover_request(fs, req, handle, fuse_req_ctx(req)->uid);
		return;
	}
	if (cmd == RINGFS_IOC_PLACE && handle && handle->kind == RFS_HANDLE_RING && !handle->is_stream && handle->readable) {
		struct ringfs_place place;
		rfs_cursor_place(&handle->cursor, &place);
		fuse_reply_ioctl(req, 0, &place, sizeof(place));
		return;
	}
	if (cmd != RINGFS_IOC_PEEK || !handle || handle->kind != RFS_HANDLE_RING || !handle->is_stream) {
		fuse_reply_err(req, ENOTTY);
		return;
	}
	struct rfs_node *node = rfs_node_get(&fs->nodes, handle->node);
	rfs_ring_enter(node);
	pthread_mutex_lock(&node->park.lock);
	handle->peeks = true;
	handle->peek_pos = vmap_shared_oldest(handle->ring, VMAP_ALIGN_BYTE);
	pthread_mutex_unlock(&node->park.lock);
	rfs_ring_leave(node);
	fuse_reply_ioctl(req, 0, NULL, 0);
}

/*
 * libfuse 3.14 has no word for FOPEN_STREAM, without which the kernel makes readers and writers that share an
 * open file (a pipeline in parentheses) wait for each other in a way no signal ends.
 */
static struct fuse_open_out stream_open_out(const struct fuse_file_info *fi)
{
	return (struct fuse_open_out){
		.fh = fi->fh,
		.open_flags = FOPEN_DIRECT_IO | FOPEN_NONSEEKABLE | FOPEN_STREAM,
	};
}

int rfs_reply_open(fuse_req_t req, const struct rfs_handle *handle, const struct fuse_file_info *fi)
{
	if (handle->kind != RFS_HANDLE_RING || !handle->is_stream)
		return fuse_reply_open(req, fi);
	struct fuse_open_out out = stream_open_out(fi);
	return fuse_reply_buf(req, (const char *)&out, sizeof(out));
}

/* As libfuse does it. */
static struct fuse_entry_out entry_out(const struct fuse_entry_param *entry)
{
	const struct stat *st = &entry->attr;
	return (struct fuse_entry_out){
		.nodeid = entry->ino,
		.generation = entry->generation,
		.attr = {
			.ino = st->st_ino,
			.size = (uint64_t)st->st_size,
			.blocks = (uint64_t)st->st_blocks,
			.atime = (uint64_t)st->st_atim.tv_sec,
			.mtime = (uint64_t)st->st_mtim.tv_sec,
			.ctime = (uint64_t)st->st_ctim.tv_sec,
			.atimensec = (uint32_t)st->st_atim.tv_nsec,
			.mtimensec = (uint32_t)st->st_mtim.tv_nsec,
			.ctimensec = (uint32_t)st->st_ctim.tv_nsec,
			.mode = st->st_mode,
			.nlink = (uint32_t)st->st_nlink,
			.uid = st->st_uid,
			.gid = st->st_gid,
			.rdev = (uint32_t)st->st_rdev,
			.blksize = (uint32_t)st->st_blksize,
		},
	};
}

int rfs_reply_create(fuse_req_t req, const struct rfs_handle *handle, const struct fuse_entry_param *entry,
		     const struct fuse_file_info *fi)
{
	if (!handle->is_stream)
		return fuse_reply_create(req, entry, fi);
	struct {
		struct fuse_entry_out entry;
		struct fuse_open_out open;
	} out = {entry_out(entry), stream_open_out(fi)};
	return fuse_reply_buf(req, (const char *)&out, sizeof(out));
}
