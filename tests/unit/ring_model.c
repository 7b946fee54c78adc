/* SPDX-License-Identifier: MIT */
/*
 * The private ring against a model of three numbers.
 *
 * Bytes are a function of their position, so the model keeps positions only: whatever the ring says it
 * holds has to be the bytes of [tail, head). Seeds are fixed; a failure prints seed and step.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <vmap/ring.h>

#include "helpers.h"

enum { N_STEPS = 300000 };

struct model {
	enum vmap_ring_policy policy;
	size_t capacity;
	uint64_t head;
	uint64_t tail;
	uint64_t overwritten;
};

struct run {
	struct model model;
	struct vmap_ring *ring;
	struct rng rng;
	uint64_t seed;
	int step;
	uint8_t *bytes; /* room for the longest operation */
};

#define CHECK(run, condition)                                                                             \
	do {                                                                                              \
		if (!(condition))                                                                         \
			cr_fatal("seed %llu step %d capacity %zu policy %d: %s", (unsigned long long)(run)->seed, \
				 (run)->step, (run)->model.capacity, (int)(run)->model.policy, #condition);       \
	} while (0)

static size_t model_used(const struct model *m)
{
	return (size_t)(m->head - m->tail);
}

static size_t model_writable(const struct model *m)
{
	return m->policy == VMAP_RING_OVERWRITE ? m->capacity : m->capacity - model_used(m);
}

static void model_push(struct model *m, size_t len)
{
	m->head += len;
	if (model_used(m) > m->capacity) {
		m->overwritten += model_used(m) - m->capacity;
		m->tail = m->head - m->capacity;
	}
}

static void step_write(struct run *run, size_t len)
{
	struct model *m = &run->model;
	pattern_fill(run->bytes, m->head, len);
	ssize_t expected = (ssize_t)len;
	if (m->policy == VMAP_RING_BOUNDED && len > model_writable(m))
		expected = model_writable(m) == 0 ? -EAGAIN : (ssize_t)model_writable(m);
	CHECK(run, vmap_ring_write(run->ring, run->bytes, len) == expected);
	if (expected > 0)
		model_push(m, (size_t)expected);
}

static void step_write_all(struct run *run, size_t len)
{
	struct model *m = &run->model;
	pattern_fill(run->bytes, m->head, len);
	int expected = 0;
	if (m->policy == VMAP_RING_BOUNDED && len > model_writable(m))
		expected = len > m->capacity ? -EMSGSIZE : -EAGAIN;
	CHECK(run, vmap_ring_write_all(run->ring, run->bytes, len) == expected);
	if (expected == 0)
		model_push(m, len);
}

static void step_feed(struct run *run, size_t len)
{
	struct model *m = &run->model;
	struct vmap_span_mut space = vmap_ring_writable(run->ring);
	CHECK(run, space.len == model_writable(m));
	if (len > space.len) {
		CHECK(run, vmap_ring_feed(run->ring, len) == -EINVAL);
		return;
	}
	pattern_fill(space.data, m->head, len);
	CHECK(run, vmap_ring_feed(run->ring, len) == 0);
	model_push(m, len);
}

static void step_read(struct run *run, size_t len)
{
	struct model *m = &run->model;
	size_t expected = len < model_used(m) ? len : model_used(m);
	CHECK(run, vmap_ring_read(run->ring, run->bytes, len) == (ssize_t)expected);
	CHECK(run, pattern_matches(run->bytes, m->tail, expected));
	m->tail += expected;
}

static void step_consume(struct run *run, size_t len)
{
	struct model *m = &run->model;
	if (len > model_used(m)) {
		CHECK(run, vmap_ring_consume(run->ring, len) == -EINVAL);
		return;
	}
	CHECK(run, vmap_ring_consume(run->ring, len) == 0);
	m->tail += len;
}

/* How long the oldest line is; bytes are a function of their position. */
static size_t model_line(const struct model *m)
{
	size_t used = model_used(m);
	for (size_t i = 0; i < used; i++)
		if (pattern_at(m->tail + i) == '\n')
			return i + 1;
	return used;
}

static void step_take_line(struct run *run)
{
	struct model *m = &run->model;
	size_t expected = model_line(m);
	struct vmap_span span = vmap_ring_take_line(run->ring);
	CHECK(run, span.len == expected);
	CHECK(run, pattern_matches(span.data, m->tail, expected));
	m->tail += expected;
}

static void step_read_line(struct run *run, size_t len)
{
	struct model *m = &run->model;
	size_t expected = model_line(m);
	ssize_t r = vmap_ring_read_line(run->ring, run->bytes, len);
	if (expected > len) {
		CHECK(run, r == -EMSGSIZE);
		return;
	}
	CHECK(run, r == (ssize_t)expected);
	CHECK(run, pattern_matches(run->bytes, m->tail, expected));
	m->tail += expected;
}

static void check_ring(struct run *run, bool all_bytes)
{
	const struct model *m = &run->model;
	CHECK(run, vmap_ring_head(run->ring) == m->head);
	CHECK(run, vmap_ring_tail(run->ring) == m->tail);
	CHECK(run, vmap_ring_overwritten(run->ring) == m->overwritten);
	struct vmap_span span = vmap_ring_readable(run->ring);
	CHECK(run, span.len == model_used(m));
	if (all_bytes) {
		CHECK(run, pattern_matches(span.data, m->tail, span.len));
	} else if (span.len > 0) {
		const uint8_t *bytes = span.data;
		size_t at = rng_below(&run->rng, span.len);
		CHECK(run, bytes[0] == pattern_at(m->tail));
		CHECK(run, bytes[at] == pattern_at(m->tail + at));
		CHECK(run, bytes[span.len - 1] == pattern_at(m->head - 1));
	}
}

static void run_model(size_t capacity, enum vmap_ring_policy policy, uint64_t start, uint64_t seed)
{
	struct run run = {.seed = seed, .rng = {.state = seed}};
	MUST(vmap_ring_create_at(capacity, policy, start, &run.ring) == 0);
	run.model = (struct model){
		.policy = policy, .capacity = vmap_ring_capacity(run.ring), .head = start, .tail = start};
	run.bytes = xmalloc(2 * run.model.capacity);
	int n_steps = N_STEPS / (int)test_every();
	for (run.step = 0; run.step < n_steps; run.step++) {
		size_t len = rng_len(&run.rng, run.model.capacity);
		switch (rng_below(&run.rng, 14)) {
		case 0:
		case 1:
		case 2:
			step_write(&run, len);
			break;
		case 3:
			step_write_all(&run, len);
			break;
		case 4:
		case 5:
			step_feed(&run, len);
			break;
		case 6:
		case 7:
		case 8:
			step_read(&run, len);
			break;
		case 9:
		case 10:
			step_consume(&run, len);
			break;
		case 11:
			step_take_line(&run);
			break;
		case 12:
			step_read_line(&run, len);
			break;
		default:
			if (rng_below(&run.rng, 20) == 0) {
				vmap_ring_clear(run.ring);
				run.model.tail = run.model.head;
			}
			break;
		}
		check_ring(&run, run.step % 64 == 0);
	}
	check_ring(&run, true);
	free(run.bytes);
	vmap_ring_destroy(run.ring);
}

static void run_capacities(enum vmap_ring_policy policy, uint64_t seed)
{
	size_t page = vmap_page_size();
	run_model(page, policy, 0, seed);
	run_model(3 * page, policy, UINT64_MAX - 100 * page, seed + 1);
	run_model(7 * page - 1, policy, (uint64_t)INT64_MAX - 50 * page - 3, seed + 2);
	run_model(45 * page + 1, policy, UINT32_MAX - 17u, seed + 3);
}

Test(ring_model, of_an_overwrite_ring_agrees)
{
	run_capacities(VMAP_RING_OVERWRITE, 1000);
}

Test(ring_model, of_a_bounded_ring_agrees)
{
	run_capacities(VMAP_RING_BOUNDED, 2000);
}
