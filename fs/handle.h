/* SPDX-License-Identifier: MIT */
/* Handles: what the kernel gives back with each request on an open file or directory. */
#ifndef RFS_HANDLE_H
#define RFS_HANDLE_H

#include <pthread.h>
#include <stdint.h>

#include "node.h"
#include "table.h"
#include "view.h"

enum rfs_handle_kind { RFS_HANDLE_RING, RFS_HANDLE_DIR, RFS_HANDLE_TEXT };

struct rfs_handle {
	struct rfs_slot slot;
	enum rfs_handle_kind kind;

	/* RING: the canonical node, mapped and referred to while the handle lives */
	uint64_t node;
	struct vmap_shared *ring;
	struct rfs_cursor cursor;

	/* DIR */
	int dir_fd;
	uint64_t dir_node;

	/* TEXT: a control file, rendered when it was opened */
	char *text;
	size_t text_len;
};

struct rfs_handles {
	pthread_mutex_t lock; /* guards the table; a handle itself is its requests' own until release */
	struct rfs_table table;
};

void rfs_handles_init(struct rfs_handles *handles);
/* Close what the kernel had not released; no thread uses the handles any more. */
void rfs_handles_finish(struct rfs_handles *handles);

struct rfs_handle_ring_options {
	enum vmap_align align;
	bool clear;    /* O_TRUNC: before the handle's origin is set */
	bool writable; /* reads what it has written, at the offsets of a plain file */
};

/* Each takes over what it is given only on success. -ENFILE when the table is full. */
int rfs_handle_open_ring(struct rfs_handles *handles, struct rfs_nodes *nodes, struct rfs_node *canonical,
			 struct rfs_node *view, const struct rfs_handle_ring_options *options,
			 struct rfs_handle **ret_handle);
int rfs_handle_open_dir(struct rfs_handles *handles, uint64_t node, int dir_fd, struct rfs_handle **ret_handle);
int rfs_handle_open_text(struct rfs_handles *handles, char *text, size_t len, struct rfs_handle **ret_handle);

/* NULL for an id that is not open. */
struct rfs_handle *rfs_handle_get(struct rfs_handles *handles, uint64_t id);
void rfs_handle_release(struct rfs_handles *handles, struct rfs_nodes *nodes, struct rfs_handle *handle);

/* Open handles. */
uint32_t rfs_handles_count(struct rfs_handles *handles);

#endif
