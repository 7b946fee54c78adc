/* SPDX-License-Identifier: MIT */
/* Names: the store's own, walked and changed through its directories' descriptors. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "defaults.h"
#include "ops.h"
#include "session.h"

/* The files of /.ringfs. */
static const struct {
	const char *name;
	uint64_t node;
} control_files[] = {
	{"metrics", RFS_NODE_METRICS},
	{"version", RFS_NODE_VERSION},
};

#define N_CONTROL_FILES (sizeof(control_files) / sizeof(control_files[0]))

/* The id of a fixed node by its place, 0 for any other name. */
static uint64_t find_control(fuse_ino_t parent, const char *name)
{
	if (parent == RFS_NODE_ROOT && strcmp(name, RFS_CONTROL_NAME) == 0)
		return RFS_NODE_CONTROL;
	for (size_t i = 0; parent == RFS_NODE_CONTROL && i < N_CONTROL_FILES; i++)
		if (strcmp(name, control_files[i].name) == 0)
			return control_files[i].node;
	return 0;
}

void rfs_op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct rfs *fs = rfs_of(req);
	struct rfs_node *node;
	uint64_t control = find_control(parent, name);
	if (control != 0) {
		node = rfs_node_get(&fs->nodes, control);
		rfs_node_ref(&fs->nodes, node);
		rfs_reply_entry(req, node);
		return;
	}
	node = rfs_handover_find(fs, parent, name);
	if (node) {
		rfs_reply_entry(req, node);
		return;
	}
	struct rfs_node *dir = rfs_node_get(&fs->nodes, parent);
	int r = !dir ? -ESTALE : dir->kind == RFS_NODE_DIR && strcmp(name, RFS_CONTROL_NAME) != 0 ? 0 : -ENOENT;
	if (r == 0)
		r = rfs_walk(fs, dir->fd, name, &node);
	if (r < 0) {
		rfs_views_missed(&fs->views, &fs->nodes, fuse_req_ctx(req)->pid);
		fuse_reply_err(req, -r);
		return;
	}
	if (node->kind == RFS_NODE_RING) {
		struct rfs_node *view = rfs_views_lookup(&fs->views, &fs->nodes, fuse_req_ctx(req)->pid, node);
		if (view) {
			rfs_node_unref(&fs->nodes, node);
			node = view;
		}
	}
	rfs_reply_entry(req, node);
}

void rfs_op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t nlookup)
{
	rfs_node_forget(&rfs_of(req)->nodes, ino, nlookup);
	fuse_reply_none(req);
}

void rfs_op_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
	for (size_t i = 0; i < count; i++)
		rfs_node_forget(&rfs_of(req)->nodes, forgets[i].ino, forgets[i].nlookup);
	fuse_reply_none(req);
}

void rfs_op_readlink(fuse_req_t req, fuse_ino_t ino)
{
	struct rfs_node *node = rfs_node_get(&rfs_of(req)->nodes, ino);
	char target[PATH_MAX + 1];
	ssize_t n = !node ? -1 : readlinkat(node->fd, "", target, sizeof(target) - 1);
	if (n < 0) {
		fuse_reply_err(req, node ? errno : ESTALE);
		return;
	}
	target[n] = '\0';
	fuse_reply_readlink(req, target);
}

/* The end of everything that makes a name: look it up for the kernel, or say why not. */
static void reply_new(fuse_req_t req, int r, int parent_fd, const char *name)
{
	struct rfs_node *node;
	if (r == 0)
		r = rfs_walk(rfs_of(req), parent_fd, name, &node);
	if (r < 0)
		fuse_reply_err(req, -r);
	else
		rfs_reply_entry(req, node);
}

static int create_ring(struct rfs *fs, int dir_fd, const char *name, const struct rfs_creator *creator)
{
	struct rfs_ringattr attr;
	rfs_new_attributes(fs, dir_fd, &attr);
	return rfs_store_create_ring(&fs->store, dir_fd, name, creator, &attr);
}

void rfs_op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev)
{
	(void)rdev;
	struct rfs *fs = rfs_of(req);
	struct rfs_creator creator = rfs_creator_of(req, mode);
	struct rfs_node *socket = parent == RFS_NODE_CONTROL ? rfs_handover_mknod(fs, name, mode) : NULL;
	if (socket) {
		rfs_reply_entry(req, socket);
		return;
	}
	int dir_fd = rfs_dir_fd(fs, parent, name);
	int r = dir_fd < 0 ? dir_fd : 0;
	if (r == 0 && S_ISREG(mode))
		r = create_ring(fs, dir_fd, name, &creator);
	else if (r == 0 && (S_ISFIFO(mode) || S_ISSOCK(mode)))
		r = rfs_store_create_special(&fs->store, dir_fd, name, &creator);
	else if (r == 0)
		r = -EPERM; /* devices are no business of a log mount */
	reply_new(req, r, dir_fd, name);
}

void rfs_op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	struct rfs *fs = rfs_of(req);
	struct rfs_creator creator = rfs_creator_of(req, mode);
	int dir_fd = rfs_dir_fd(fs, parent, name);
	int r = dir_fd < 0 ? dir_fd : rfs_store_create_dir(&fs->store, dir_fd, name, &creator);
	reply_new(req, r, dir_fd, name);
}

void rfs_op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	struct rfs *fs = rfs_of(req);
	struct rfs_creator creator = rfs_creator_of(req, 0777);
	int dir_fd = rfs_dir_fd(fs, parent, name);
	int r = dir_fd < 0 ? dir_fd : rfs_store_create_symlink(&fs->store, dir_fd, name, &creator, target);
	reply_new(req, r, dir_fd, name);
}

void rfs_op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t new_parent, const char *new_name)
{
	struct rfs *fs = rfs_of(req);
	struct rfs_node *node = rfs_node_get(&fs->nodes, ino);
	struct rfs_node *canonical = node ? rfs_node_canonical(&fs->nodes, node) : NULL;
	int dir_fd = rfs_dir_fd(fs, new_parent, new_name);
	int r = dir_fd < 0 ? dir_fd : 0;
	if (r == 0 && !node)
		r = -ESTALE;
	if (r == 0 && !canonical && node->kind != RFS_NODE_OTHER)
		r = -EPERM;
	if (r == 0)
		r = rfs_store_link(canonical ? canonical->fd : node->fd, dir_fd, new_name);
	reply_new(req, r, dir_fd, new_name);
}

void rfs_op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct rfs *fs = rfs_of(req);
	int dir_fd = rfs_dir_fd(fs, parent, name);
	int err = dir_fd < 0 ? -dir_fd : 0;
	if (err == 0 && unlinkat(dir_fd, name, 0) < 0)
		err = errno;
	if (err == 0)
		rfs_handover_name_gone(fs);
	fuse_reply_err(req, err);
}

/* Was that because of what the directory holds? Its defaults alone are nothing its user could remove. */
static bool is_full(int err)
{
	return err == ENOTEMPTY || err == EEXIST;
}

void rfs_op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct rfs *fs = rfs_of(req);
	int dir_fd = rfs_dir_fd(fs, parent, name);
	int err = dir_fd < 0 ? -dir_fd : 0;
	if (err == 0 && unlinkat(dir_fd, name, AT_REMOVEDIR) < 0)
		err = errno;
	struct rfs_ringattr attr;
	if (is_full(err) && dir_fd >= 0 && rfs_defaults_take_away(dir_fd, name, &attr)) {
		err = unlinkat(dir_fd, name, AT_REMOVEDIR) < 0 ? errno : 0;
		if (err != 0)
			rfs_defaults_put_back(&fs->store, dir_fd, name, &attr);
	}
	fuse_reply_err(req, err);
}

void rfs_op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t new_parent, const char *new_name,
		   unsigned flags)
{
	struct rfs *fs = rfs_of(req);
	int dir_fd = rfs_dir_fd(fs, parent, name);
	int new_dir_fd = rfs_dir_fd(fs, new_parent, new_name);
	int err = 0;
	if (dir_fd < 0)
		err = -dir_fd;
	else if (new_dir_fd < 0)
		err = -new_dir_fd;
	/* Whiteouts are device nodes. */
	else if (flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE))
		err = EINVAL;
	else if (renameat2(dir_fd, name, new_dir_fd, new_name, flags) < 0)
		err = errno;
	struct rfs_ringattr attr;
	if (is_full(err) && flags == 0 && rfs_defaults_take_away(new_dir_fd, new_name, &attr)) {
		err = renameat2(dir_fd, name, new_dir_fd, new_name, 0) < 0 ? errno : 0;
		if (err != 0)
			rfs_defaults_put_back(&fs->store, new_dir_fd, new_name, &attr);
	}
	if (err == 0)
		rfs_handover_name_gone(fs);
	fuse_reply_err(req, err);
}

void rfs_op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct rfs *fs = rfs_of(req);
	struct rfs_node *node = rfs_node_get(&fs->nodes, ino);
	struct rfs_handle *handle;
	int dir_fd = -1;
	int r = !node ? -ESTALE : 0;
	if (r == 0 && node->kind == RFS_NODE_DIR)
		r = rfs_store_open_dir(node->fd, &dir_fd);
	if (r == 0)
		r = rfs_handle_open_dir(&fs->handles, ino, dir_fd, &handle);
	if (r < 0) {
		if (dir_fd >= 0)
			close(dir_fd);
		fuse_reply_err(req, -r);
		return;
	}
	fi->fh = handle->slot.id;
	if (fuse_reply_open(req, fi) != 0)
		rfs_handle_release(&fs->handles, &fs->nodes, handle);
}

/* A directory listing being put together for one reply. */
struct listing {
	fuse_req_t req;
	char *buf;
	size_t size;
	size_t used;
};

/* False when the entry does not fit any more. */
static bool add_entry(struct listing *list, const char *name, ino_t ino, mode_t type, off_t next)
{
	struct stat st = {.st_ino = ino, .st_mode = type};
	size_t need = fuse_add_direntry(list->req, list->buf + list->used, list->size - list->used, name, &st, next);
	if (need > list->size - list->used)
		return false;
	list->used += need;
	return true;
}

static int list_store(struct listing *list, const struct rfs_handle *handle, off_t off)
{
	char entries[8192];
	if (lseek(handle->dir_fd, off, SEEK_SET) < 0)
		return -errno;
	for (;;) {
		ssize_t n = getdents64(handle->dir_fd, entries, sizeof(entries));
		if (n <= 0)
			return n < 0 ? -errno : 0;
		for (char *p = entries; p < entries + n;) {
			const struct dirent64 *e = (const struct dirent64 *)(const void *)p;
			p += e->d_reclen;
			if (strcmp(e->d_name, RFS_CONTROL_NAME) == 0)
				continue;
			if (!add_entry(list, e->d_name, (ino_t)e->d_ino, (mode_t)e->d_type << 12, e->d_off))
				return 0;
		}
	}
}

static void list_control(struct listing *list, off_t off)
{
	off_t at = 0;
	if (at++ >= off && !add_entry(list, ".", RFS_NODE_CONTROL, S_IFDIR, at))
		return;
	if (at++ >= off && !add_entry(list, "..", RFS_NODE_ROOT, S_IFDIR, at))
		return;
	for (size_t i = 0; i < N_CONTROL_FILES; i++)
		if (at++ >= off && !add_entry(list, control_files[i].name, control_files[i].node, S_IFREG, at))
			return;
}

void rfs_op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	(void)ino;
	struct rfs_handle *handle = rfs_handle_of(rfs_of(req), fi);
	struct listing list = {.req = req, .buf = (char *)rfs_session_buffer(size), .size = size};
	int r = !handle ? -EBADF : !list.buf ? -ENOMEM : 0;
	if (r == 0 && handle->dir_node == RFS_NODE_CONTROL)
		list_control(&list, off);
	else if (r == 0)
		r = list_store(&list, handle, off);
	if (r < 0 && list.used == 0)
		fuse_reply_err(req, -r);
	else
		fuse_reply_buf(req, list.buf, list.used);
}

void rfs_op_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	rfs_op_release(req, ino, fi);
}

void rfs_op_fsyncdir(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	(void)ino;
	struct rfs_handle *handle = rfs_handle_of(rfs_of(req), fi);
	int err = !handle ? EBADF : 0;
	if (err == 0 && handle->dir_fd >= 0 && (datasync ? fdatasync(handle->dir_fd) : fsync(handle->dir_fd)) < 0)
		err = errno;
	fuse_reply_err(req, err);
}
