/* SPDX-License-Identifier: MIT */
/* Handles: what the kernel gives back with each request on an open file or directory. */
#ifndef RFS_HANDLE_H
#define RFS_HANDLE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "node.h"
#include "table.h"
#include "view.h"

struct rfs;
struct fuse_pollhandle;

enum rfs_handle_kind { RFS_HANDLE_RING, RFS_HANDLE_DIR, RFS_HANDLE_TEXT };

struct rfs_handle {
	struct rfs_slot slot;
	enum rfs_handle_kind kind;

	/* RING: the canonical node, mapped and referred to while the handle lives */
	uint64_t node;
	uint64_t view; /* id of the node it was opened on beside that, 0 for none */
	struct vmap_shared *ring;
	bool readable;
	bool writable;
	bool is_stream; /* the ring was bounded when it was opened; its policy stays while it is open */
	/* A write that waits holds the lock of its inode in the kernel: on the one that names lead to it does not. */
	bool write_waits;
	struct rfs_cursor cursor; /* of an overwrite ring */
	/* Offsets at which its last read and write ended, 0 before: where the file position is, as long as nobody seeks. */
	_Atomic uint64_t read_end;
	_Atomic uint64_t write_end;
	/* Below: under the park's lock of the node. */
	struct fuse_pollhandle *poll; /* whom to tell of a change, NULL when nobody asked */
	uint64_t next_polled;
	uint64_t poll_room; /* bytes that the last O_NONBLOCK write had no room for, else 0 */
	uint64_t more_at;   /* offset at which the kernel goes on with a read(2) that it has cut, else 0 */
	bool peeks;         /* its reads consume nothing: they go on from peek_pos */
	uint64_t peek_pos;

	/* DIR */
	int dir_fd;
	uint64_t dir_node;

	/* TEXT: a control file, rendered when it was opened */
	char *text;
	size_t text_len;
	uid_t text_uid;
	struct rfs_handle *next_text; /* under the lock of the handles */
};

struct rfs_handles {
	pthread_mutex_t lock; /* guards the table; a handle itself is its requests' own until release */
	struct rfs_table table;
	struct rfs_handle *texts;
};

void rfs_handles_init(struct rfs_handles *handles);
/* Close what the kernel had not released; no thread uses the handles any more. */
void rfs_handles_finish(struct rfs_handles *handles);

struct rfs_handle_ring_options {
	uint64_t mount_choices; /* for what the ring leaves open */
	bool clear;    /* O_TRUNC: before the handle's origin is set */
	bool readable;
	bool writable; /* in an overwrite ring: reads what it has written, at the offsets of a plain file */
};

/*
 * Each takes over what it is given only on success. -ENFILE when the table is full. A ring is opened and released
 * inside rfs_ring_enter() of its node, after rfs_node_map() and before rfs_node_unmap() by the caller.
 */
int rfs_handle_open_ring(struct rfs_handles *handles, struct rfs_nodes *nodes, struct rfs_node *canonical,
			 struct rfs_node *view, const struct rfs_handle_ring_options *options,
			 struct rfs_handle **ret_handle);
int rfs_handle_open_dir(struct rfs_handles *handles, uint64_t node, int dir_fd, struct rfs_handle **ret_handle);
/* For @uid. -EBUSY it has too many open: the text of many rings is long. */
int rfs_handle_open_text(struct rfs_handles *handles, char *text, size_t len, uid_t uid, struct rfs_handle **ret_handle);

/* NULL for an id that is not open. */
/* The ring handle is no reader, writer or poller any more; before rfs_handle_release(), inside rfs_ring_enter(). */
void rfs_handle_leave_ring(struct rfs *fs, struct rfs_handle *handle);

struct rfs_handle *rfs_handle_get(struct rfs_handles *handles, uint64_t id);
void rfs_handle_release(struct rfs_handles *handles, struct rfs_nodes *nodes, struct rfs_handle *handle);

/* Open handles. */
uint32_t rfs_handles_count(struct rfs_handles *handles);

#endif
