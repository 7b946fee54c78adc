/* SPDX-License-Identifier: MIT */
/* FUSE requests in, one reply out each. What is decided here is who answers; how rings work is elsewhere. */
#ifndef RFS_OPS_H
#define RFS_OPS_H

#include <fuse_lowlevel.h>

#include "fs.h"

extern const struct fuse_lowlevel_ops rfs_ops;

/* The largest read or write in one request, which is what the kernel allows. */
#define RFS_REQUEST_MAX ((size_t)1 << 20)

static inline struct rfs *rfs_of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

static inline struct rfs_handle *rfs_handle_of(struct rfs *fs, const struct fuse_file_info *fi)
{
	return rfs_handle_get(&fs->handles, fi->fh);
}

/* Answer with @node, on which the caller holds a reference; it passes on to the kernel's lookup. */
void rfs_reply_entry(fuse_req_t req, struct rfs_node *node);
/* Fill @entry for @node; 0 or a negative errno. */
int rfs_fill_entry(struct rfs *fs, struct rfs_node *node, struct fuse_entry_param *entry);

/* The descriptor of a directory node whose names may be changed, or a negative errno. */
int rfs_dir_fd(struct rfs *fs, fuse_ino_t parent, const char *name);
struct rfs_creator rfs_creator_of(fuse_req_t req, mode_t mode);
/* The canonical node behind @name, with a reference. */
int rfs_walk(struct rfs *fs, int parent_fd, const char *name, struct rfs_node **ret_node);

/* What a ring that is made in the directory gets: its own defaults, those above it, the mount's. -ENFILE, -ENOMEM. */
int rfs_new_attributes(struct rfs *fs, int dir_fd, struct rfs_ringattr *ret_attr);

/* What a program is told when a ring cannot be mapped: the reason goes into the log, EIO to the program. */
int rfs_ring_error(int r, const struct rfs_node *node);
/* A line in the log about the file of @node, "the file ... in the store" and @what, unless there were too many. */
void rfs_ring_complain(const struct rfs_node *node, const char *what);

/* ops_names.c */
void rfs_op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name);
void rfs_op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t nlookup);
void rfs_op_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets);
void rfs_op_readlink(fuse_req_t req, fuse_ino_t ino);
void rfs_op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev);
void rfs_op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode);
void rfs_op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name);
void rfs_op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t new_parent, const char *new_name);
void rfs_op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name);
void rfs_op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name);
void rfs_op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t new_parent, const char *new_name,
		   unsigned flags);
void rfs_op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void rfs_op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi);
void rfs_op_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void rfs_op_fsyncdir(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi);

/* ops_data.c */
/*
 * Can a read of @len bytes be one that the kernel has cut out of a longer read(2)? It asks for more then, if it gets them
 * all: and that must not wait, for the program has got something already.
 */
bool rfs_read_may_be_cut(const struct rfs *fs, size_t len);

/*
 * Inside rfs_ring_enter(): answer a read of an overwrite ring. False: nothing is there, or a mapped process has given the ring
 * another shape since; it is not answered.
 */
bool rfs_read_overwrite(struct rfs *fs, fuse_req_t req, struct rfs_handle *handle, size_t len, uint64_t offset);
/* What a program is told of an append that failed with @r: where a mapped process plays tricks with lock, shape or header, EIO. */
int rfs_write_error(int r);
void rfs_op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, struct fuse_file_info *fi);
void rfs_op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void rfs_op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi);
void rfs_op_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size, off_t off, struct fuse_file_info *fi);
void rfs_op_lseek(fuse_req_t req, fuse_ino_t ino, off_t off, int whence, struct fuse_file_info *fi);
void rfs_op_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi);
void rfs_op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);

/* ops_locks.c */
void rfs_lock_done(void *request, int result);
void rfs_op_flock(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi, int op);
void rfs_op_setlk(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi, struct flock *lock, int sleep);
void rfs_op_getlk(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi, struct flock *lock);
void rfs_op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);

/* ops_wait.c */
void rfs_op_poll(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi, struct fuse_pollhandle *ph);
void rfs_op_ioctl(fuse_req_t req, fuse_ino_t ino, unsigned int cmd, void *arg, struct fuse_file_info *fi, unsigned flags,
		  const void *in_buf, size_t in_len, size_t out_len);
/* fuse_reply_open() and fuse_reply_create(), for handles that may be streams. */
int rfs_reply_open(fuse_req_t req, const struct rfs_handle *handle, const struct fuse_file_info *fi);
int rfs_reply_create(fuse_req_t req, const struct rfs_handle *handle, const struct fuse_entry_param *entry,
		     const struct fuse_file_info *fi);

/* ops_xattr.c */
void rfs_op_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size);
void rfs_op_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size);
void rfs_op_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name, const char *value, size_t size, int flags);
void rfs_op_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name);

/* ops_attrs.c */
void rfs_op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void rfs_op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set, struct fuse_file_info *fi);
void rfs_op_statfs(fuse_req_t req, fuse_ino_t ino);

#endif
