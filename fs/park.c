/* SPDX-License-Identifier: MIT */
/*
 * Lines of waiting requests, and poll handles.
 *
 * Invariants:
 * I1 A parked request is in a line until the one who answers it has taken it out, under the lock: so it is
 *    answered once.
 * I2 A poll handle is used once. Who still polls after that sends another.
 */
#include <errno.h>
#include <fuse_lowlevel.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs.h"

/* A waiting program's own bytes are in a buffer that all its threads may share; here each has a copy. */
#define USER_BYTES_MAX ((size_t)256 << 20)

void rfs_park_users_init(struct rfs_park_users *users)
{
	*users = (struct rfs_park_users){0};
	pthread_mutex_init(&users->lock, NULL);
}

void rfs_park_users_finish(struct rfs_park_users *users)
{
	pthread_mutex_destroy(&users->lock);
}

/* Count @len bytes of @uid; NULL: it has too many. The daemon's own user may have any number. */
static struct rfs_park_user *take_bytes(struct rfs_park_users *users, uid_t uid, size_t len)
{
	struct rfs_park_user *user = NULL, *unused = NULL;
	pthread_mutex_lock(&users->lock);
	for (size_t i = RFS_PARK_USERS; i-- > 0;) {
		struct rfs_park_user *each = &users->users[i];
		if (atomic_load(&each->bytes) == 0)
			unused = each;
		else if (each->uid == uid)
			user = each;
	}
	if (!user)
		user = unused ? unused : &users->users[RFS_PARK_USERS - 1];
	size_t bytes = atomic_load(&user->bytes);
	if (bytes + len > USER_BYTES_MAX && uid != geteuid()) {
		user = NULL;
	} else {
		if (bytes == 0)
			user->uid = uid;
		atomic_fetch_add(&user->bytes, len);
	}
	pthread_mutex_unlock(&users->lock);
	return user;
}

void rfs_park_init(struct rfs_park *park)
{
	*park = (struct rfs_park){0};
	pthread_mutex_init(&park->lock, NULL);
}

void rfs_park_finish(struct rfs_park *park)
{
	free(park->put_back);
	pthread_mutex_destroy(&park->lock);
}

bool rfs_park_is_busy(struct rfs_park *park)
{
	pthread_mutex_lock(&park->lock);
	bool busy = park->n_waiting > 0 || park->polled != 0;
	pthread_mutex_unlock(&park->lock);
	return busy;
}

void rfs_parked_free(struct rfs_parked *parked)
{
	if (parked->bytes)
		atomic_fetch_sub(&parked->user->bytes, parked->len);
	free(parked->bytes);
	free(parked);
}

void rfs_park_remove(struct rfs_park *park, enum rfs_park_line line, struct rfs_parked *parked)
{
	if (parked->previous)
		parked->previous->next = parked->next;
	else
		park->first[line] = parked->next;
	if (parked->next)
		parked->next->previous = parked->previous;
	else
		park->last[line] = parked->previous;
	park->n_waiting--;
}

struct rfs_parked *rfs_park_take(struct rfs_park *park, const struct fuse_req *req)
{
	for (unsigned line = 0; line < RFS_N_PARK_LINES; line++) {
		for (struct rfs_parked *p = park->first[line]; p; p = p->next) {
			if (req && p->req != req)
				continue;
			rfs_park_remove(park, (enum rfs_park_line)line, p);
			return p;
		}
	}
	return NULL;
}

void rfs_parked_end(struct rfs_parked *parked, int error)
{
	if (parked->done > 0)
		fuse_reply_write(parked->req, parked->done);
	else
		fuse_reply_err(parked->req, error);
	rfs_parked_free(parked);
}

int rfs_park_add(struct rfs_park_users *users, struct rfs_node *node, enum rfs_park_line line, const struct rfs_parked *what,
		 const void *bytes)
{
	struct rfs_park *park = &node->park;
	struct rfs_parked *parked = malloc(sizeof(*parked));
	uint8_t *copy = bytes ? malloc(what->len) : NULL;
	struct rfs_park_user *user = copy ? take_bytes(users, fuse_req_ctx(what->req)->uid, what->len) : NULL;
	if (!parked || (bytes && !user)) {
		if (user)
			atomic_fetch_sub(&user->bytes, what->len);
		free(parked);
		free(copy);
		return -ENOMEM;
	}
	*parked = *what;
	parked->bytes = copy;
	parked->user = user;
	if (bytes)
		memcpy(copy, bytes, what->len);
	parked->next = NULL;
	parked->previous = park->last[line];
	if (park->last[line])
		park->last[line]->next = parked;
	else
		park->first[line] = parked;
	park->last[line] = parked;
	park->n_waiting++;
	/* An interrupt that came before has not found it; one that comes now waits for the lock. */
	if (fuse_req_interrupted(parked->req)) {
		rfs_park_remove(park, line, parked);
		rfs_parked_free(parked);
		return -EINTR;
	}
	return 0;
}

static struct rfs_handle *polled_at(struct rfs *fs, uint64_t id)
{
	return rfs_table_get(&fs->handles.table, id);
}

void rfs_park_set_poll(struct rfs_park *park, struct rfs_handle *handle, struct fuse_pollhandle *ph)
{
	if (handle->poll) {
		fuse_pollhandle_destroy(handle->poll);
	} else {
		handle->next_polled = park->polled;
		park->polled = handle->slot.id;
	}
	handle->poll = ph;
}

void rfs_park_notify(struct rfs *fs, struct rfs_park *park)
{
	uint64_t id = park->polled;
	park->polled = 0;
	while (id != 0) {
		struct rfs_handle *handle = polled_at(fs, id);
		id = handle->next_polled;
		/* Who has gone meanwhile is not told: no error of ours. */
		(void)fuse_lowlevel_notify_poll(handle->poll);
		fuse_pollhandle_destroy(handle->poll); /* keeps I2 */
		handle->poll = NULL;
	}
}

void rfs_park_forget_poll(struct rfs *fs, struct rfs_park *park, struct rfs_handle *handle)
{
	if (!handle->poll)
		return;
	uint64_t *link = &park->polled;
	while (*link != handle->slot.id)
		link = &polled_at(fs, *link)->next_polled;
	*link = handle->next_polled;
	fuse_pollhandle_destroy(handle->poll);
	handle->poll = NULL;
}

void rfs_park_abandon(struct rfs *fs, int error)
{
	for (uint32_t i = 1; i < fs->nodes.table.used; i++) {
		struct rfs_node *node = rfs_table_at(&fs->nodes.table, i);
		for (;;) {
			pthread_mutex_lock(&node->park.lock);
			struct rfs_parked *parked = rfs_park_take(&node->park, NULL);
			pthread_mutex_unlock(&node->park.lock);
			if (!parked)
				break;
			rfs_parked_end(parked, error);
		}
	}
}
