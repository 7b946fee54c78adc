/* SPDX-License-Identifier: MIT */
/*
 * Rings that other processes have mapped: how they get them, and how the mount and they hear of each other.
 *
 * A process asks with an ioctl on its open file and fetches the ring from a socket (vmap/handover.h). The socket has
 * to be inside the mount, where a process in any mount namespace can find it; a bound socket keeps a mount busy, so
 * it is there for the moment of the hand-over only. What stays is the lifeline, a pair of sockets outside the mount:
 * while it is open the ring stays mapped here, and the process counts as one that has the ring open.
 *
 * Two threads of their own, started with the first hand-over: one for sockets, one that sleeps on the rings which
 * mapped processes may change while requests wait for them (no request is told of those changes by the kernel).
 */
#ifndef RFS_HANDOVER_H
#define RFS_HANDOVER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Clients that have a ring mapped, or are about to; each is a descriptor here. */
#define RFS_CLIENTS_MAX 4096u
/* Of those, what one user can have, unless it is the daemon's own. */
#define RFS_CLIENTS_PER_USER 1024u

struct fuse_req;
struct rfs;
struct rfs_client;
struct rfs_handle;
struct rfs_node;
struct vmap_shared;

struct rfs_handover {
	pthread_mutex_t lock; /* guards the rest; no other lock but rfs_nodes.lock is taken inside */
	struct rfs_client *clients;
	uint32_t n_clients;
	bool has_watch; /* its thread runs, */
	bool running;   /* and that for sockets, too */
	bool ends;
	int wake_fd; /* eventfd of the thread for sockets */
	pthread_t sockets_thread;
	pthread_t watch_thread;
	uint64_t told_ms; /* the watching thread's: when it last told of rings that were removed */
	uint32_t bell; /* of the thread that sleeps on rings; see vmap_shared_wait_any() */
};

void rfs_handover_init(struct rfs_handover *handover);

/*
 * The mount ends. First tell the processes (before the requests are abandoned), then, when no bind(2) can wait for an
 * answer any more, end the threads.
 */
void rfs_handover_end(struct rfs *fs);
void rfs_handover_finish(struct rfs *fs);

/* Answer VMAP_IOC_HANDOVER on @handle by @uid, now or later. */
void rfs_handover_request(struct rfs *fs, struct fuse_req *req, const struct rfs_handle *handle, uid_t uid);

/* The node of the socket that can be found as @name now, in whatever @directory, with a reference for the caller; NULL there is none. */
struct rfs_node *rfs_handover_find(struct rfs *fs, uint64_t directory, const char *name);

/* mknod(2) in /.ringfs, by our own bind(2): the socket's node with a reference, or NULL for anybody else. */
struct rfs_node *rfs_handover_mknod(struct rfs *fs, const char *name, mode_t mode);

/*
 * Up to @max nodes whose rings are to be watched, each with a reference for the caller; their number. Some client can
 * write to the ring, or one that cannot has asked to be woken.
 */
size_t rfs_handover_watched(struct rfs *fs, struct rfs_node **ret_nodes, size_t max);

/* Has a client of @node asked to be woken? */
bool rfs_handover_has_sleepers(struct rfs *fs, const struct rfs_node *node);
/* Is one of them to be woken, now that the head is at @head? Those have to ask again. */
bool rfs_handover_wake(struct rfs *fs, const struct rfs_node *node, uint64_t head);

/* Some name was removed or taken by something else: tell the clients whose ring has none left, without waiting. */
void rfs_handover_name_gone(struct rfs *fs);
/*
 * For the thread that watches rings, as often as it likes: the same once more. While a ring's shape was being changed
 * nothing could be told, or was written over by a process that changed it.
 */
void rfs_handover_tell_again(struct rfs *fs);

/* How many processes have @node's ring mapped. */
struct rfs_node_clients {
	uint32_t readers;
	uint32_t writers;
};
void rfs_handover_clients(struct rfs *fs, uint64_t node, struct rfs_node_clients *ret_clients);

#endif
