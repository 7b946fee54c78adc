/* SPDX-License-Identifier: MIT */
/*
 * The ESTALE step, and reading a ring as a growing file.
 *
 * Invariants:
 * I1 At most one pending open a thread: a thread is inside one open at a time.
 * I2 While a thread has a pending open, no second ESTALE is sent to it, whatever it opens and however late:
 *    it would reach the program. One that was not followed up (the thread was killed in between) gives no
 *    views after PENDING_FRESH_MS, so its successor in the number is not taken for it for long.
 * I3 Bytes returned are those appended at the positions they stand for, or zeros where the read was not
 *    sequential and the positions are overwritten.
 * I4 origin + next_offset never exceeds the head, so fstat's size never falls below the handle's offset.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control.h"
#include "view.h"

/* Two round trips of a machine with thousands of programs to run: more than 5 s have been seen. */
#define PENDING_FRESH_MS 60000u
/* Longer than any thread stays inside one open(2) on a machine that still works. */
#define PENDING_FORGOTTEN_MS 600000u
/* Copies that may fail to a fast writer before the reader skips further ahead than it must. */
#define CLOSE_TRIES 4
#define ALL_TRIES 64

static uint64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void rfs_views_init(struct rfs_views *views)
{
	views->n_pending = 0;
	pthread_mutex_init(&views->lock, NULL);
}

void rfs_views_finish(struct rfs_views *views)
{
	pthread_mutex_destroy(&views->lock);
}

static struct rfs_pending *find_pending(struct rfs_views *views, pid_t tid)
{
	for (uint32_t i = 0; i < views->n_pending; i++)
		if (views->pending[i].tid == tid)
			return &views->pending[i];
	return NULL;
}

/* Let go of the nodes of an entry; only the thread's number stays. */
static void empty_pending(struct rfs_nodes *nodes, struct rfs_pending *entry)
{
	if (entry->view)
		rfs_node_unref(nodes, rfs_node_get(nodes, entry->view));
	if (entry->canonical)
		rfs_node_unref(nodes, rfs_node_get(nodes, entry->canonical));
	entry->view = 0;
	entry->canonical = 0;
}

/* Drop an entry and the references it holds; the last entry takes its place. */
static void drop_pending(struct rfs_views *views, struct rfs_nodes *nodes, struct rfs_pending *entry)
{
	empty_pending(nodes, entry);
	*entry = views->pending[--views->n_pending];
}

/* Opens that came to nothing must not keep a deleted ring's pages, nor the table long. */
static void sweep_pending(struct rfs_views *views, struct rfs_nodes *nodes)
{
	uint64_t now = now_ms();
	for (uint32_t i = views->n_pending; i-- > 0;) {
		struct rfs_pending *entry = &views->pending[i];
		if (now - entry->since_ms > PENDING_FORGOTTEN_MS)
			drop_pending(views, nodes, entry);
		else if (now - entry->since_ms > PENDING_FRESH_MS)
			empty_pending(nodes, entry);
	}
}

/*
 * Room for one more of @uid. Who was sent round and is forgotten would be told ESTALE to its face, so only one that is not expected
 * any more gives way, of the same user.
 */
static bool make_room(struct rfs_views *views, struct rfs_nodes *nodes, uid_t uid)
{
	struct rfs_pending *oldest = NULL;
	uint32_t n = 0;
	for (uint32_t i = 0; i < views->n_pending; i++) {
		struct rfs_pending *entry = &views->pending[i];
		if (entry->uid != uid)
			continue;
		n++;
		if (!oldest || entry->since_ms < oldest->since_ms)
			oldest = entry;
	}
	if (n < RFS_PENDING_PER_USER && views->n_pending < RFS_PENDING_MAX)
		return true;
	if (!oldest || now_ms() - oldest->since_ms <= PENDING_FRESH_MS)
		return false;
	drop_pending(views, nodes, oldest);
	return true;
}

bool rfs_views_begin(struct rfs_views *views, struct rfs_nodes *nodes, pid_t tid, uid_t uid, struct rfs_node *canonical)
{
	if (tid == 0)
		return false;
	pthread_mutex_lock(&views->lock);
	struct rfs_pending *entry = find_pending(views, tid);
	bool is_first = !entry;
	if (entry)
		drop_pending(views, nodes, entry); /* keeps I1 and I2 */
	sweep_pending(views, nodes);
	bool begins = is_first && make_room(views, nodes, uid);
	if (begins) {
		rfs_node_ref(nodes, canonical);
		views->pending[views->n_pending++] =
			(struct rfs_pending){.tid = tid, .uid = uid, .canonical = canonical->slot.id, .since_ms = now_ms()};
	}
	pthread_mutex_unlock(&views->lock);
	return begins;
}

struct rfs_node *rfs_views_lookup(struct rfs_views *views, struct rfs_nodes *nodes, pid_t tid,
				  struct rfs_node *canonical)
{
	struct rfs_node *view = NULL;
	if (tid == 0)
		return NULL;
	pthread_mutex_lock(&views->lock);
	struct rfs_pending *entry = find_pending(views, tid);
	if (entry && now_ms() - entry->since_ms <= PENDING_FRESH_MS) {
		/* Another ring may have got the name in between. Only the last part of a path can be a ring. */
		if (entry->canonical != canonical->slot.id) {
			empty_pending(nodes, entry);
			rfs_node_ref(nodes, canonical);
			entry->canonical = canonical->slot.id;
			entry->since_ms = now_ms();
		}
		/* The kernel asks twice, once to revalidate the old name and once afresh: one view for both. */
		if (entry->view)
			view = rfs_node_get(nodes, entry->view);
		else if (rfs_node_create_view(nodes, canonical, &view) == 0)
			entry->view = view->slot.id;
		if (view)
			rfs_node_ref(nodes, view);
	}
	pthread_mutex_unlock(&views->lock);
	return view;
}

void rfs_views_missed(struct rfs_views *views, struct rfs_nodes *nodes, pid_t tid)
{
	pthread_mutex_lock(&views->lock);
	struct rfs_pending *entry = find_pending(views, tid);
	if (entry)
		empty_pending(nodes, entry);
	pthread_mutex_unlock(&views->lock);
}

void rfs_views_end(struct rfs_views *views, struct rfs_nodes *nodes, pid_t tid)
{
	pthread_mutex_lock(&views->lock);
	struct rfs_pending *entry = find_pending(views, tid);
	if (entry)
		drop_pending(views, nodes, entry);
	pthread_mutex_unlock(&views->lock);
}

void rfs_cursor_init(struct rfs_cursor *cursor, const struct vmap_shared *ring, enum vmap_align align,
		     struct rfs_node *view)
{
	uint64_t origin = vmap_shared_oldest(ring, align);
	struct vmap_shared_state state;
	vmap_shared_get_state(ring, &state);
	*cursor = (struct rfs_cursor){.head_at_open = state.head, .last_byte = '\n'};
	pthread_mutex_init(&cursor->lock, NULL);
	cursor->origin = &cursor->own_origin;
	atomic_store_explicit(&cursor->own_origin, origin, memory_order_relaxed);
	if (!view)
		return;
	/* The first open of a view owns its origin; a later one (through /proc/self/fd) starts where that is. */
	uint64_t expected = RFS_ORIGIN_NONE;
	if (atomic_compare_exchange_strong_explicit(&view->origin, &expected, origin, memory_order_relaxed,
						    memory_order_relaxed))
		cursor->origin = &view->origin;
	else
		atomic_store_explicit(&cursor->own_origin, expected, memory_order_relaxed);
}

void rfs_cursor_finish(struct rfs_cursor *cursor)
{
	free(cursor->carry.bytes);
	free(cursor->next_carry.bytes);
	pthread_mutex_destroy(&cursor->lock);
}

/* Is @a before @b? Positions are below 2^63, and what an origin below 0 makes of an offset counts as such. */
static bool is_before(uint64_t a, uint64_t b)
{
	return (int64_t)a < (int64_t)b;
}

static uint64_t get_origin(const struct rfs_cursor *cursor)
{
	return atomic_load_explicit(cursor->origin, memory_order_relaxed);
}

static void set_origin(struct rfs_cursor *cursor, uint64_t origin)
{
	atomic_store_explicit(cursor->origin, origin, memory_order_relaxed);
}

/*
 * Remember the rest of the line after the byte @last that ended before @pos. -EPIPE when it was
 * overwritten meanwhile: then the read must be taken as overrun as a whole, nothing was returned yet, and
 * the old carry still counts.
 */
static int fetch_carry(struct rfs_cursor *cursor, const struct vmap_shared *ring, uint64_t pos, uint8_t last)
{
	uint8_t line[4096];
	struct rfs_carry *carry = &cursor->next_carry;
	bool whole = last == '\n';
	carry->len = 0;
	carry->pos = pos;
	while (!whole && carry->len < RFS_CARRY_MAX) {
		ssize_t n = vmap_shared_read_line(ring, &pos, line, sizeof(line));
		if (n == -EPIPE)
			return -EPIPE;
		if (n <= 0)
			break; /* the head: the rest of the line is not written yet */
		uint8_t *bytes = realloc(carry->bytes, carry->len + (size_t)n);
		if (!bytes)
			break;
		carry->bytes = bytes;
		memcpy(bytes + carry->len, line, (size_t)n);
		carry->len += (size_t)n;
		whole = line[n - 1] == '\n';
	}
	if (!whole && carry->len >= RFS_CARRY_MAX)
		carry->len = 0; /* too long to be a line */
	struct rfs_carry old = cursor->carry;
	cursor->carry = *carry;
	*carry = old;
	return 0;
}

/* The rest of a line that was promised, if @pos stands in it. */
static size_t read_carry(const struct rfs_cursor *cursor, uint64_t pos, uint8_t *dst, size_t len)
{
	const struct rfs_carry *carry = &cursor->carry;
	uint64_t at = pos - carry->pos;
	if (pos < carry->pos || at >= carry->len)
		return 0;
	size_t n = carry->len - (size_t)at;
	if (n > len)
		n = len;
	memcpy(dst, carry->bytes + at, n);
	return n;
}

/*
 * Copy and, where lines count, remember the rest of the last one. -EAGAIN at the head, -EPIPE overrun: then
 * *pos has moved up to the oldest byte, or stands where it was and trying again will tell more.
 */
static ssize_t read_whole(struct rfs_cursor *cursor, const struct vmap_shared *ring, enum vmap_align align,
			  uint64_t *pos, uint8_t *dst, size_t len)
{
	uint64_t next = *pos;
	ssize_t n = vmap_shared_read(ring, &next, dst, len);
	if (n > 0 && align == VMAP_ALIGN_LINE && fetch_carry(cursor, ring, next, dst[n - 1]) < 0)
		return -EPIPE;
	*pos = next;
	return n;
}

/* Where an overrun reader goes on: the oldest whole line, or further ahead if the writer keeps winning. */
static uint64_t resume_pos(const struct vmap_shared *ring, enum vmap_align align, int try)
{
	if (try < CLOSE_TRIES)
		return vmap_shared_oldest(ring, align);
	struct vmap_shared_state state;
	vmap_shared_get_state(ring, &state);
	uint64_t pos = state.tail + (state.head - state.tail) / 2;
	uint64_t end = pos + VMAP_SHARED_LINE_MAX;
	/* A head may run away from us for ever. */
	for (ssize_t n = align == VMAP_ALIGN_LINE; n > 0 && pos < end;) {
		uint8_t line[4096];
		n = vmap_shared_read_line(ring, &pos, line, sizeof(line));
		if (n > 0 && line[n - 1] == '\n')
			break;
	}
	return pos;
}

/* The line that stands for @lost bytes, on a line of its own. */
static void make_mark(struct rfs_mark *mark, uint64_t lost, uint8_t last_byte)
{
	mark->done = 0;
	mark->len = (size_t)snprintf(mark->text, sizeof(mark->text), "%s--- ringfs: %" PRIu64 " bytes lost ---\n",
				     last_byte == '\n' ? "" : "\n", lost);
}

/* What lies between @expected and @from is skipped; @lost bytes of it are lost. */
static void skip(struct rfs_cursor *cursor, uint64_t expected, uint64_t from, uint64_t lost)
{
	set_origin(cursor, get_origin(cursor) + (from - expected));
	cursor->resumed = from;
	cursor->lost += lost;
}

static size_t read_mark(struct rfs_mark *mark, uint8_t *dst, size_t len)
{
	size_t n = mark->len - mark->done < len ? mark->len - mark->done : len;
	memcpy(dst, mark->text + mark->done, n);
	mark->done += n;
	return n;
}

/* A result of a read that says that the ring is no good, rather than that there is nothing. */
static bool is_damage(ssize_t n)
{
	return n < 0 && n != -EAGAIN && n != -EPIPE && n != -ERANGE;
}

/* What the caller is told of it. */
static ssize_t damage(ssize_t n)
{
	return n == -ESTALE ? n : -EIO;
}

/*
 * Read from where the last read ended, behind a mark that is not all told yet. Where the ring has moved on, the
 * reader moves too: what follows its line (the carry) or the mark stands for @from then.
 */
static ssize_t read_sequential(struct rfs_cursor *cursor, const struct vmap_shared *ring, const struct rfs_cursor_how *how,
			       uint64_t start, uint8_t *dst, size_t len, uint64_t *ret_lost)
{
	size_t done = read_mark(&cursor->mark, dst, len);
	bool has_carry = done == 0;
	start += done;
	uint64_t from = start; /* where the ring is read */
	uint64_t expected = start; /* what the reader wants */
	for (int try = 0; try < ALL_TRIES && done < len; try++) {
		struct rfs_mark mark = {.len = 0};
		uint64_t lost = from != expected ? vmap_shared_lost_between(ring, expected, from) : 0;
		if (lost > 0 && how->lost == RFS_LOST_ERROR) {
			if (done > 0)
				return (ssize_t)done; /* the next read is told */
			*ret_lost = lost;
			skip(cursor, expected, from, lost);
			return -EPIPE;
		}
		if (lost > 0 && how->lost == RFS_LOST_MARK)
			make_mark(&mark, lost, done > 0 ? dst[done - 1] : cursor->last_byte);
		uint64_t pos = from;
		ssize_t n = 0;
		if (mark.len < len - done)
			n = read_whole(cursor, ring, how->align, &pos, dst + done + mark.len, len - done - mark.len);
		if (is_damage(n))
			return done > 0 ? (ssize_t)done : damage(n);
		if (n != -EPIPE) {
			/* Data, or the head: either way this is where the reader is now (keeps I4). */
			if (from != expected) {
				*ret_lost = lost;
				skip(cursor, expected, from, lost);
				set_origin(cursor, get_origin(cursor) - mark.len);
				done += read_mark(&mark, dst + done, len - done);
				cursor->mark = mark;
			}
			return (ssize_t)(n > 0 ? done + (size_t)n : done);
		}
		if (from == start && has_carry) {
			size_t carried = read_carry(cursor, start, dst, len);
			done += carried;
			expected += carried;
			has_carry = false;
		}
		from = resume_pos(ring, how->align, try);
		if (from < expected)
			from = expected;
	}
	return (ssize_t)done; /* full, or the writer laps every copy: an end of file for now, nothing is skipped yet */
}

/* Zeros where the ring has moved on, then what is there. */
static ssize_t read_random(struct rfs_cursor *cursor, const struct vmap_shared *ring, enum vmap_align align,
			  uint64_t start, uint8_t *dst, size_t len)
{
	size_t hole = 0;
	if (is_before(start, 0)) { /* offsets that marks have taken */
		hole = 0 - start < len ? (size_t)(0 - start) : len;
		memset(dst, 0, hole);
	}
	for (int try = 0; try < ALL_TRIES && hole < len; try++) {
		uint64_t pos = start + hole;
		ssize_t n = read_whole(cursor, ring, align, &pos, dst + hole, len - hole);
		if (is_damage(n) && hole == 0)
			return damage(n);
		if (n != -EPIPE)
			return (ssize_t)(n > 0 ? hole + (size_t)n : hole);
		size_t zeros = pos - start < len ? (size_t)(pos - start) : len;
		memset(dst + hole, 0, zeros - hole);
		hole = zeros;
	}
	return (ssize_t)hole;
}

/*
 * The ring was cleared since: who goes back to the start wants the new start, as after a truncation, and so
 * does at any offset who writes by the same handle and reads it back.
 */
static void follow_clear(struct rfs_cursor *cursor, const struct vmap_shared *ring, enum vmap_align align,
			 const struct vmap_shared_state *state, uint64_t offset)
{
	if ((offset != 0 && !cursor->follows_clear) || !is_before(get_origin(cursor), state->floor))
		return;
	set_origin(cursor, cursor->follows_clear ? state->floor : vmap_shared_oldest(ring, align));
	cursor->next_offset = 0;
}

/* A ring that was damaged has begun anew, and the reader was made to believe in positions above that; keeps I4. */
static void follow_anew(struct rfs_cursor *cursor, const struct vmap_shared_state *state)
{
	if (is_before(state->head, get_origin(cursor) + cursor->next_offset))
		set_origin(cursor, state->tail - cursor->next_offset);
}

ssize_t rfs_cursor_read(struct rfs_cursor *cursor, const struct vmap_shared *ring, const struct rfs_cursor_how *how,
			uint64_t offset, uint8_t *dst, size_t len, uint64_t *ret_lost)
{
	*ret_lost = 0;
	if (len == 0)
		return 0;
	pthread_mutex_lock(&cursor->lock);
	struct vmap_shared_state state;
	vmap_shared_get_state(ring, &state);
	follow_anew(cursor, &state);
	follow_clear(cursor, ring, how->align, &state, offset);
	uint64_t pos = get_origin(cursor) + offset;
	/* Who begins behind what was there at the open follows, like tail -n 0 -f, and is never given a hole. */
	bool is_sequential = offset == cursor->next_offset || (!cursor->has_read && !is_before(pos, cursor->head_at_open));
	if (!is_sequential)
		cursor->mark.len = cursor->mark.done = 0;
	ssize_t n = 0;
	if (is_before(pos, state.head)) {
		if (is_sequential)
			n = read_sequential(cursor, ring, how, pos, dst, len, ret_lost);
		else
			n = read_random(cursor, ring, how->align, pos, dst, len);
	} else if (is_sequential) {
		n = (ssize_t)read_mark(&cursor->mark, dst, len);
	}
	/* There may be nothing because its file was cut short, because it is elsewhere by now, or because its header is damaged. */
	const void *span;
	ssize_t r = n == 0 ? vmap_shared_peek(ring, &pos, &span) : 0;
	if (r == -EIO || r == -ESTALE || r == -EBADMSG)
		n = damage(r);
	if (n > 0) {
		cursor->next_offset = offset + (size_t)n;
		cursor->has_read = true;
		cursor->last_byte = dst[n - 1];
	}
	pthread_mutex_unlock(&cursor->lock);
	return n;
}

void rfs_cursor_place(struct rfs_cursor *cursor, struct ringfs_place *ret_place)
{
	pthread_mutex_lock(&cursor->lock);
	uint64_t origin = get_origin(cursor);
	*ret_place = (struct ringfs_place){
		.origin = origin,
		.next = origin + cursor->next_offset,
		.resumed = cursor->resumed,
		.lost = cursor->lost,
	};
	pthread_mutex_unlock(&cursor->lock);
}

int64_t rfs_cursor_seek(struct rfs_cursor *cursor, const struct vmap_shared *ring, uint64_t offset, bool data)
{
	struct vmap_shared_state state;
	vmap_shared_get_state(ring, &state);
	pthread_mutex_lock(&cursor->lock);
	if (cursor->follows_clear)
		follow_clear(cursor, ring, VMAP_ALIGN_BYTE, &state, offset);
	uint64_t origin = get_origin(cursor);
	pthread_mutex_unlock(&cursor->lock);
	uint64_t pos = origin + offset;
	if (!is_before(pos, state.head))
		return -ENXIO;
	uint64_t found;
	if (!is_before(pos, state.tail))
		found = data ? offset : state.head - origin;
	else
		found = data ? state.tail - origin : offset;
	return found <= INT64_MAX ? (int64_t)found : -ENXIO; /* positions of a damaged ring */
}

void rfs_cursor_poll(struct rfs_cursor *cursor, const struct vmap_shared *ring, struct rfs_cursor_events *ret_events)
{
	struct vmap_shared_state state;
	pthread_mutex_lock(&cursor->lock);
	vmap_shared_get_state(ring, &state);
	follow_anew(cursor, &state);
	uint64_t pos = get_origin(cursor) + cursor->next_offset;
	bool is_marked = cursor->mark.done < cursor->mark.len;
	if (!is_marked && is_before(pos, state.floor))
		pos = state.floor; /* cleared is not lost */
	*ret_events = (struct rfs_cursor_events){
		.has_bytes = is_marked || is_before(pos, state.head),
		.is_overrun = !is_marked && is_before(pos, state.tail),
	};
	pthread_mutex_unlock(&cursor->lock);
}
