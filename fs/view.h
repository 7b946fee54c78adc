/* SPDX-License-Identifier: MIT */
/*
 * Views: how each reader of a ring gets an inode, and what its reads return.
 *
 * The kernel sends no file handle with fstat(2), so two readers that must see different sizes need two
 * inodes, while watches and writers must keep hitting one. So an OPEN for reading on the canonical node
 * is answered ESTALE once. The kernel then walks the path again with LOOKUP_REVAL, and the LOOKUP that
 * comes from the same thread is answered with a fresh view node, on which the second OPEN lands.
 */
#ifndef RFS_VIEW_H
#define RFS_VIEW_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <vmap/shared.h>

#include "node.h"
#include "ringattr.h"

/* Threads that may be between an ESTALE and their second OPEN at one time, */
#define RFS_PENDING_MAX 4096u
/* and those of one user, who may leave as many behind as he likes; more are served without. */
#define RFS_PENDING_PER_USER (RFS_PENDING_MAX / 2)

/* A thread that was told ESTALE and has not come back with its OPEN yet. */
struct rfs_pending {
	pid_t tid;
	uid_t uid;
	uint64_t canonical; /* node id; 0 when it came to nothing in time, and holds nothing any more */
	uint64_t view;      /* node id, 0 until its LOOKUP came */
	uint64_t since_ms;
};

struct rfs_views {
	pthread_mutex_t lock; /* guards pending; rfs_nodes.lock is taken inside it */
	struct rfs_pending pending[RFS_PENDING_MAX];
	uint32_t n_pending; /* in use, from the front */
};

void rfs_views_init(struct rfs_views *views);
void rfs_views_finish(struct rfs_views *views);

/*
 * A thread opens the canonical node for reading. True: answer ESTALE, its LOOKUP will get a view. False:
 * serve it on the canonical node, since it has been told already, or cannot be told from others (@tid 0), or too many others of
 * @uid are in the middle of it.
 */
bool rfs_views_begin(struct rfs_views *views, struct rfs_nodes *nodes, pid_t tid, uid_t uid, struct rfs_node *canonical);

/* A LOOKUP by @tid has found @canonical: its view with a reference for the caller if it is in such an open, else NULL. */
struct rfs_node *rfs_views_lookup(struct rfs_views *views, struct rfs_nodes *nodes, pid_t tid,
				  struct rfs_node *canonical);

/*
 * A LOOKUP by @tid found nothing: it may be the end of its open, or the first of the two that the kernel sends
 * (another ring can have the name by the second). What the open held is let go.
 */
void rfs_views_missed(struct rfs_views *views, struct rfs_nodes *nodes, pid_t tid);

/* The open of @tid is over: its second OPEN has come on a view, or it has become a CREATE. */
void rfs_views_end(struct rfs_views *views, struct rfs_nodes *nodes, pid_t tid);

/* The longest rest of a line that a cursor remembers, see struct rfs_cursor. */
#define RFS_CARRY_MAX ((size_t)65536)

/* Where one handle reads: its place in the ring, and what it has promised its reader. */
struct rfs_cursor {
	pthread_mutex_t lock;     /* guards all below */
	/* Position of offset 0: the view's, or own_origin. Modulo 2^64: marks can take it below 0. */
	_Atomic uint64_t *origin;
	_Atomic uint64_t own_origin;
	uint64_t next_offset; /* where the last read ended: a read from here is sequential */
	uint64_t head_at_open;
	bool has_read;
	bool follows_clear;   /* a clear moves the origin at once, not only when the reader goes back to the start */
	/*
	 * The rest of the line in which the last read ended. If the reader is overrun before it comes back,
	 * it still gets that line whole.
	 */
	struct rfs_carry {
		uint8_t *bytes;
		size_t len;
		uint64_t pos; /* position of bytes[0] */
	} carry, next_carry; /* the second is where the next one is put together */
	/* With lost=mark: the line that tells of a loss, from the byte on that the reader has not got yet. */
	struct rfs_mark {
		char text[64];
		size_t len;
		size_t done;
	} mark;
	uint8_t last_byte; /* that a sequential read gave */
	uint64_t resumed; /* position at which the last read that skipped bytes went on */
	uint64_t lost;    /* bytes that were lost to it */
};

/* What counts for one read. */
struct rfs_cursor_how {
	enum vmap_align align;
	unsigned lost; /* RFS_LOST_* */
};

void rfs_cursor_init(struct rfs_cursor *cursor, const struct vmap_shared *ring, enum vmap_align align,
		     struct rfs_node *view);
void rfs_cursor_finish(struct rfs_cursor *cursor);

/*
 * Read @len bytes at @offset as a plain file would give them, 0 at the head. *ret_lost is what was lost
 * to this read. Sequential reads skip what was overwritten and move the origin; others get zeros there.
 * -EPIPE with RFS_LOST_ERROR: the loss is counted and skipped, the next read goes on. -ESTALE a mapped process
 * has given the ring another shape: nothing is changed.
 */
ssize_t rfs_cursor_read(struct rfs_cursor *cursor, const struct vmap_shared *ring, const struct rfs_cursor_how *how,
			uint64_t offset, uint8_t *dst, size_t len, uint64_t *ret_lost);

/* Where it is, for its reader. */
struct ringfs_place;
void rfs_cursor_place(struct rfs_cursor *cursor, struct ringfs_place *ret_place);

/* What a read where the last one ended would find. */
struct rfs_cursor_events {
	bool has_bytes;
	bool is_overrun;
};

void rfs_cursor_poll(struct rfs_cursor *cursor, const struct vmap_shared *ring, struct rfs_cursor_events *ret_events);

/* SEEK_DATA (@data true) or SEEK_HOLE from @offset: the offset found, or -ENXIO. */
int64_t rfs_cursor_seek(struct rfs_cursor *cursor, const struct vmap_shared *ring, uint64_t offset, bool data);

#endif
