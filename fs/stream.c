/* SPDX-License-Identifier: MIT */
/*
 * Bounded rings as streams, and who is answered when something changes.
 *
 * Invariants, all under node->park.lock:
 * I1 Nobody waits for what is there: who leaves the lock has served both lines as far as the ring allows.
 * I2 First come, first served: a request that finds others waiting in its line goes behind them.
 * I3 Bytes are consumed when the kernel has taken them, not before: a reader that was killed in between leaves
 *    them to the next one. Only where mapped processes may consume, too, it is the other way round, and what the
 *    kernel does not take is put back in front of the ring, in this process's memory.
 * I4 A write of up to the capacity goes in whole or not at all.
 * I5 With align=line, a line of up to 64 KiB whose end is in the ring goes to one reader, in however many reads. So
 *    shells, which read a queue byte by byte, can share one.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "ops.h"
#include "session.h"
#include "stream.h"

/* Consumers in other processes that were quicker, one after the other, until a reader looks again later. */
#define CONSUME_TRIES 64

/* Room for this many bytes is what POLLOUT promises, as with a pipe (PIPE_BUF). */
#define POLL_ROOM 4096u

static unsigned effective(const struct rfs *fs, const struct rfs_handle *handle, enum rfs_ringattr_id id)
{
	return rfs_ringattr_effective(vmap_shared_attributes(handle->ring), fs->options.attributes.choices, id);
}

static struct rfs_node *node_of(struct rfs *fs, const struct rfs_handle *handle)
{
	return rfs_node_get(&fs->nodes, handle->node);
}

static uint64_t room_in(const struct vmap_shared_state *state)
{
	return state->capacity - (state->head - state->tail);
}

/* True: there is nothing to read, and will not be unless another writer comes. */
static bool is_at_end(const struct rfs *fs, const struct rfs_park *park, const struct rfs_handle *handle)
{
	struct vmap_shared_state state;
	vmap_shared_get_state(handle->ring, &state);
	return state.head == state.tail && park->n_writers == 0 && effective(fs, handle, RFS_RINGATTR_EOF) == RFS_EOF_END;
}

/* Does a line that was read to @pos, short of its end, end in what the ring holds, and not too far away? */
static bool has_rest_of_line(const struct rfs_handle *handle, uint64_t pos)
{
	uint8_t bytes[4096];
	for (size_t looked = 0; looked < RFS_CARRY_MAX; looked += sizeof(bytes)) {
		ssize_t n = vmap_shared_read_line(handle->ring, &pos, bytes, sizeof(bytes));
		if (n <= 0)
			return false;
		if (bytes[n - 1] == '\n')
			return true;
	}
	return false;
}

/*
 * How much of the @n bytes at @pos a reader takes, so that lines stay whole: up to the last line end. Of a line that
 * is longer than its buffer it takes a part, and the rest is its own, too (keeps I5).
 */
static size_t take_lines(struct rfs_park *park, const struct rfs_handle *handle, uint64_t pos, const uint8_t *bytes, size_t n)
{
	const uint8_t *newline = memrchr(bytes, '\n', n);
	if (newline) {
		n = (size_t)(newline - bytes) + 1;
	} else if (has_rest_of_line(handle, pos + n)) {
		park->line_owner = handle->slot.id;
		park->line_at = pos + n;
	}
	return n;
}

/* The handle that has begun the line whose rest is next, 0 for none: it may have been thrown away, or consumed elsewhere. */
static uint64_t line_owner(const struct rfs_park *park, const struct vmap_shared *ring)
{
	struct vmap_shared_state state;
	if (park->line_owner == 0)
		return 0;
	vmap_shared_get_state(ring, &state);
	return state.tail == park->line_at ? park->line_owner : 0;
}

/* May @handle have the next bytes? Not if they are the rest of a line that another one has begun. */
static bool may_read(const struct rfs_park *park, const struct rfs_handle *handle)
{
	uint64_t owner = line_owner(park, handle->ring);
	return owner == 0 || owner == handle->slot.id;
}

/* Consumed, and the kernel did not take it: the next reader's. Without memory for it, it is lost with its reader. */
static void put_back(struct rfs_park *park, const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len + park->put_back_len);
	if (!copy)
		return;
	memcpy(copy, bytes, len);
	if (park->put_back_len > 0)
		memcpy(copy + len, park->put_back, park->put_back_len);
	free(park->put_back);
	park->put_back = copy;
	park->put_back_len += len;
}

static void count_read(struct rfs *fs, size_t len)
{
	rfs_count(&fs->metrics.reads, 1);
	rfs_count(&fs->metrics.read_bytes, len);
}

/* Answer a read with what was put back, which is before all that is in the ring. */
static void answer_put_back(struct rfs *fs, struct rfs_park *park, fuse_req_t req, size_t len)
{
	size_t n = park->put_back_len < len ? park->put_back_len : len;
	if (fuse_reply_buf(req, (const char *)park->put_back, n) != 0)
		return;
	memmove(park->put_back, park->put_back + n, park->put_back_len - n);
	park->put_back_len -= n;
	count_read(fs, n);
}

/* Answer a read with what the ring holds, if anything; keeps I3. False: it must wait. */
static bool answer_read(struct rfs *fs, struct rfs_park *park, fuse_req_t req, struct rfs_handle *handle, size_t len,
			uint64_t offset)
{
	if (!may_read(park, handle))
		return false;
	if (park->put_back_len > 0) {
		answer_put_back(fs, park, req, len);
		return true;
	}
	uint8_t *buf = rfs_session_buffer(len);
	if (!buf) {
		fuse_reply_err(req, ENOMEM);
		return true;
	}
	bool consumes_first = park->n_mapped_writers > 0;
	size_t taken = 0;
	int r = -EPIPE;
	for (int try = 0; r == -EPIPE && try < CONSUME_TRIES; try++) {
		struct vmap_shared_state state;
		vmap_shared_get_state(handle->ring, &state);
		size_t held = (size_t)(state.head - state.tail);
		if (held == 0 && vmap_shared_status(handle->ring) != -EIO)
			return false;
		uint64_t pos = state.tail;
		ssize_t n = vmap_shared_read(handle->ring, &pos, buf, len);
		if (n == -EPIPE)
			continue; /* a mapped process was quicker */
		if (n == -ESTALE)
			return false; /* or has given the ring another shape */
		if (n < 0) {
			fuse_reply_err(req, EIO);
			return true;
		}
		taken = (size_t)n;
		park->line_owner = 0;
		/* What empties the ring ends where a write ended. */
		if (taken < held &&
		    rfs_align_of(vmap_shared_attributes(handle->ring), fs->options.attributes.choices) == VMAP_ALIGN_LINE)
			taken = take_lines(park, handle, state.tail, buf, taken);
		handle->more_at = taken == len && rfs_read_may_be_cut(fs, len) ? offset + taken : 0;
		if (!consumes_first) {
			if (fuse_reply_buf(req, (const char *)buf, taken) == 0) {
				vmap_shared_consume(handle->ring, state.tail, taken);
				count_read(fs, taken);
			}
			return true;
		}
		r = vmap_shared_consume(handle->ring, state.tail, taken);
		/* A change of shape is under way. If who began it has died, this puts the ring right. */
		if (r == -EBUSY && vmap_shared_wait_writer(handle->ring, 0) == 0)
			r = -EPIPE;
	}
	if (r == -EPIPE || r == -ESTALE || r == -EBUSY)
		return false; /* the thread that watches the ring serves who waits */
	if (r < 0)
		fuse_reply_err(req, EIO);
	else if (fuse_reply_buf(req, (const char *)buf, taken) == 0)
		count_read(fs, taken);
	else
		put_back(park, buf, taken);
	return true;
}

/* Append more of @bytes from *done on: all of it, or of what is longer than the ring as much as there is room for. */
static int append_more(struct rfs *fs, struct rfs_handle *handle, const uint8_t *bytes, size_t len, size_t *done)
{
	struct vmap_shared_state state;
	vmap_shared_get_state(handle->ring, &state);
	size_t rest = len - *done;
	size_t room = (size_t)room_in(&state);
	size_t n = rest < room ? rest : room;
	if (n == 0 || (len <= state.capacity && n < rest)) { /* keeps I4 */
		const void *span;
		uint64_t pos = state.tail;
		/* Full, unless the positions say so that no ring can have. */
		ssize_t r = vmap_shared_peek(handle->ring, &pos, &span);
		return r == -EBADMSG || r == -EIO ? -EIO : -EAGAIN;
	}
	ssize_t r = vmap_shared_append_within(handle->ring, bytes + *done, n, 0);
	if (r < 0)
		return (int)r;
	*done += n;
	rfs_count(&fs->metrics.written_bytes, n);
	return *done == len ? 0 : -EAGAIN;
}

static void answer_write(struct rfs *fs, fuse_req_t req, const struct rfs_handle *handle, size_t done, bool sync, int error)
{
	if (done > 0 && sync && vmap_shared_sync(handle->ring) < 0)
		error = -EIO, done = 0;
	if (done == 0) {
		fuse_reply_err(req, -rfs_write_error(error));
		return;
	}
	rfs_count(&fs->metrics.writes, 1);
	fuse_reply_write(req, done);
}

/* The first reader in line, if there is something for it. */
static bool serve_reader(struct rfs *fs, struct rfs_park *park)
{
	struct rfs_parked *p = park->first[RFS_PARK_READERS];
	while (p && !may_read(park, p->handle))
		p = p->next;
	if (!p)
		return false;
	if (!answer_read(fs, park, p->req, p->handle, p->len, p->offset)) {
		if (!is_at_end(fs, park, p->handle))
			return false;
		fuse_reply_buf(p->req, NULL, 0);
	}
	rfs_park_remove(park, RFS_PARK_READERS, p);
	rfs_parked_free(p);
	return true;
}

/* The first writer in line, as far as there is room. True: something has changed. */
static bool serve_writer(struct rfs *fs, struct rfs_park *park)
{
	struct rfs_parked *p = park->first[RFS_PARK_WRITERS];
	if (!p)
		return false;
	size_t before = p->done;
	int r = append_more(fs, p->handle, p->bytes, p->len, &p->done);
	if (r == -EAGAIN && effective(fs, p->handle, RFS_RINGATTR_FULL) == RFS_FULL_ERROR) {
		r = -ENOSPC; /* the ring was told so while this one waited */
		vmap_shared_count_dropped(p->handle->ring);
	}
	if (r == -EBUSY || r == -ESTALE)
		park->is_stuck = true;
	if (r == -EAGAIN || r == -EBUSY || r == -ESTALE)
		return p->done > before;
	rfs_park_remove(park, RFS_PARK_WRITERS, p);
	answer_write(fs, p->req, p->handle, p->done, p->sync, r);
	rfs_parked_free(p);
	return true;
}

/* Readers of an overwrite ring wait each for themselves. */
static void serve_followers(struct rfs *fs, struct rfs_park *park)
{
	for (struct rfs_parked *p = park->first[RFS_PARK_READERS], *next; p; p = next) {
		next = p->next;
		if (!rfs_read_overwrite(fs, p->req, p->handle, p->len, p->offset)) {
			if (effective(fs, p->handle, RFS_RINGATTR_EOF) == RFS_EOF_WAIT)
				continue;
			fuse_reply_buf(p->req, NULL, 0);
		}
		rfs_park_remove(park, RFS_PARK_READERS, p);
		rfs_parked_free(p);
	}
}

/* Keeps I1. */
static void serve(struct rfs *fs, struct rfs_node *node)
{
	struct rfs_park *park = &node->park;
	if (park->n_waiting > 0 && vmap_shared_policy(node->ring) == VMAP_RING_BOUNDED) {
		bool changed = true;
		while (changed) {
			changed = serve_reader(fs, park);
			changed = serve_writer(fs, park) || changed;
		}
	} else if (park->n_waiting > 0) {
		serve_followers(fs, park);
	}
	rfs_park_notify(fs, park);
}

/*
 * Leave park.lock. If a mapped writer that has stopped with the ring's lock was in the way, wait for it or lock it out,
 * and go on.
 */
static void leave(struct rfs *fs, struct rfs_node *node)
{
	struct rfs_park *park = &node->park;
	/* Whom a process keeps out that plays tricks is served when the thread that watches the ring looks again. */
	for (int try = 0; park->is_stuck && try < RFS_UNSTICK_TRIES; try++) {
		park->is_stuck = false;
		pthread_mutex_unlock(&park->lock);
		int r = rfs_ring_unstick(node, node->ring);
		pthread_mutex_lock(&park->lock);
		if (r == 0)
			serve(fs, node);
	}
	park->is_stuck = false;
	pthread_mutex_unlock(&park->lock);
}

void rfs_stream_wake(struct rfs *fs, struct rfs_node *node)
{
	pthread_mutex_lock(&node->park.lock);
	serve(fs, node);
	leave(fs, node);
}

bool rfs_stream_try_wake(struct rfs *fs, struct rfs_node *node)
{
	struct rfs_park *park = &node->park;
	pthread_mutex_lock(&park->lock);
	serve(fs, node);
	bool is_stuck = park->is_stuck;
	park->is_stuck = false;
	pthread_mutex_unlock(&park->lock);
	return !is_stuck;
}

/* A request has come to wait: if mapped processes can change the ring, somebody must look for that. */
static void watch(struct rfs *fs, const struct rfs_park *park)
{
	if (park->n_mapped_writers > 0)
		vmap_shared_ring_bell(&fs->handover.bell);
}

/*
 * The waiting program got a signal, or was killed. libfuse holds its lock of the request. @data is the node: it may
 * have another use by now, for the request may have been answered meanwhile, but then it is not found there.
 */
static void on_interrupt(fuse_req_t req, void *data)
{
	struct rfs *fs = fuse_req_userdata(req);
	struct rfs_node *node = data;
	rfs_session_may_wait(); /* a write under that lock may stand still with its disk, and so may those that are served here */
	rfs_ring_enter(node);
	pthread_mutex_lock(&node->park.lock);
	struct rfs_parked *parked = rfs_park_take(&node->park, req);
	/* A large write that was first in line may have been all that stopped others. */
	if (parked)
		serve(fs, node);
	pthread_mutex_unlock(&node->park.lock);
	rfs_ring_leave(node);
	if (!parked)
		return;
	/* Of a long write a part may be in. A read has nothing done. */
	answer_write(fs, req, parked->handle, parked->done, parked->sync, -EINTR);
	rfs_parked_free(parked);
}

void rfs_stream_prepare(fuse_req_t req, struct rfs_node *node)
{
	fuse_req_interrupt_func(req, on_interrupt, node);
}

/* A reader that looks and does not take; the handle's own place, and end of file at the head. */
static void peek(fuse_req_t req, struct rfs_handle *handle, size_t len)
{
	uint8_t *buf = rfs_session_buffer(len);
	if (!buf) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	ssize_t n = vmap_shared_read(handle->ring, &handle->peek_pos, buf, len);
	if (n == -EPIPE) /* consumed by others meanwhile: on from the new tail */
		n = vmap_shared_read(handle->ring, &handle->peek_pos, buf, len);
	fuse_reply_buf(req, (const char *)buf, n > 0 ? (size_t)n : 0);
}

/* Is it the turn of @handle, not yet in line? Keeps I2, but for who has begun a line. */
static bool is_next(const struct rfs_park *park, const struct rfs_handle *handle)
{
	return park->first[RFS_PARK_READERS] == NULL || line_owner(park, handle->ring) == handle->slot.id;
}

void rfs_stream_read(struct rfs *fs, fuse_req_t req, struct rfs_handle *handle, size_t len, uint64_t offset,
		     bool nonblock)
{
	struct rfs_node *node = node_of(fs, handle);
	struct rfs_park *park = &node->park;
	pthread_mutex_lock(&park->lock);
	/* The program has got something already, and with nothing more that is what its read(2) returns. */
	bool is_rest = offset != 0 && offset == handle->more_at;
	handle->more_at = 0;
	if (handle->peeks) {
		peek(req, handle, len);
	} else if (is_next(park, handle) && answer_read(fs, park, req, handle, len, offset)) {
		serve(fs, node);
	} else if (is_rest || is_at_end(fs, park, handle)) {
		fuse_reply_buf(req, NULL, 0);
	} else if (nonblock) {
		fuse_reply_err(req, EAGAIN);
	} else {
		int r = rfs_park_add(&fs->park_users, node, RFS_PARK_READERS,
				     &(struct rfs_parked){.req = req, .handle = handle, .len = len, .offset = offset}, NULL);
		if (r < 0)
			fuse_reply_err(req, -r);
		else
			watch(fs, park);
	}
	leave(fs, node);
}

/* What did not go in at once: wait, or say why not. *done bytes of it are in already. */
static void write_later(struct rfs *fs, struct rfs_handle *handle, const struct rfs_parked *what, const void *bytes,
			bool nonblock)
{
	int r = -EAGAIN;
	if (effective(fs, handle, RFS_RINGATTR_FULL) == RFS_FULL_ERROR) {
		vmap_shared_count_dropped(handle->ring);
		r = -ENOSPC;
	} else if (nonblock) {
		handle->poll_room = what->len;
	} else {
		r = rfs_park_add(&fs->park_users, node_of(fs, handle), RFS_PARK_WRITERS, what, bytes);
		watch(fs, &node_of(fs, handle)->park);
	}
	if (r < 0)
		answer_write(fs, what->req, handle, what->done, what->sync, r);
}

void rfs_stream_write(struct rfs *fs, fuse_req_t req, struct rfs_handle *handle, const void *bytes, size_t len,
		      bool nonblock, bool sync)
{
	struct rfs_node *node = node_of(fs, handle);
	struct rfs_park *park = &node->park;
	struct rfs_parked what = {.req = req, .handle = handle, .len = len, .sync = sync};
	pthread_mutex_lock(&park->lock);
	int r = -EAGAIN;
	unsigned tries = 0;
	bool again = true;
	while (again && park->first[RFS_PARK_WRITERS] == NULL) { /* keeps I2 */
		r = append_more(fs, handle, bytes, len, &what.done);
		handle->poll_room = 0;
		if (r != -EBUSY && r != -ESTALE)
			break;
		pthread_mutex_unlock(&park->lock);
		again = rfs_ring_retry(r, node, handle->ring, &tries);
		pthread_mutex_lock(&park->lock);
		r = again ? -EAGAIN : -EIO;
	}
	if (r == -EAGAIN)
		write_later(fs, handle, &what, bytes, nonblock);
	else
		answer_write(fs, req, handle, what.done, sync, r);
	if (what.done > 0)
		serve(fs, node);
	leave(fs, node);
}

void rfs_stream_read_waiting(struct rfs *fs, fuse_req_t req, struct rfs_handle *handle, size_t len, uint64_t offset)
{
	struct rfs_node *node = node_of(fs, handle);
	pthread_mutex_lock(&node->park.lock);
	/* A writer appends before it takes this lock: so either its bytes are seen here, or it sees who waits. */
	if (!rfs_read_overwrite(fs, req, handle, len, offset)) {
		struct rfs_parked what = {.req = req, .handle = handle, .len = len, .offset = offset};
		int r = rfs_park_add(&fs->park_users, node, RFS_PARK_READERS, &what, NULL);
		if (r < 0)
			fuse_reply_err(req, -r);
		else
			watch(fs, &node->park);
	}
	pthread_mutex_unlock(&node->park.lock);
}

static unsigned stream_events(const struct rfs *fs, const struct rfs_park *park, const struct rfs_handle *handle)
{
	struct vmap_shared_state state;
	vmap_shared_get_state(handle->ring, &state);
	unsigned events = 0;
	if (handle->readable && ((state.head > state.tail && may_read(park, handle)) || handle->peeks))
		events |= POLLIN | POLLRDNORM;
	else if (handle->readable && is_at_end(fs, park, handle))
		events |= POLLIN | POLLRDNORM | POLLHUP;
	/* What a write that waits needs is asked for, so that a writer of large records is not woken for nothing. */
	uint64_t need = handle->poll_room > POLL_ROOM ? handle->poll_room : POLL_ROOM;
	if (need > state.capacity)
		need = handle->poll_room > state.capacity ? 1 : state.capacity;
	bool goes = room_in(&state) >= need && park->first[RFS_PARK_WRITERS] == NULL;
	if (handle->writable && (goes || effective(fs, handle, RFS_RINGATTR_FULL) == RFS_FULL_ERROR))
		events |= POLLOUT | POLLWRNORM;
	return events;
}

static unsigned overwrite_events(const struct rfs *fs, struct rfs_handle *handle)
{
	unsigned events = 0;
	if (handle->readable) {
		struct rfs_cursor_events next;
		rfs_cursor_poll(&handle->cursor, handle->ring, &next);
		/* At the end a read gives end of file at once, unless it would wait. */
		if (next.has_bytes || effective(fs, handle, RFS_RINGATTR_EOF) == RFS_EOF_END)
			events |= POLLIN | POLLRDNORM;
		if (next.is_overrun)
			events |= POLLPRI;
	}
	if (handle->writable)
		events |= POLLOUT | POLLWRNORM;
	return events;
}

unsigned rfs_stream_poll(struct rfs *fs, struct rfs_handle *handle, struct fuse_pollhandle *ph)
{
	struct rfs_park *park = &node_of(fs, handle)->park;
	pthread_mutex_lock(&park->lock);
	/* First be told, then look: a change in between is told. */
	if (ph) {
		rfs_park_set_poll(park, handle, ph);
		watch(fs, park);
	}
	unsigned events = handle->is_stream ? stream_events(fs, park, handle) : overwrite_events(fs, handle);
	pthread_mutex_unlock(&park->lock);
	return events;
}
