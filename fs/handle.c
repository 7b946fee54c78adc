/* SPDX-License-Identifier: MIT */
/*
 * The handle table.
 *
 * Invariant: a ring handle holds one reference and one mapping of its canonical node, so neither goes
 * while the handle is open, whatever is unlinked or forgotten meanwhile.
 */
#include <errno.h>
#include <fuse_lowlevel.h>
#include <stdlib.h>
#include <unistd.h>

#include "fs.h"
#include "session.h"

void rfs_handles_init(struct rfs_handles *handles)
{
	*handles = (struct rfs_handles){0};
	pthread_mutex_init(&handles->lock, NULL);
	rfs_table_init(&handles->table, sizeof(struct rfs_handle));
}

static struct rfs_handle *handle_alloc(struct rfs_handles *handles, enum rfs_handle_kind kind)
{
	pthread_mutex_lock(&handles->lock);
	struct rfs_handle *handle = rfs_table_alloc(&handles->table);
	pthread_mutex_unlock(&handles->lock);
	if (handle)
		handle->kind = kind;
	return handle;
}

int rfs_handle_open_ring(struct rfs_handles *handles, struct rfs_nodes *nodes, struct rfs_node *canonical,
			 struct rfs_node *view, const struct rfs_handle_ring_options *options,
			 struct rfs_handle **ret_handle)
{
	struct vmap_shared *ring;
	int r = rfs_node_map(canonical, &ring);
	if (r < 0)
		return r;
	struct rfs_handle *handle = handle_alloc(handles, RFS_HANDLE_RING);
	if (!handle) {
		rfs_node_unmap(canonical);
		return -ENFILE;
	}
	rfs_node_ref(nodes, canonical);
	handle->node = canonical->slot.id;
	handle->view = view ? view->slot.id : 0;
	handle->ring = ring;
	handle->readable = options->readable;
	handle->writable = options->writable;
	handle->is_stream = vmap_shared_policy(ring) == VMAP_RING_BOUNDED;
	handle->poll = NULL;
	handle->poll_room = 0;
	handle->more_at = 0;
	atomic_init(&handle->read_end, 0);
	atomic_init(&handle->write_end, 0);
	handle->peeks = false;
	/* As with a FIFO: a producer that says `> queue` does not throw away what others have put in. */
	if (options->clear && !handle->is_stream)
		(void)rfs_ring_clear(canonical, ring); /* reads and writes will say what is wrong with it */
	rfs_cursor_init(&handle->cursor, ring, rfs_align_of(vmap_shared_attributes(ring), options->mount_choices), view);
	handle->cursor.follows_clear = options->writable;
	pthread_mutex_lock(&canonical->park.lock);
	canonical->park.n_readers += options->readable;
	canonical->park.n_writers += options->writable;
	pthread_mutex_unlock(&canonical->park.lock);
	*ret_handle = handle;
	return 0;
}

int rfs_handle_open_dir(struct rfs_handles *handles, uint64_t node, int dir_fd, struct rfs_handle **ret_handle)
{
	struct rfs_handle *handle = handle_alloc(handles, RFS_HANDLE_DIR);
	if (!handle)
		return -ENFILE;
	handle->dir_node = node;
	handle->dir_fd = dir_fd;
	*ret_handle = handle;
	return 0;
}

int rfs_handle_open_text(struct rfs_handles *handles, char *text, size_t len, uid_t uid, struct rfs_handle **ret_handle)
{
	enum { PER_USER = 64 };
	struct rfs_handle *handle = handle_alloc(handles, RFS_HANDLE_TEXT);
	if (!handle)
		return -ENFILE;
	handle->text = text;
	handle->text_len = len;
	handle->text_uid = uid;
	unsigned n = 0;
	pthread_mutex_lock(&handles->lock);
	for (const struct rfs_handle *other = handles->texts; other; other = other->next_text)
		n += other->text_uid == uid;
	bool fits = n < PER_USER || uid == geteuid();
	if (fits) {
		handle->next_text = handles->texts;
		handles->texts = handle;
	} else {
		rfs_table_free(&handles->table, handle);
	}
	pthread_mutex_unlock(&handles->lock);
	if (!fits)
		return -EBUSY;
	*ret_handle = handle;
	return 0;
}

/* Under the lock. */
static void forget_text(struct rfs_handles *handles, const struct rfs_handle *handle)
{
	struct rfs_handle **at = &handles->texts;
	while (*at != handle)
		at = &(*at)->next_text;
	*at = handle->next_text;
}

void rfs_handle_leave_ring(struct rfs *fs, struct rfs_handle *handle)
{
	struct rfs_park *park = &rfs_node_get(&fs->nodes, handle->node)->park;
	rfs_session_lock(&park->lock);
	park->n_readers -= handle->readable;
	park->n_writers -= handle->writable;
	rfs_park_forget_poll(fs, park, handle);
	if (park->line_owner == handle->slot.id)
		park->line_owner = 0;
	pthread_mutex_unlock(&park->lock);
}

struct rfs_handle *rfs_handle_get(struct rfs_handles *handles, uint64_t id)
{
	return rfs_table_get(&handles->table, id);
}

/* What the handle holds by itself, without the nodes. */
static void handle_close(struct rfs_handle *handle)
{
	switch (handle->kind) {
	case RFS_HANDLE_RING:
		rfs_cursor_finish(&handle->cursor);
		if (handle->poll)
			fuse_pollhandle_destroy(handle->poll);
		handle->poll = NULL;
		break;
	case RFS_HANDLE_DIR:
		if (handle->dir_fd >= 0)
			close(handle->dir_fd);
		break;
	case RFS_HANDLE_TEXT:
		free(handle->text);
		break;
	}
}

void rfs_handle_release(struct rfs_handles *handles, struct rfs_nodes *nodes, struct rfs_handle *handle)
{
	struct rfs_node *node = handle->kind == RFS_HANDLE_RING ? rfs_node_get(nodes, handle->node) : NULL;
	handle_close(handle);
	pthread_mutex_lock(&handles->lock);
	if (handle->kind == RFS_HANDLE_TEXT)
		forget_text(handles, handle);
	rfs_table_free(&handles->table, handle);
	pthread_mutex_unlock(&handles->lock);
	if (node) {
		rfs_node_unmap(node);
		rfs_node_unref(nodes, node);
	}
}

void rfs_handles_finish(struct rfs_handles *handles)
{
	for (uint32_t i = 1; i < handles->table.used; i++) {
		struct rfs_handle *handle = rfs_table_at(&handles->table, i);
		if (handle->slot.id != 0)
			handle_close(handle);
	}
	rfs_table_finish(&handles->table);
	pthread_mutex_destroy(&handles->lock);
}

uint32_t rfs_handles_count(struct rfs_handles *handles)
{
	pthread_mutex_lock(&handles->lock);
	uint32_t n = handles->table.live;
	pthread_mutex_unlock(&handles->lock);
	return n;
}
