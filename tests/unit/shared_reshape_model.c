/* SPDX-License-Identifier: MIT */
/*
 * Rings of both policies against a model of a few numbers, with changes of shape, consumers and reopens.
 *
 * A byte is a function of its position, so a queue of bytes is two positions. Seeds are fixed; a failure prints
 * seed and step.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "helpers.h"

enum { N_STEPS = 100000, MAX_UNITS = 9 };

struct model {
	uint64_t capacity;
	enum vmap_ring_policy policy;
	uint64_t tail, head;
	uint64_t base;      /* below it nothing is left, not even consumed bytes */
	uint64_t floor;     /* of the last clear */
	uint64_t line_tail; /* a position at which a line is known to start */
	uint64_t overwritten, records, bytes;
};

struct run {
	struct model model;
	struct vmap_shared *ring;
	int fd;
	struct rng rng;
	uint64_t seed;
	int step;
	uint8_t *bytes;
	uint64_t generation;
};

#define CHECK(run, condition)                                                                                  \
	do {                                                                                                   \
		if (!(condition))                                                                              \
			cr_fatal("seed %llu step %d capacity %llu: %s", (unsigned long long)(run)->seed, (run)->step, \
				 (unsigned long long)(run)->model.capacity, #condition);                       \
	} while (0)

static bool is_bounded(const struct model *m)
{
	return m->policy == VMAP_RING_BOUNDED;
}

/* The tail of an overwrite ring goes up to @tail: the byte in front of it is seen for the last time. */
static void model_overwrite(struct model *m, uint64_t tail)
{
	if (tail <= m->tail)
		return;
	m->overwritten += tail - m->tail;
	m->tail = tail;
	if (pattern_at(tail - 1) == '\n')
		m->line_tail = tail;
}

static uint64_t model_newest(const struct model *m, uint64_t capacity)
{
	return m->head - m->tail > capacity ? m->head - capacity : m->tail;
}

static uint64_t model_oldest_line(const struct model *m)
{
	if (is_bounded(m) || m->tail == m->floor || m->tail == m->line_tail)
		return m->tail;
	for (uint64_t pos = m->tail; pos < m->head; pos++)
		if (pattern_at(pos) == '\n')
			return pos + 1 < m->head ? pos + 1 : m->tail;
	return m->tail;
}

static void step_append(struct run *run)
{
	struct model *m = &run->model;
	size_t len = rng_len(&run->rng, m->capacity);
	pattern_fill(run->bytes, m->head, len);
	ssize_t n = vmap_shared_append(run->ring, run->bytes, len);
	if (is_bounded(m) && len > m->capacity) {
		CHECK(run, n == -EMSGSIZE);
		return;
	}
	if (is_bounded(m) && len > m->capacity - (m->head - m->tail)) {
		CHECK(run, n == -EAGAIN);
		return;
	}
	CHECK(run, n == (ssize_t)len);
	m->head += len;
	m->records += len > 0;
	m->bytes += len;
	if (!is_bounded(m))
		model_overwrite(m, model_newest(m, m->capacity));
}

static void step_read(struct run *run)
{
	const struct model *m = &run->model;
	/* mostly inside the window, now and then on either side of it */
	uint64_t at = m->tail + rng_below(&run->rng, m->head - m->tail + 1);
	switch (rng_below(&run->rng, 16)) {
	case 0:
		at = m->head + 1 + rng_below(&run->rng, 100);
		break;
	case 1:
		at = m->tail > 0 ? m->tail - 1 : 0;
		break;
	}
	size_t len = 1 + rng_len(&run->rng, m->capacity);
	uint64_t cursor = at;
	ssize_t n = vmap_shared_read(run->ring, &cursor, run->bytes, len);
	if (at < m->tail) {
		CHECK(run, n == -EPIPE);
		CHECK(run, cursor == m->tail);
	} else if (at >= m->head) {
		CHECK(run, n == (at == m->head ? -EAGAIN : -ERANGE));
		CHECK(run, cursor == at);
	} else {
		size_t expected = m->head - at < len ? (size_t)(m->head - at) : len;
		CHECK(run, n == (ssize_t)expected);
		CHECK(run, cursor == at + expected);
		CHECK(run, pattern_matches(run->bytes, at, expected));
	}
}

static void step_consume(struct run *run)
{
	struct model *m = &run->model;
	uint64_t held = m->head - m->tail;
	uint64_t from = m->tail, len = rng_below(&run->rng, rng_below(&run->rng, 4) == 0 ? held + 1 : held / 8 + 1);
	int expected = is_bounded(m) ? 0 : -EINVAL;
	switch (rng_below(&run->rng, 16)) {
	case 0:
		from += 1 + rng_below(&run->rng, 100);
		break;
	case 1:
		from -= from > 0;
		break;
	case 2:
		len = held + rng_below(&run->rng, 3);
		break;
	}
	if (expected == 0 && (from > m->head || len > m->head - from))
		expected = -EINVAL;
	else if (expected == 0 && from != m->tail)
		expected = -EPIPE;
	CHECK(run, vmap_shared_consume(run->ring, from, (size_t)len) == expected);
	if (expected == 0)
		m->tail += len;
}

static void step_clear(struct run *run)
{
	struct model *m = &run->model;
	vmap_shared_clear(run->ring);
	m->tail = m->head;
	m->floor = m->head;
}

static void step_reshape(struct run *run)
{
	struct model *m = &run->model;
	uint64_t capacity = (1 + rng_below(&run->rng, MAX_UNITS)) * 65536;
	enum vmap_ring_policy policy = rng_below(&run->rng, 3) == 0 ? VMAP_RING_BOUNDED + VMAP_RING_OVERWRITE - m->policy
								    : m->policy;
	int r = vmap_shared_reshape(run->ring, capacity - rng_below(&run->rng, 65536), policy);
	if (capacity == m->capacity && policy == m->policy) {
		CHECK(run, r == 0);
		return;
	}
	if (is_bounded(m) && m->head - m->tail > capacity) {
		CHECK(run, r == -EBUSY);
		return;
	}
	CHECK(run, r == 0);
	if (is_bounded(m)) {
		/* what was consumed is there for a last look, unless the ring was full */
		if (m->tail > m->base && m->head - m->tail < m->capacity && pattern_at(m->tail - 1) == '\n')
			m->line_tail = m->tail;
	} else {
		model_overwrite(m, model_newest(m, capacity));
	}
	m->base = m->tail;
	m->capacity = capacity;
	m->policy = policy;
}

static void step_reopen(struct run *run)
{
	struct vmap_shared_state before = ring_state(run->ring), probed;
	vmap_shared_close(run->ring);
	CHECK(run, vmap_shared_probe(run->fd, &probed) == 0);
	CHECK(run, states_equal(&before, &probed));
	CHECK(run, vmap_shared_open(run->fd, &run->ring) == 0);
}

static void check_state(struct run *run)
{
	const struct model *m = &run->model;
	struct vmap_shared_state state = ring_state(run->ring);
	CHECK(run, state.head == m->head);
	CHECK(run, state.tail == m->tail);
	CHECK(run, state.floor == m->floor);
	CHECK(run, state.capacity == m->capacity);
	CHECK(run, state.policy == m->policy);
	CHECK(run, state.overwritten == m->overwritten);
	CHECK(run, state.records == m->records);
	CHECK(run, state.bytes == m->bytes);
	CHECK(run, state.generation >= run->generation);
	run->generation = state.generation;
	CHECK(run, vmap_shared_oldest(run->ring, VMAP_ALIGN_BYTE) == m->tail);
	CHECK(run, vmap_shared_oldest(run->ring, VMAP_ALIGN_LINE) == model_oldest_line(m));
}

static void check_window(struct run *run)
{
	const struct model *m = &run->model;
	uint64_t cursor = m->tail;
	size_t len = (size_t)(m->head - m->tail);
	ssize_t n = vmap_shared_read(run->ring, &cursor, run->bytes, len + 1);
	CHECK(run, n == (len > 0 ? (ssize_t)len : -EAGAIN));
	CHECK(run, pattern_matches(run->bytes, m->tail, len));
}

static void take_step(struct run *run)
{
	switch (rng_below(&run->rng, 16)) {
	case 0:
	case 1:
	case 2:
	case 3:
	case 4:
	case 5:
		step_append(run);
		break;
	case 6:
	case 7:
	case 8:
	case 9:
		step_read(run);
		break;
	case 10:
	case 11:
	case 12:
	case 13:
		step_consume(run);
		break;
	case 14:
		if (rng_below(&run->rng, 60) == 0)
			step_clear(run);
		break;
	default:
		if (rng_below(&run->rng, 24) != 0)
			break;
		if (rng_below(&run->rng, 4) == 0)
			step_reopen(run);
		else
			step_reshape(run);
		check_window(run);
		break;
	}
}

static void run_model(uint64_t capacity, uint64_t start, enum vmap_ring_policy policy, uint64_t seed)
{
	struct run run = {.seed = seed, .rng = {.state = seed}, .fd = ring_fd_with(capacity, start, policy)};
	run.model = (struct model){.capacity = capacity,
				   .policy = policy,
				   .tail = start,
				   .head = start,
				   .base = start,
				   .floor = start};
	run.bytes = xmalloc(2 * MAX_UNITS * 65536);
	run.ring = ring_map(run.fd);
	int n_steps = N_STEPS / (int)test_every();
	for (run.step = 0; run.step < n_steps; run.step++) {
		take_step(&run);
		check_state(&run);
		if (run.step % 256 == 0)
			check_window(&run);
	}
	check_window(&run);
	vmap_shared_close(run.ring);
	run.ring = ring_map(run.fd);
	check_window(&run);
	CHECK(&run, nothing_is_behind(run.fd, file_get64(run.fd, AT_DATA_OFFSET) + run.model.capacity));
	vmap_shared_close(run.ring);
	close(run.fd);
	free(run.bytes);
}

Test(shared_reshape_model, from_an_overwrite_ring_agrees)
{
	run_model(65536, 0, VMAP_RING_OVERWRITE, 5000);
}

Test(shared_reshape_model, from_a_bounded_ring_of_three_units_agrees)
{
	run_model(3 * 65536, 777, VMAP_RING_BOUNDED, 5001);
}

Test(shared_reshape_model, from_a_bounded_ring_past_2_to_the_32_agrees)
{
	run_model(7 * 65536, UINT32_MAX - 300000u, VMAP_RING_BOUNDED, 5002);
}

Test(shared_reshape_model, from_an_overwrite_ring_near_2_to_the_62_agrees)
{
	run_model(5 * 65536, ((uint64_t)1 << 62) - 123457, VMAP_RING_OVERWRITE, 5003);
}
