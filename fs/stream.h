/* SPDX-License-Identifier: MIT */
/*
 * Reads and writes that may have to wait, and what poll(2) says of them.
 *
 * Bounded rings are streams as in pipe(7): a read consumes, an empty ring makes readers wait and a full one
 * writers. Readers of overwrite rings wait at the end where eof=wait asks for it. Functions here are called inside
 * rfs_ring_enter() of the ring's node unless they say otherwise, and answer the request they are given.
 */
#ifndef RFS_STREAM_H
#define RFS_STREAM_H

#include <fuse_lowlevel.h>

#include "fs.h"

/*
 * Before rfs_ring_enter(), for a request that may have to wait: what ends it early. (An interrupt takes libfuse's lock of
 * the request first and the ring's then.)
 */
void rfs_stream_prepare(fuse_req_t req, struct rfs_node *node);

/* A read or write on a handle that is a stream. For each read(2) the offset counts from 0. */
void rfs_stream_read(struct rfs *fs, fuse_req_t req, struct rfs_handle *handle, size_t len, uint64_t offset,
		     bool nonblock);
void rfs_stream_write(struct rfs *fs, fuse_req_t req, struct rfs_handle *handle, const void *bytes, size_t len,
		      bool nonblock, bool sync);

/* A read of an overwrite ring with eof=wait: at the head it waits. */
void rfs_stream_read_waiting(struct rfs *fs, fuse_req_t req, struct rfs_handle *handle, size_t len, uint64_t offset);

/* The ring of @node has changed: answer who can be answered now, and tell who polls. */
void rfs_stream_wake(struct rfs *fs, struct rfs_node *node);
/* The same as far as it goes without waiting; false: a mapped writer that has stopped is in the way. */
bool rfs_stream_try_wake(struct rfs *fs, struct rfs_node *node);

/* What poll(2) gives for @handle; @ph, unless NULL, is told of the next change. */
unsigned rfs_stream_poll(struct rfs *fs, struct rfs_handle *handle, struct fuse_pollhandle *ph);

#endif
