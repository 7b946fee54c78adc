/* SPDX-License-Identifier: MIT */
/*
 * The node table and the hash that finds a canonical node by (device, inode).
 *
 * Invariants:
 * I1 One canonical node for each file of the store that is known: the node's descriptor pins the inode,
 *    so (dev, ino) cannot come to mean another file while the node lives.
 * I2 A node is freed when lookups and refs are both 0, never earlier, never later. The fixed nodes stay.
 * I3 A view holds a reference on its canonical node: kernels forget the two in any order.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "node.h"

#define SET_ID (S_ISUID | S_ISGID)

static struct rfs_node *node_at(struct rfs_nodes *nodes, uint64_t id)
{
	return rfs_table_get(&nodes->table, id);
}

static size_t bucket_of(const struct rfs_nodes *nodes, dev_t dev, ino_t ino)
{
	uint64_t x = (uint64_t)ino * 0x9e3779b97f4a7c15u ^ (uint64_t)dev;
	return (size_t)((x ^ x >> 32) & (nodes->n_buckets - 1));
}

static void hash_insert(struct rfs_nodes *nodes, struct rfs_node *node)
{
	size_t b = bucket_of(nodes, node->dev, node->ino);
	node->hash_next = nodes->buckets[b];
	nodes->buckets[b] = node->slot.id;
	nodes->n_hashed++;
}

static void hash_remove(struct rfs_nodes *nodes, struct rfs_node *node)
{
	uint64_t *link = &nodes->buckets[bucket_of(nodes, node->dev, node->ino)];
	while (*link != node->slot.id)
		link = &node_at(nodes, *link)->hash_next;
	*link = node->hash_next;
	nodes->n_hashed--;
	nodes->n_forgotten++;
}

/* Keep chains short; a table that cannot grow merely gets slower. */
static void hash_grow(struct rfs_nodes *nodes)
{
	if (nodes->n_hashed < nodes->n_buckets)
		return;
	size_t n_old = nodes->n_buckets;
	uint64_t *old = nodes->buckets;
	uint64_t *buckets = calloc(n_old * 2, sizeof(*buckets));
	if (!buckets)
		return;
	nodes->buckets = buckets;
	nodes->n_buckets = n_old * 2;
	nodes->n_hashed = 0;
	for (size_t b = 0; b < n_old; b++) {
		for (uint64_t id = old[b]; id != 0;) {
			struct rfs_node *node = node_at(nodes, id);
			id = node->hash_next;
			hash_insert(nodes, node);
		}
	}
	free(old);
}

/* Who changes the shape does not wait for ever behind readers that keep coming. */
static void shape_lock_init(pthread_rwlock_t *lock)
{
	pthread_rwlockattr_t attr;
	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(lock, &attr);
	pthread_rwlockattr_destroy(&attr);
}

static struct rfs_node *node_alloc(struct rfs_nodes *nodes, enum rfs_node_kind kind)
{
	struct rfs_node *node = rfs_table_alloc(&nodes->table);
	if (!node)
		return NULL;
	if (node->slot.id == node->slot.index) { /* generation 0: the slot's first use */
		pthread_mutex_init(&node->ring_lock, NULL);
		shape_lock_init(&node->shape_lock);
		rfs_park_init(&node->park);
	}
	node->kind = kind;
	node->fd = -1;
	node->dev = 0;
	node->ino = 0;
	node->lookups = 0;
	node->refs = 1;
	node->hash_next = 0;
	node->ring = NULL;
	node->users = 0;
	node->locks = 0;
	node->canonical = 0;
	atomic_store_explicit(&node->origin, RFS_ORIGIN_NONE, memory_order_relaxed);
	atomic_store_explicit(&node->lost, 0, memory_order_relaxed);
	return node;
}

int rfs_nodes_init(struct rfs_nodes *nodes, int root_fd)
{
	static const enum rfs_node_kind fixed[] = {
		RFS_NODE_DIR, RFS_NODE_CONTROL_DIR, RFS_NODE_CONTROL_FILE, RFS_NODE_CONTROL_FILE,
	};
	*nodes = (struct rfs_nodes){.n_buckets = 1024, .crowd = SIZE_MAX};
	rfs_table_init(&nodes->table, sizeof(struct rfs_node));
	pthread_mutex_init(&nodes->lock, NULL);
	pthread_condattr_t attr;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&nodes->crowded, &attr);
	pthread_condattr_destroy(&attr);
	nodes->buckets = calloc(nodes->n_buckets, sizeof(*nodes->buckets));
	if (!nodes->buckets)
		return -ENOMEM;
	/* RFS_NODE_ROOT to RFS_NODE_VERSION, in that order; each keeps its first reference for ever (I2). */
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		struct rfs_node *node = node_alloc(nodes, fixed[i]);
		if (!node)
			return -ENOMEM;
		node->ino = node->slot.index;
	}
	node_at(nodes, RFS_NODE_ROOT)->fd = root_fd;
	return 0;
}

static void node_close(struct rfs_node *node)
{
	vmap_shared_close(node->ring);
	node->ring = NULL;
	if (node->fd >= 0)
		close(node->fd);
	node->fd = -1;
}

void rfs_nodes_finish(struct rfs_nodes *nodes)
{
	for (uint32_t i = RFS_NODE_ROOT; i < nodes->table.used; i++) {
		/* Any generation: what the kernel had not forgotten at unmount is in use still. */
		struct rfs_node *node = rfs_table_at(&nodes->table, i);
		if (node->slot.id != 0 && i != RFS_NODE_ROOT)
			node_close(node);
		pthread_mutex_destroy(&node->ring_lock);
		pthread_rwlock_destroy(&node->shape_lock);
		rfs_park_finish(&node->park);
	}
	rfs_table_finish(&nodes->table);
	free(nodes->buckets);
	pthread_cond_destroy(&nodes->crowded);
	pthread_mutex_destroy(&nodes->lock);
}

struct rfs_node *rfs_node_get(struct rfs_nodes *nodes, uint64_t id)
{
	return node_at(nodes, id);
}

static enum rfs_node_kind kind_of(mode_t mode)
{
	if (S_ISDIR(mode))
		return RFS_NODE_DIR;
	return S_ISREG(mode) ? RFS_NODE_RING : RFS_NODE_OTHER;
}

static struct rfs_node *hash_find(struct rfs_nodes *nodes, dev_t dev, ino_t ino)
{
	uint64_t id = nodes->buckets[bucket_of(nodes, dev, ino)];
	while (id != 0) {
		struct rfs_node *node = node_at(nodes, id);
		if (node->ino == ino && node->dev == dev)
			return node;
		id = node->hash_next;
	}
	return NULL;
}

int rfs_node_find(struct rfs_nodes *nodes, int path_fd, const struct stat *st, struct rfs_node **ret_node)
{
	pthread_mutex_lock(&nodes->lock);
	struct rfs_node *node = hash_find(nodes, st->st_dev, st->st_ino);
	int spare_fd = path_fd;
	if (node) {
		node->refs++;
	} else {
		node = node_alloc(nodes, kind_of(st->st_mode));
		if (node) {
			node->fd = path_fd;
			node->dev = st->st_dev;
			node->ino = st->st_ino;
			atomic_store_explicit(&node->has_set_id, (st->st_mode & SET_ID) != 0, memory_order_relaxed);
			hash_grow(nodes);
			hash_insert(nodes, node);
			spare_fd = -1;
			if (nodes->n_hashed == nodes->crowd + 1)
				pthread_cond_signal(&nodes->crowded);
		}
	}
	pthread_mutex_unlock(&nodes->lock);
	if (spare_fd >= 0)
		close(spare_fd);
	if (!node)
		return -ENFILE;
	*ret_node = node;
	return 0;
}

int rfs_node_create_view(struct rfs_nodes *nodes, struct rfs_node *canonical, struct rfs_node **ret_view)
{
	pthread_mutex_lock(&nodes->lock);
	struct rfs_node *view = node_alloc(nodes, RFS_NODE_VIEW);
	if (view) {
		view->canonical = canonical->slot.id;
		canonical->refs++; /* keeps I3 */
	}
	pthread_mutex_unlock(&nodes->lock);
	if (!view)
		return -ENFILE;
	*ret_view = view;
	return 0;
}

int rfs_node_create_socket(struct rfs_nodes *nodes, struct rfs_node **ret_node)
{
	pthread_mutex_lock(&nodes->lock);
	struct rfs_node *node = node_alloc(nodes, RFS_NODE_SOCKET);
	pthread_mutex_unlock(&nodes->lock);
	if (!node)
		return -ENFILE;
	*ret_node = node;
	return 0;
}

/*
 * Under the lock: free what nobody holds any more (keeps I2), and what only that one held. The result is the
 * descriptor to close when the lock is left, or -1: the last one of a large deleted ring takes its time.
 */
static int free_unused(struct rfs_nodes *nodes, struct rfs_node *node)
{
	int fd = -1;
	while (node && node->refs == 0 && node->lookups == 0) {
		struct rfs_node *next = NULL;
		if (node->kind == RFS_NODE_VIEW) {
			next = node_at(nodes, node->canonical);
			next->refs--;
		} else if (node->kind != RFS_NODE_SOCKET) {
			hash_remove(nodes, node);
			fd = node->fd; /* at most one: a view leads to its ring, and a ring to nothing */
		}
		node->fd = -1;
		rfs_table_free(&nodes->table, node);
		node = next;
	}
	return fd;
}

static void close_freed(int fd)
{
	if (fd >= 0)
		close(fd);
}

void rfs_node_ref(struct rfs_nodes *nodes, struct rfs_node *node)
{
	pthread_mutex_lock(&nodes->lock);
	node->refs++;
	pthread_mutex_unlock(&nodes->lock);
}

void rfs_node_unref(struct rfs_nodes *nodes, struct rfs_node *node)
{
	pthread_mutex_lock(&nodes->lock);
	node->refs--;
	int fd = free_unused(nodes, node);
	pthread_mutex_unlock(&nodes->lock);
	close_freed(fd);
}

void rfs_node_add_lookup(struct rfs_nodes *nodes, struct rfs_node *node)
{
	pthread_mutex_lock(&nodes->lock);
	node->lookups++;
	pthread_mutex_unlock(&nodes->lock);
}

void rfs_node_forget(struct rfs_nodes *nodes, uint64_t id, uint64_t n)
{
	pthread_mutex_lock(&nodes->lock);
	struct rfs_node *node = node_at(nodes, id);
	int fd = -1;
	if (node) {
		node->lookups -= n < node->lookups ? n : node->lookups;
		fd = free_unused(nodes, node);
	}
	pthread_mutex_unlock(&nodes->lock);
	close_freed(fd);
}

struct rfs_node *rfs_node_canonical(struct rfs_nodes *nodes, struct rfs_node *node)
{
	if (node->kind == RFS_NODE_VIEW)
		return node_at(nodes, node->canonical);
	return node->kind == RFS_NODE_RING ? node : NULL;
}

int rfs_node_map(struct rfs_node *node, struct vmap_shared **ret_ring)
{
	int r = 0;
	pthread_mutex_lock(&node->ring_lock);
	if (!node->ring) {
		int fd;
		r = rfs_store_open_ring(node->fd, O_RDWR, &fd);
		if (r == 0) {
			r = vmap_shared_open_serve(fd, &node->ring);
			close(fd);
		}
	}
	if (r == 0) {
		node->users++;
		*ret_ring = node->ring;
	}
	pthread_mutex_unlock(&node->ring_lock);
	return r;
}

void rfs_node_unmap(struct rfs_node *node)
{
	struct vmap_shared *unused = NULL;
	pthread_mutex_lock(&node->ring_lock);
	if (--node->users == 0) {
		unused = node->ring;
		node->ring = NULL;
	}
	pthread_mutex_unlock(&node->ring_lock);
	vmap_shared_close(unused);
}

bool rfs_node_has_moved(struct rfs_node *node)
{
	pthread_mutex_lock(&node->ring_lock);
	bool moved = node->ring && vmap_shared_status(node->ring) == -ESTALE;
	pthread_mutex_unlock(&node->ring_lock);
	return moved;
}

void rfs_node_follow(struct rfs_node *node)
{
	pthread_mutex_lock(&node->ring_lock);
	/* What cannot be mapped stays as it is: whoever uses it is told of an error. */
	if (node->ring && vmap_shared_status(node->ring) == -ESTALE)
		(void)vmap_shared_reattach(node->ring);
	pthread_mutex_unlock(&node->ring_lock);
}

int rfs_node_open_file(struct rfs_node *node, int access, int *ret_fd)
{
	pthread_mutex_lock(&node->ring_lock);
	int r = rfs_store_open_ring(node->fd, access, ret_fd);
	pthread_mutex_unlock(&node->ring_lock);
	return r;
}

int rfs_node_open_sealed(struct rfs_node *node, int *ret_fd)
{
	pthread_mutex_lock(&node->ring_lock);
	int r = rfs_store_open_sealed(node->fd, ret_fd);
	pthread_mutex_unlock(&node->ring_lock);
	return r;
}

int rfs_node_chmod(struct rfs_node *node, mode_t mode)
{
	pthread_mutex_lock(&node->ring_lock);
	int r = rfs_store_chmod(node->fd, mode);
	if (r == 0)
		atomic_store_explicit(&node->has_set_id, (mode & SET_ID) != 0, memory_order_relaxed);
	pthread_mutex_unlock(&node->ring_lock);
	return r;
}

void rfs_node_drop_set_id(struct rfs_node *node)
{
	struct stat st;
	if (!atomic_load_explicit(&node->has_set_id, memory_order_relaxed))
		return;
	pthread_mutex_lock(&node->ring_lock);
	if (rfs_store_stat(node->fd, &st) == 0) {
		/* S_ISGID without S_IXGRP gives nobody any rights. */
		mode_t drop = S_ISUID | (st.st_mode & S_IXGRP ? S_ISGID : 0);
		if ((st.st_mode & drop) == 0 || rfs_store_chmod(node->fd, st.st_mode & ~drop) == 0)
			atomic_store_explicit(&node->has_set_id, false, memory_order_relaxed);
	}
	pthread_mutex_unlock(&node->ring_lock);
}

static int ring_state(struct rfs_node *node, struct vmap_shared_state *ret_state)
{
	int r = 0;
	pthread_mutex_lock(&node->ring_lock);
	if (node->ring) {
		vmap_shared_get_state(node->ring, ret_state);
	} else {
		int fd;
		r = rfs_store_open_ring(node->fd, O_RDONLY, &fd);
		if (r == 0) {
			r = vmap_shared_probe(fd, ret_state);
			close(fd);
		}
	}
	pthread_mutex_unlock(&node->ring_lock);
	return r;
}

int rfs_node_ring_state(struct rfs_node *node, struct vmap_shared_state *ret_state)
{
	int r = ring_state(node, ret_state);
	if (r < 0 || ret_state->policy != VMAP_RING_BOUNDED)
		return r;
	/* A read that has been answered consumes before it leaves this: who has its bytes sees that they are gone. */
	pthread_mutex_lock(&node->park.lock);
	pthread_mutex_unlock(&node->park.lock);
	return ring_state(node, ret_state);
}

void rfs_node_users(struct rfs_node *node, struct rfs_node_users *ret_users)
{
	pthread_mutex_lock(&node->park.lock);
	*ret_users = (struct rfs_node_users){
		.readers = node->park.n_readers,
		.writers = node->park.n_writers,
		.waiting = node->park.n_waiting,
	};
	pthread_mutex_unlock(&node->park.lock);
}

int rfs_node_stat(struct rfs_node *node, struct stat *ret_stat)
{
	pthread_mutex_lock(&node->ring_lock);
	int r = rfs_store_stat(node->fd, ret_stat);
	pthread_mutex_unlock(&node->ring_lock);
	return r;
}

size_t rfs_nodes_unused(struct rfs_nodes *nodes, uint32_t *hand, uint32_t *left, uint64_t *ids, size_t max)
{
	enum { LOOKS = 8192 }; /* longer than that nobody is kept waiting for the lock */
	size_t n = 0;
	for (unsigned i = 0; i < LOOKS && *left > 0 && n < max; i++, (*left)--) {
		if (++*hand >= nodes->table.used)
			*hand = RFS_NODE_VERSION + 1; /* behind the fixed ones */
		const struct rfs_node *node = rfs_table_at(&nodes->table, *hand);
		/* Views too: each keeps its ring. */
		if (node && node->slot.id != 0 && node->refs == 0)
			ids[n++] = node->slot.id;
	}
	return n;
}

uint32_t rfs_nodes_count(struct rfs_nodes *nodes)
{
	pthread_mutex_lock(&nodes->lock);
	uint32_t n = nodes->table.live;
	pthread_mutex_unlock(&nodes->lock);
	return n;
}
