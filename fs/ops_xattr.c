/* SPDX-License-Identifier: MIT */
/* Extended attributes: the attributes of rings, and the defaults of directories. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

#include "defaults.h"
#include "ops.h"
#include "session.h"
#include "stream.h"

#define PREFIX "user.ring."
/* Longer than any value of sense, so that what is too long a number is told as one. */
#define VALUE_MAX 63

/* What can be read and not set. */
enum fact { FACT_HEAD, FACT_TAIL, FACT_OVERWRITTEN, FACT_LOST_BYTES, FACT_READERS, FACT_WRITERS, N_FACTS };
static const char *const facts[N_FACTS] = {"head", "tail", "overwritten", "lost_bytes", "readers", "writers"};

static int find_fact(const char *name, enum fact *ret_fact)
{
	for (unsigned i = 0; i < N_FACTS; i++) {
		if (strcmp(facts[i], name) == 0) {
			*ret_fact = (enum fact)i;
			return 0;
		}
	}
	return -ENOTSUP;
}

/*
 * The ring or directory behind @ino, and the name without its prefix. -ENOTSUP for names and files of other kinds,
 * -EPERM for /.ringfs.
 */
static int find_node(struct rfs *fs, fuse_ino_t ino, const char *name, struct rfs_node **ret_node, const char **ret_name)
{
	struct rfs_node *node = rfs_node_get(&fs->nodes, ino);
	if (!node)
		return -ESTALE;
	struct rfs_node *canonical = rfs_node_canonical(&fs->nodes, node);
	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
		return -ENOTSUP;
	if (node->kind == RFS_NODE_CONTROL_DIR || node->kind == RFS_NODE_CONTROL_FILE)
		return -EPERM;
	if (!canonical && node->kind != RFS_NODE_DIR)
		return -ENOTSUP;
	*ret_node = canonical ? canonical : node;
	*ret_name = name + strlen(PREFIX);
	return 0;
}

/* The attributes of a ring, all set. */
static int ring_attributes(struct rfs *fs, struct rfs_node *node, struct rfs_ringattr *ret_attr)
{
	struct vmap_shared_state state;
	rfs_ring_enter(node);
	int r = rfs_node_ring_state(node, &state);
	rfs_ring_leave(node);
	if (r < 0)
		return rfs_ring_error(r, node);
	*ret_attr = (struct rfs_ringattr){.capacity = state.capacity, .choices = state.attributes};
	rfs_ringattr_fill(ret_attr, &fs->options.attributes);
	rfs_ringattr_set_choice(ret_attr, RFS_RINGATTR_POLICY, state.policy);
	return 0;
}

static int fact_text(struct rfs_node *node, const struct rfs_node *opened, enum fact fact, char *text)
{
	struct vmap_shared_state state;
	rfs_ring_enter(node);
	int r = rfs_node_ring_state(node, &state);
	rfs_ring_leave(node);
	if (r < 0)
		return rfs_ring_error(r, node);
	pthread_mutex_lock(&node->park.lock);
	uint64_t values[N_FACTS] = {
		[FACT_HEAD] = state.head,
		[FACT_TAIL] = state.tail,
		[FACT_OVERWRITTEN] = state.overwritten,
		/* Through a reader's own descriptor: what it has lost itself. */
		[FACT_LOST_BYTES] = opened->kind == RFS_NODE_VIEW ? atomic_load(&opened->lost) : state.lost,
		[FACT_READERS] = node->park.n_readers,
		[FACT_WRITERS] = node->park.n_writers,
	};
	pthread_mutex_unlock(&node->park.lock);
	return snprintf(text, RFS_RINGATTR_TEXT_MAX, "%" PRIu64, values[fact]);
}

/* The length of the text, or a negative errno. */
static int get_text(struct rfs *fs, fuse_ino_t ino, const char *full_name, char *text)
{
	struct rfs_node *node;
	const char *name;
	int r = find_node(fs, ino, full_name, &node, &name);
	if (r < 0)
		return r;
	enum rfs_ringattr_id id;
	struct rfs_ringattr attr;
	if (rfs_ringattr_find(name, strlen(name), &id) < 0) {
		enum fact fact;
		if (node->kind != RFS_NODE_RING || find_fact(name, &fact) < 0)
			return -ENOTSUP;
		return fact_text(node, rfs_node_get(&fs->nodes, ino), fact, text);
	}
	if (node->kind == RFS_NODE_RING)
		r = ring_attributes(fs, node, &attr);
	else
		r = rfs_defaults_get(node->fd, &attr);
	if (r == 0 && !rfs_ringattr_is_set(&attr, id))
		r = -ENODATA;
	return r < 0 ? r : (int)rfs_ringattr_print(&attr, id, text);
}

static void reply_value(fuse_req_t req, const char *value, size_t len, size_t size)
{
	if (size == 0)
		fuse_reply_xattr(req, len);
	else if (len > size)
		fuse_reply_err(req, ERANGE);
	else
		fuse_reply_buf(req, value, len);
}

void rfs_op_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
	char text[RFS_RINGATTR_TEXT_MAX];
	int r = get_text(rfs_of(req), ino, name, text);
	if (r < 0)
		fuse_reply_err(req, -r);
	else
		reply_value(req, text, (size_t)r, size);
}

void rfs_op_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size)
{
	struct rfs *fs = rfs_of(req);
	struct rfs_node *node = rfs_node_get(&fs->nodes, ino);
	bool is_ring = node && rfs_node_canonical(&fs->nodes, node);
	struct rfs_ringattr attr = {0};
	int r = node && node->kind == RFS_NODE_DIR ? rfs_defaults_get(node->fd, &attr) : 0;
	if (r < 0) {
		fuse_reply_err(req, -r);
		return;
	}
	char list[RFS_N_RINGATTRS * 32];
	size_t len = 0;
	for (unsigned i = 0; i < RFS_N_RINGATTRS; i++) {
		enum rfs_ringattr_id id = (enum rfs_ringattr_id)i;
		if (is_ring || rfs_ringattr_is_set(&attr, id))
			len += (size_t)sprintf(list + len, PREFIX "%s", rfs_ringattr_name(id)) + 1;
	}
	reply_value(req, list, len, size);
}

/* Could the store hold it, were it empty? */
static int check_capacity(const struct rfs *fs, uint64_t capacity)
{
	struct statvfs vfs;
	if (fstatvfs(fs->store.root_fd, &vfs) < 0)
		return -errno;
	uint64_t total = (uint64_t)vfs.f_blocks * vfs.f_frsize;
	return total != 0 && capacity > total ? -ERANGE : 0;
}

/* Inside the shape lock, for writing. */
static int change_ring(struct rfs_node *node, struct vmap_shared *ring, enum rfs_ringattr_id id,
		       const struct rfs_ringattr *attr)
{
	struct vmap_shared_state state;
	vmap_shared_get_state(ring, &state);
	if (id == RFS_RINGATTR_CAPACITY) {
		int r = vmap_shared_reshape(ring, attr->capacity, state.policy);
		return r == -EFBIG ? -ERANGE : r;
	}
	if (id == RFS_RINGATTR_POLICY) {
		enum vmap_ring_policy policy = (enum vmap_ring_policy)rfs_ringattr_choice(attr->choices, id);
		/* Whoever has it open was promised the other kind of file. */
		if (policy != state.policy && node->park.n_readers + node->park.n_writers > 0)
			return -EBUSY;
		return vmap_shared_reshape(ring, state.capacity, policy);
	}
	struct rfs_ringattr all = {.choices = vmap_shared_attributes(ring)};
	rfs_ringattr_set_choice(&all, id, rfs_ringattr_choice(attr->choices, id));
	return vmap_shared_set_attributes(ring, all.choices);
}

static int set_on_ring(struct rfs *fs, struct rfs_node *node, enum rfs_ringattr_id id, const struct rfs_ringattr *attr)
{
	struct vmap_shared *ring;
	int r = rfs_node_map(node, &ring);
	if (r < 0)
		return rfs_ring_error(r, node);
	unsigned tries = 0;
	do {
		rfs_ring_enter(node);
		(void)rfs_ring_unstick(node, ring); /* first, while others can still look at the ring */
		rfs_ring_leave(node);
		pthread_rwlock_wrlock(&node->shape_lock); /* nobody opens, closes, reads or writes meanwhile */
		r = change_ring(node, ring, id, attr);
		pthread_rwlock_unlock(&node->shape_lock);
	} while ((r == -EBUSY || r == -ESTALE) && tries++ == 0);
	if (r == 0) {
		/* There may be room now, or an end to the wait. */
		rfs_ring_enter(node);
		rfs_stream_wake(fs, node);
		rfs_ring_leave(node);
	}
	rfs_node_unmap(node);
	/* A mapped process has changed the shape just then, or the header. */
	return r == -ESTALE ? -EIO : rfs_ring_error(r, node);
}

static int set_on_dir(struct rfs *fs, const struct rfs_node *node, enum rfs_ringattr_id id,
		      const struct rfs_ringattr *attr, int flags)
{
	struct rfs_ringattr all;
	int r = rfs_defaults_get(node->fd, &all);
	if (r < 0)
		return r;
	bool is_set = rfs_ringattr_is_set(&all, id);
	if ((flags & XATTR_CREATE) && is_set)
		return -EEXIST;
	if ((flags & XATTR_REPLACE) && !is_set)
		return -ENODATA;
	if (id == RFS_RINGATTR_CAPACITY)
		all.capacity = attr->capacity;
	else
		rfs_ringattr_set_choice(&all, id, rfs_ringattr_choice(attr->choices, id));
	return rfs_defaults_set(&fs->store, node->fd, &all);
}

/* Who may map is the owner's to say: what keeps others than the owner out must not be theirs to take away. */
static int check_owner(struct rfs_node *node, uid_t uid)
{
	struct stat st;
	int r = uid == 0 ? 0 : rfs_node_stat(node, &st);
	return r == 0 && uid != 0 && st.st_uid != uid ? -EPERM : r;
}

/* The attribute that @full_name names on @ino, if who asks may set it: the kernel has seen that he may write. */
static int find_settable(fuse_req_t req, fuse_ino_t ino, const char *full_name, struct rfs_node **ret_node,
			 enum rfs_ringattr_id *ret_id)
{
	const char *name;
	int r = find_node(rfs_of(req), ino, full_name, ret_node, &name);
	if (r < 0)
		return r;
	enum fact fact;
	if ((*ret_node)->kind == RFS_NODE_RING && find_fact(name, &fact) == 0)
		return -EPERM;
	r = rfs_ringattr_find(name, strlen(name), ret_id);
	return r == 0 && *ret_id == RFS_RINGATTR_MAP ? check_owner(*ret_node, fuse_req_ctx(req)->uid) : r;
}

void rfs_op_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name, const char *value, size_t size, int flags)
{
	struct rfs *fs = rfs_of(req);
	struct rfs_node *node;
	enum rfs_ringattr_id id;
	struct rfs_ringattr attr = {0};
	char text[VALUE_MAX + 1] = "";
	int r = find_settable(req, ino, name, &node, &id);
	/* A value that is longer than any text, or has a zero byte in it, is no value. */
	if (r == 0 && (size >= sizeof(text) || memchr(value, '\0', size)))
		r = -EINVAL;
	if (r == 0) {
		memcpy(text, value, size);
		r = rfs_ringattr_parse(&attr, id, text);
	}
	if (r == 0 && id == RFS_RINGATTR_CAPACITY)
		r = check_capacity(fs, attr.capacity);
	if (r == 0 && node->kind == RFS_NODE_RING)
		r = flags & XATTR_CREATE ? -EEXIST : set_on_ring(fs, node, id, &attr);
	else if (r == 0)
		r = set_on_dir(fs, node, id, &attr, flags);
	fuse_reply_err(req, -r);
}

void rfs_op_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name)
{
	struct rfs *fs = rfs_of(req);
	struct rfs_node *node;
	enum rfs_ringattr_id id;
	struct rfs_ringattr none = {0};
	int r = find_settable(req, ino, name, &node, &id);
	if (r == 0 && node->kind == RFS_NODE_DIR)
		r = set_on_dir(fs, node, id, &none, XATTR_REPLACE);
	else if (r == 0 && (id == RFS_RINGATTR_CAPACITY || id == RFS_RINGATTR_POLICY))
		r = -EPERM; /* every ring has one */
	else if (r == 0)
		r = set_on_ring(fs, node, id, &none);
	fuse_reply_err(req, -r);
}
