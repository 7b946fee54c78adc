/* SPDX-License-Identifier: MIT */
/*
 * Requests that wait: for bytes, for room, and for poll(2) to have something to say.
 *
 * A waiting request is kept here and answered later, by whoever changes what it waits for. No thread waits,
 * so any number of readers and writers may be blocked while the mount answers others as ever.
 */
#ifndef RFS_PARK_H
#define RFS_PARK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct fuse_req;
struct fuse_pollhandle;
struct rfs;
struct rfs_handle;
struct rfs_node;

enum rfs_park_line { RFS_PARK_READERS, RFS_PARK_WRITERS, RFS_N_PARK_LINES };

/* What the copies of waiting writes take, by user: so many at a time, and the last for all beyond those. */
#define RFS_PARK_USERS 64u
struct rfs_park_users {
	pthread_mutex_t lock; /* taken inside rfs_node.park.lock; what is given back is without it */
	struct rfs_park_user {
		uid_t uid; /* counts while there are bytes */
		_Atomic size_t bytes;
	} users[RFS_PARK_USERS];
};

/* One waiting read(2) or write(2). */
struct rfs_parked {
	struct fuse_req *req;
	struct rfs_handle *handle; /* open as long as the kernel waits for the answer */
	uint64_t offset;           /* of a read */
	size_t len;
	uint8_t *bytes; /* of a write: a copy, */
	struct rfs_park_user *user; /* and whose */
	size_t done;    /* of a write: bytes that are in the ring */
	bool sync;      /* of a write: to the disk before it is answered */
	struct rfs_parked *next, *previous;
};

/* What waits on one ring, and how it is open. Everything is under the lock. */
struct rfs_park {
	pthread_mutex_t lock;
	struct rfs_parked *first[RFS_N_PARK_LINES]; /* served in the order of arrival */
	struct rfs_parked *last[RFS_N_PARK_LINES];
	uint64_t polled;     /* ids of handles with a poll handle, chained by rfs_handle.next_polled */
	uint64_t line_owner; /* id of the handle that has read a line of a bounded ring in part, 0 for none, */
	uint64_t line_at;    /* and the position of the rest: only while the tail is there does the owner count */
	uint32_t n_readers;  /* open handles that may read, */
	uint32_t n_writers;  /* and that may write */
	uint32_t n_waiting;  /* in both lines */
	uint32_t n_mapped_writers; /* of n_writers, processes that have the ring mapped */
	bool is_stuck;       /* a mapped writer has stopped with the ring's lock: rfs_ring_unstick() */
	bool is_rescued;     /* a thread waits for that writer: rfs_lockout_wake() */
	uint8_t *put_back;   /* consumed for a reader that was gone: the next one's. Before all that is in the ring */
	size_t put_back_len;
};

/* Does anything wait, or poll? Takes the lock. */
bool rfs_park_is_busy(struct rfs_park *park);

void rfs_park_users_init(struct rfs_park_users *users);
void rfs_park_users_finish(struct rfs_park_users *users);
void rfs_park_init(struct rfs_park *park);
void rfs_park_finish(struct rfs_park *park);

/*
 * Under node->park.lock. Put a request whose interrupt function is set at the end of a line; @bytes is copied for a write (NULL for a read).
 * 0: it is parked and may be answered at any time once the lock is left. -EINTR it was interrupted already,
 * -ENOMEM, also for what its user has waiting already: the caller answers it.
 */
int rfs_park_add(struct rfs_park_users *users, struct rfs_node *node, enum rfs_park_line line, const struct rfs_parked *what, const void *bytes);

/* Under the lock: out of its line; the caller answers it and then frees it. */
void rfs_park_remove(struct rfs_park *park, enum rfs_park_line line, struct rfs_parked *parked);
void rfs_parked_free(struct rfs_parked *parked);
/* Under the lock: the one that waits for @req, or any when that is NULL, taken out; NULL when there is none. */
struct rfs_parked *rfs_park_take(struct rfs_park *park, const struct fuse_req *req);
/* Answer it with @error, or with what a write that is cut short has written, and free it. */
void rfs_parked_end(struct rfs_parked *parked, int error);

/* Under the lock: @ph is what to tell when the ring of @handle changes next. */
void rfs_park_set_poll(struct rfs_park *park, struct rfs_handle *handle, struct fuse_pollhandle *ph);
/* Under the lock: @handle is about to go. */
void rfs_park_forget_poll(struct rfs *fs, struct rfs_park *park, struct rfs_handle *handle);
/* Under the lock: tell all who poll that the ring has changed; they ask again. */
void rfs_park_notify(struct rfs *fs, struct rfs_park *park);

/* Answer all that wait anywhere with @error: the mount ends. */
void rfs_park_abandon(struct rfs *fs, int error);

#endif
