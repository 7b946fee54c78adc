/* SPDX-License-Identifier: MIT */
/*
 * Nodes: what the kernel knows by a node id.
 *
 * A name resolves to the canonical node of what it stands for; each reader of a ring gets a view node
 * of its own beside it (view.h). A node lives while the kernel has it looked up or something here refers
 * to it.
 */
#ifndef RFS_NODE_H
#define RFS_NODE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include <vmap/shared.h>

#include "park.h"
#include "store.h"
#include "table.h"

enum rfs_node_kind {
	RFS_NODE_DIR,
	RFS_NODE_RING,
	RFS_NODE_VIEW,         /* one reader's inode of a ring */
	RFS_NODE_OTHER,        /* symbolic link, FIFO, socket: the kernel's own business */
	RFS_NODE_CONTROL_DIR,  /* /.ringfs */
	RFS_NODE_CONTROL_FILE, /* /.ringfs/NAME */
	RFS_NODE_SOCKET,       /* where a ring is handed over, for a moment; see handover.h */
};

/* Fixed ids: the first slots of the table, never freed. */
enum { RFS_NODE_ROOT = 1, RFS_NODE_CONTROL = 2, RFS_NODE_METRICS = 3, RFS_NODE_VERSION = 4 };

/* The origin of a view that nobody has opened yet: as far from every position as can be. */
#define RFS_ORIGIN_NONE ((uint64_t)1 << 63)

struct rfs_node {
	struct rfs_slot slot;
	enum rfs_node_kind kind;
	int fd;           /* O_PATH; -1 for views and control nodes */
	dev_t dev;        /* with ino: what the hash finds it by */
	ino_t ino;
	uint64_t lookups; /* the kernel's; under rfs_nodes.lock */
	uint64_t refs;    /* ours: views of it, pending opens; under rfs_nodes.lock */
	uint64_t hash_next;

	/* RING */
	_Atomic bool has_set_id;   /* its mode has S_ISUID or S_ISGID; written under ring_lock */
	pthread_mutex_t ring_lock; /* guards ring and users; taken after rfs_nodes.lock is left */
	struct vmap_shared *ring;  /* this process's mapping while users > 0 */
	uint32_t users;
	/*
	 * Held for reading around every use of the mapping, for writing while a resize replaces it. See
	 * rfs_ring_enter().
	 */
	pthread_rwlock_t shape_lock;
	struct rfs_park park; /* who waits for it, and how often it is open */
	uint64_t locks;       /* ids of its advisory locks, chained; under rfs_locks.lock */

	/* VIEW */
	uint64_t canonical;      /* id of the ring's node */
	_Atomic uint64_t origin; /* position that offset 0 stands for, modulo 2^64 */
	_Atomic uint64_t lost;   /* bytes that its reader missed */
};

struct rfs_nodes {
	pthread_mutex_t lock; /* guards the table, the hash and all counts */
	struct rfs_table table;
	uint64_t *buckets;
	size_t n_buckets;     /* a power of two */
	size_t n_hashed;      /* nodes with a descriptor */
	uint64_t n_forgotten; /* ... that there were */
	/* See prune.h. */
	size_t crowd;           /* so many of those are enough */
	pthread_cond_t crowded; /* there are more, or this is the end */
	bool ends;
};

/* Make the fixed nodes; @root_fd is borrowed. -ENOMEM. */
int rfs_nodes_init(struct rfs_nodes *nodes, int root_fd);
/* Forget all nodes and close what they hold; no thread uses them any more. */
void rfs_nodes_finish(struct rfs_nodes *nodes);

/* The node of a live id: one that the kernel or a reference holds. NULL for a made-up one. */
struct rfs_node *rfs_node_get(struct rfs_nodes *nodes, uint64_t id);

/*
 * The canonical node of what @path_fd stands for, made if need be, with one reference for the caller.
 * Takes over @path_fd in every case. -ENFILE when the table is full, -ENOMEM.
 */
int rfs_node_find(struct rfs_nodes *nodes, int path_fd, const struct stat *st, struct rfs_node **ret_node);

/* A fresh view of the ring @canonical with one reference for the caller; it refers to @canonical itself. */
int rfs_node_create_view(struct rfs_nodes *nodes, struct rfs_node *canonical, struct rfs_node **ret_view);

/* A node for a socket that no store knows of, with one reference for the caller. */
int rfs_node_create_socket(struct rfs_nodes *nodes, struct rfs_node **ret_node);

void rfs_node_ref(struct rfs_nodes *nodes, struct rfs_node *node);
void rfs_node_unref(struct rfs_nodes *nodes, struct rfs_node *node);

/* The kernel was told of the node once more, or has forgotten it @n times. */
void rfs_node_add_lookup(struct rfs_nodes *nodes, struct rfs_node *node);
void rfs_node_forget(struct rfs_nodes *nodes, uint64_t id, uint64_t n);

/* The ring behind a RING or VIEW node: its canonical node. NULL for other kinds. */
struct rfs_node *rfs_node_canonical(struct rfs_nodes *nodes, struct rfs_node *node);

/* Map the ring of a canonical RING node, or share its mapping; each success is paired with rfs_node_unmap(). */
int rfs_node_map(struct rfs_node *node, struct vmap_shared **ret_ring);
void rfs_node_unmap(struct rfs_node *node);
/* Has a process that has the ring mapped given it another shape? Then rfs_node_follow(), with the shape lock for writing. */
bool rfs_node_has_moved(struct rfs_node *node);
void rfs_node_follow(struct rfs_node *node);
/* Open the file of a canonical RING node past its mode; O_RDONLY or O_RDWR. The caller closes *ret_fd. */
int rfs_node_open_file(struct rfs_node *node, int access, int *ret_fd);
/* The same for reading by others, see rfs_store_open_sealed(). */
int rfs_node_open_sealed(struct rfs_node *node, int *ret_fd);

/* Change the mode; not while the ring is being opened past it (rfs_store_open_ring()). */
int rfs_node_chmod(struct rfs_node *node, mode_t mode);
/*
 * Somebody without privileges changes what is in a canonical RING: its set-id bits go, as on any file system. The kernel leaves
 * that to us for direct I/O and for O_TRUNC.
 */
void rfs_node_drop_set_id(struct rfs_node *node);

/* The ring's state, from the mapping (inside rfs_ring_enter(), without park.lock) or else from the file. */
int rfs_node_ring_state(struct rfs_node *node, struct vmap_shared_state *ret_state);

/* stat(2) of a RING's file; not while it is being opened past its mode. */
int rfs_node_stat(struct rfs_node *node, struct stat *ret_stat);

/* How often a ring is open. */
struct rfs_node_users {
	uint32_t readers;
	uint32_t writers;
	uint32_t waiting;
};
void rfs_node_users(struct rfs_node *node, struct rfs_node_users *ret_users);

/*
 * With the lock: ids of at most @max nodes that nothing here refers to, from slot *hand on, round and round, looking at no
 * more than *left slots, and not at too many in one call; both move on. The number of ids.
 */
size_t rfs_nodes_unused(struct rfs_nodes *nodes, uint32_t *hand, uint32_t *left, uint64_t *ids, size_t max);

/* Live nodes. */
uint32_t rfs_nodes_count(struct rfs_nodes *nodes);

#endif
