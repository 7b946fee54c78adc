/* SPDX-License-Identifier: MIT */
/*
 * Advisory locks as lists in one table.
 *
 * Invariants:
 * I1 No two granted locks of a node conflict: overlap, different owners, same kind, one of them for writing.
 * I2 The granted POSIX locks of one owner do not overlap.
 * I3 A parked request is in its node's list exactly until done() is called for it or it is cancelled.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "lock.h"
#include "session.h"

/*
 * Granted POSIX locks of one ring, of which one process could have any number. Each change looks at all of them for each
 * wish, while all other rings' locks wait.
 */
#define POSIX_LOCKS_MAX 1024

/* A granted lock, or a parked wish for one. */
struct rfs_lock {
	struct rfs_slot slot;
	struct rfs_lock_range range;
	void *request; /* NULL: granted */
	uint64_t node;
	uint64_t next;
};

/* Requests to tell, gathered under the lock and told outside of it. */
struct granted {
	void *request;
	int result;
	struct granted *next;
};

void rfs_locks_init(struct rfs_locks *locks, rfs_lock_done_fn *done)
{
	pthread_mutex_init(&locks->lock, NULL);
	rfs_table_init(&locks->table, sizeof(struct rfs_lock));
	locks->done = done;
}

void rfs_locks_finish(struct rfs_locks *locks)
{
	rfs_table_finish(&locks->table);
	pthread_mutex_destroy(&locks->lock);
}

static struct rfs_lock *lock_at(struct rfs_locks *locks, uint64_t id)
{
	return rfs_table_get(&locks->table, id);
}

static bool overlaps(const struct rfs_lock_range *a, const struct rfs_lock_range *b)
{
	return a->start <= b->end && b->start <= a->end;
}

static bool conflicts(const struct rfs_lock_range *a, const struct rfs_lock_range *b)
{
	return a->kind == b->kind && a->owner != b->owner && (a->type == F_WRLCK || b->type == F_WRLCK) &&
	       overlaps(a, b);
}

static struct rfs_lock *find_conflict(struct rfs_locks *locks, const struct rfs_node *node,
				      const struct rfs_lock_range *want)
{
	for (uint64_t id = node->locks; id != 0;) {
		struct rfs_lock *lock = lock_at(locks, id);
		if (!lock->request && conflicts(&lock->range, want))
			return lock;
		id = lock->next;
	}
	return NULL;
}

/* At the end of the list: waiters are served in the order in which they came. NULL: there are too many. */
static struct rfs_lock *append_lock(struct rfs_locks *locks, struct rfs_node *node, const struct rfs_lock_range *range,
				    void *request)
{
	uint64_t *link = &node->locks;
	int n_posix = 0;
	while (*link != 0) {
		struct rfs_lock *other = lock_at(locks, *link);
		n_posix += !other->request && other->range.kind == RFS_LOCK_POSIX;
		link = &other->next;
	}
	if (!request && range->kind == RFS_LOCK_POSIX && n_posix >= POSIX_LOCKS_MAX)
		return NULL;
	struct rfs_lock *lock = rfs_table_alloc(&locks->table);
	if (!lock)
		return NULL;
	lock->range = *range;
	lock->request = request;
	lock->node = node->slot.id;
	lock->next = 0;
	*link = lock->slot.id;
	return lock;
}

static void remove_lock(struct rfs_locks *locks, uint64_t *link)
{
	struct rfs_lock *lock = lock_at(locks, *link);
	*link = lock->next;
	rfs_table_free(&locks->table, lock);
}

/*
 * Take [start, end] away from what the owner has; keeps I2. -ENOLCK, with nothing changed, when a lock that
 * is cut in two finds no place for its second half.
 */
static int clear_range(struct rfs_locks *locks, struct rfs_node *node, const struct rfs_lock_range *range)
{
	for (uint64_t *link = &node->locks; *link != 0;) {
		struct rfs_lock *lock = lock_at(locks, *link);
		struct rfs_lock_range *have = &lock->range;
		if (lock->request || have->kind != range->kind || have->owner != range->owner ||
		    !overlaps(have, range)) {
			link = &lock->next;
			continue;
		}
		if (have->start < range->start && have->end > range->end) {
			struct rfs_lock_range second = *have;
			second.start = range->end + 1;
			if (!append_lock(locks, node, &second, NULL))
				return -ENOLCK; /* the only one that overlaps: nothing was cleared yet */
			have->end = range->start - 1;
			link = &lock->next;
		} else if (have->start < range->start) {
			have->end = range->start - 1;
			link = &lock->next;
		} else if (have->end > range->end) {
			have->start = range->end + 1;
			link = &lock->next;
		} else {
			remove_lock(locks, link);
		}
	}
	return 0;
}

/* Join what the owner has on both sides of @lock, so that many small locks become few. */
static void merge_neighbours(struct rfs_locks *locks, struct rfs_node *node, struct rfs_lock *lock)
{
	for (uint64_t *link = &node->locks; *link != 0;) {
		struct rfs_lock *other = lock_at(locks, *link);
		const struct rfs_lock_range *a = &other->range;
		struct rfs_lock_range *b = &lock->range;
		bool same = other != lock && !other->request && a->kind == b->kind && a->owner == b->owner &&
			    a->type == b->type;
		if (same && (a->end + 1 == b->start || b->end + 1 == a->start)) {
			b->start = a->start < b->start ? a->start : b->start;
			b->end = a->end > b->end ? a->end : b->end;
			remove_lock(locks, link);
		} else {
			link = &other->next;
		}
	}
}

/* Grant @want, which conflicts with nothing, or clear it. */
static int apply(struct rfs_locks *locks, struct rfs_node *node, const struct rfs_lock_range *want)
{
	struct rfs_lock *lock = NULL;
	if (want->type != F_UNLCK) {
		/* The place first: then nothing can fail after something was cleared. */
		struct rfs_lock_range none = *want;
		none.owner = ~want->owner;
		lock = append_lock(locks, node, &none, NULL);
		if (!lock)
			return -ENOLCK;
	}
	int r = clear_range(locks, node, want);
	if (lock && r == 0) {
		lock->range = *want;
		merge_neighbours(locks, node, lock);
	} else if (lock) {
		uint64_t *link = &node->locks;
		while (*link != lock->slot.id)
			link = &lock_at(locks, *link)->next;
		remove_lock(locks, link);
	}
	return r;
}

/* Grant what no longer conflicts, in order of arrival. */
static struct granted *grant_waiters(struct rfs_locks *locks, struct rfs_node *node)
{
	struct granted *list = NULL;
	struct granted **end = &list;
	for (uint64_t *link = &node->locks; *link != 0;) {
		struct rfs_lock *lock = lock_at(locks, *link);
		if (!lock->request || find_conflict(locks, node, &lock->range)) {
			link = &lock->next;
			continue;
		}
		struct granted *g = malloc(sizeof(*g));
		if (!g)
			break; /* the next change of this node's locks tries again */
		struct rfs_lock_range want = lock->range;
		*g = (struct granted){.request = lock->request};
		remove_lock(locks, link);
		g->result = apply(locks, node, &want);
		*end = g;
		end = &g->next;
		link = &node->locks; /* the list has changed; granted ones are passed over quickly */
	}
	return list;
}

static void tell(struct rfs_locks *locks, struct granted *list)
{
	while (list) {
		struct granted *g = list;
		list = g->next;
		locks->done(g->request, g->result);
		free(g);
	}
}

/* The parked wish of @owner for a POSIX lock, if it has one. */
static const struct rfs_lock *find_wish(struct rfs_locks *locks, uint64_t owner)
{
	for (uint32_t i = 1; i < locks->table.used; i++) {
		const struct rfs_lock *lock = rfs_table_at(&locks->table, i);
		if (lock->slot.id != 0 && lock->request && lock->range.kind == RFS_LOCK_POSIX && lock->range.owner == owner)
			return lock;
	}
	return NULL;
}

/* Would @want wait for somebody who waits for its owner in the end? As far as the kernel looks for its own locks. */
static bool is_deadlock(struct rfs_locks *locks, struct rfs_nodes *nodes, const struct rfs_node *node,
			const struct rfs_lock_range *want)
{
	enum { STEPS = 10 };
	const struct rfs_lock *wish = NULL;
	for (int i = 0; i < STEPS; i++) {
		const struct rfs_lock *blocker = wish ? find_conflict(locks, rfs_node_get(nodes, wish->node), &wish->range) :
							find_conflict(locks, node, want);
		if (!blocker)
			return false;
		if (blocker->range.owner == want->owner)
			return true;
		wish = find_wish(locks, blocker->range.owner);
		if (!wish)
			return false;
	}
	return false;
}

int rfs_lock_set(struct rfs_locks *locks, struct rfs_nodes *nodes, struct rfs_node *node, const struct rfs_lock_range *want,
		 bool wait, void *request, bool (*interrupted)(void *request))
{
	struct granted *list = NULL;
	int r = 0;
	rfs_session_lock(&locks->lock);
	/* As on any Linux filesystem: flock gives up the old lock before it asks for the new one. */
	if (want->kind == RFS_LOCK_FLOCK && clear_range(locks, node, want) == 0)
		list = grant_waiters(locks, node);
	if (want->type == F_UNLCK || !find_conflict(locks, node, want))
		r = apply(locks, node, want);
	else if (!wait)
		r = -EAGAIN;
	else if (want->kind == RFS_LOCK_POSIX && is_deadlock(locks, nodes, node, want))
		r = -EDEADLK;
	else if (interrupted(request))
		r = -EINTR;
	else
		r = append_lock(locks, node, want, request) ? -EINPROGRESS : -ENOLCK;
	if (r == 0 && !list)
		list = grant_waiters(locks, node);
	pthread_mutex_unlock(&locks->lock);
	tell(locks, list);
	return r;
}

void rfs_lock_test(struct rfs_locks *locks, struct rfs_node *node, struct rfs_lock_range *range)
{
	rfs_session_lock(&locks->lock);
	const struct rfs_lock *lock = find_conflict(locks, node, range);
	if (lock)
		*range = lock->range;
	else
		range->type = F_UNLCK;
	pthread_mutex_unlock(&locks->lock);
}

void rfs_locks_release(struct rfs_locks *locks, struct rfs_node *node, uint64_t handle)
{
	rfs_session_lock(&locks->lock);
	for (uint64_t *link = &node->locks; *link != 0;) {
		struct rfs_lock *lock = lock_at(locks, *link);
		if (!lock->request && lock->range.handle == handle)
			remove_lock(locks, link);
		else
			link = &lock->next;
	}
	struct granted *list = grant_waiters(locks, node);
	pthread_mutex_unlock(&locks->lock);
	tell(locks, list);
}

/* Take a parked request out of its node's list; keeps I3. */
static void unpark(struct rfs_locks *locks, struct rfs_nodes *nodes, const struct rfs_lock *lock)
{
	uint64_t *link = &rfs_node_get(nodes, lock->node)->locks;
	while (*link != lock->slot.id)
		link = &lock_at(locks, *link)->next;
	remove_lock(locks, link);
}

bool rfs_lock_cancel(struct rfs_locks *locks, struct rfs_nodes *nodes, void *request)
{
	bool found = false;
	rfs_session_lock(&locks->lock);
	for (uint32_t i = 1; i < locks->table.used && !found; i++) {
		const struct rfs_lock *lock = rfs_table_at(&locks->table, i);
		found = lock->slot.id != 0 && lock->request == request;
		if (found)
			unpark(locks, nodes, lock);
	}
	pthread_mutex_unlock(&locks->lock);
	return found;
}

void rfs_locks_abandon(struct rfs_locks *locks, struct rfs_nodes *nodes, int result)
{
	for (uint32_t i = 1; i < locks->table.used; i++) {
		const struct rfs_lock *lock = rfs_table_at(&locks->table, i);
		void *request = lock->slot.id != 0 ? lock->request : NULL;
		if (request && rfs_lock_cancel(locks, nodes, request))
			locks->done(request, result);
	}
}
