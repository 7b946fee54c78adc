/* SPDX-License-Identifier: MIT */
/*
 * The shared ring against a model of five numbers, with reopens.
 *
 * Bytes are a function of their position, so the model knows every byte and every line start without storing
 * any. Seeds are fixed; a failure prints seed and step.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "helpers.h"

enum { N_STEPS = 30000, N_CURSORS = 4 };

struct model {
	uint64_t capacity;
	uint64_t start;
	uint64_t head;
	uint64_t floor;
	uint64_t records;
};

struct run {
	struct model model;
	struct vmap_shared *ring;
	int fd;
	struct rng rng;
	uint64_t seed;
	int step;
	uint8_t *bytes;
	uint64_t mtime_ns;
	uint64_t cursors[N_CURSORS];
};

#define CHECK(run, condition)                                                                                  \
	do {                                                                                                   \
		if (!(condition))                                                                              \
			cr_fatal("seed %llu step %d capacity %llu: %s", (unsigned long long)(run)->seed, (run)->step, \
				 (unsigned long long)(run)->model.capacity, #condition);                       \
	} while (0)

static uint64_t model_tail(const struct model *m)
{
	uint64_t tail = m->head > m->capacity ? m->head - m->capacity : 0;
	return tail > m->floor ? tail : m->floor;
}

/* The length of the line at @pos as read_line gives it. */
static size_t model_line(const struct model *m, uint64_t pos, size_t len)
{
	size_t n = 0;
	while (n < len && pos + n < m->head)
		if (pattern_at(pos + n++) == '\n')
			break;
	return n;
}

static uint64_t model_oldest_line(const struct model *m)
{
	uint64_t tail = model_tail(m);
	if (tail == m->floor || pattern_at(tail - 1) == '\n')
		return tail;
	for (uint64_t pos = tail; pos < m->head && pos - tail < VMAP_SHARED_LINE_MAX; pos++)
		if (pattern_at(pos) == '\n')
			return pos + 1 < m->head ? pos + 1 : tail;
	return tail;
}

static void step_append(struct run *run, size_t len)
{
	struct model *m = &run->model;
	pattern_fill(run->bytes, m->head, len);
	CHECK(run, vmap_shared_append(run->ring, run->bytes, len) == (ssize_t)len);
	m->head += len;
	m->records += len > 0;
}

static void step_read(struct run *run, size_t len, bool by_line)
{
	struct model *m = &run->model;
	uint64_t *cursor = &run->cursors[rng_below(&run->rng, N_CURSORS)];
	uint64_t before = *cursor;
	ssize_t n = by_line ? vmap_shared_read_line(run->ring, cursor, run->bytes, len)
			    : vmap_shared_read(run->ring, cursor, run->bytes, len);
	if (before < model_tail(m)) {
		CHECK(run, n == -EPIPE);
		CHECK(run, *cursor == model_tail(m));
	} else if (before == m->head) {
		CHECK(run, n == -EAGAIN);
		CHECK(run, *cursor == before);
	} else {
		size_t expected = m->head - before < len ? (size_t)(m->head - before) : len;
		if (by_line)
			expected = model_line(m, before, len);
		CHECK(run, n == (ssize_t)expected);
		CHECK(run, *cursor == before + expected);
		CHECK(run, pattern_matches(run->bytes, before, expected));
	}
}

static void step_clear(struct run *run)
{
	vmap_shared_clear(run->ring);
	run->model.floor = run->model.head;
}

static void step_reopen(struct run *run)
{
	struct vmap_shared_state before, probed;
	vmap_shared_get_state(run->ring, &before);
	vmap_shared_close(run->ring);
	CHECK(run, vmap_shared_probe(run->fd, &probed) == 0);
	CHECK(run, states_equal(&before, &probed));
	CHECK(run, vmap_shared_open(run->fd, &run->ring) == 0);
}

static void check_state(struct run *run, bool changed)
{
	const struct model *m = &run->model;
	struct vmap_shared_state state;
	vmap_shared_get_state(run->ring, &state);
	CHECK(run, state.head == m->head);
	CHECK(run, state.tail == model_tail(m));
	CHECK(run, state.floor == m->floor);
	CHECK(run, state.capacity == m->capacity);
	CHECK(run, state.records == m->records);
	CHECK(run, state.bytes == m->head - m->start);
	CHECK(run, changed ? state.mtime_ns > run->mtime_ns : state.mtime_ns == run->mtime_ns);
	run->mtime_ns = state.mtime_ns;
	CHECK(run, vmap_shared_oldest(run->ring, VMAP_ALIGN_BYTE) == state.tail);
	CHECK(run, vmap_shared_oldest(run->ring, VMAP_ALIGN_LINE) == model_oldest_line(m));
}

static void check_window(struct run *run)
{
	const struct model *m = &run->model;
	uint64_t tail = model_tail(m), cursor = tail;
	size_t len = (size_t)(m->head - tail);
	ssize_t n = vmap_shared_read(run->ring, &cursor, run->bytes, len + 1);
	CHECK(run, n == (len > 0 ? (ssize_t)len : -EAGAIN));
	CHECK(run, pattern_matches(run->bytes, tail, len));
}

static void run_model(uint64_t capacity, uint64_t start, uint64_t seed)
{
	struct run run = {.seed = seed, .rng = {.state = seed}, .fd = ring_fd(capacity, start)};
	run.model = (struct model){
		.capacity = vmap_shared_round_capacity(capacity), .start = start, .head = start, .floor = start};
	for (int i = 0; i < N_CURSORS; i++)
		run.cursors[i] = start;
	run.bytes = xmalloc(2 * run.model.capacity);
	CHECK(&run, vmap_shared_open(run.fd, &run.ring) == 0);
	struct vmap_shared_state fresh;
	vmap_shared_get_state(run.ring, &fresh);
	run.mtime_ns = fresh.mtime_ns;
	int n_steps = N_STEPS / (int)test_every();
	for (run.step = 0; run.step < n_steps; run.step++) {
		size_t len = rng_len(&run.rng, run.model.capacity);
		uint64_t head = run.model.head;
		bool cleared = false;
		switch (rng_below(&run.rng, 16)) {
		case 0:
		case 1:
		case 2:
		case 3:
		case 4:
		case 5:
			step_append(&run, len);
			break;
		case 6:
		case 7:
		case 8:
			step_read(&run, len + 1, false);
			break;
		case 9:
		case 10:
		case 11:
		case 12:
			step_read(&run, len + 1, true);
			break;
		case 13:
			if (rng_below(&run.rng, 50) == 0) {
				step_clear(&run);
				cleared = true;
			}
			break;
		default:
			if (rng_below(&run.rng, 50) == 0)
				step_reopen(&run);
			break;
		}
		check_state(&run, cleared || run.model.head != head);
		if (run.step % 64 == 0)
			check_window(&run);
	}
	check_window(&run);
	vmap_shared_close(run.ring);
	close(run.fd);
	free(run.bytes);
}

Test(shared_model, of_one_unit_agrees)
{
	run_model(1, 0, 3000);
}

Test(shared_model, of_three_units_agrees)
{
	run_model(3 * 65536, 777, 3001);
}

Test(shared_model, of_seven_units_past_2_to_the_32_agrees)
{
	run_model(7 * 65536 - 5, UINT32_MAX - 300000u, 3002);
}

Test(shared_model, of_five_units_near_2_to_the_62_agrees)
{
	run_model(5 * 65536, ((uint64_t)1 << 62) - 123457, 3003);
}
