/* SPDX-License-Identifier: MIT */
/* The test cases that the crate vmap 0.6.3 has for its rings, said in C. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <vmap/ring.h>

#include "helpers.h"

#define WORD "anthropomorphologically" /* goes into no capacity without a rest */
#define WORD_LEN (sizeof(WORD) - 1)

static struct vmap_ring *create(size_t capacity, enum vmap_ring_policy policy)
{
	struct vmap_ring *ring = NULL;
	MUST(vmap_ring_create(capacity, policy, &ring) == 0);
	return ring;
}

Test(ring_crate, size)
{
	size_t unit = vmap_allocation_size();
	struct vmap_ring *ring = create(1000, VMAP_RING_BOUNDED);
	cr_expect(eq(sz, vmap_ring_capacity(ring), unit));
	cr_expect(eq(sz, vmap_ring_readable(ring).len, 0));
	cr_expect(eq(sz, vmap_ring_writable(ring).len, unit));
	cr_expect(eq(int, vmap_ring_write_all(ring, "test", 4), 0));
	cr_expect(eq(sz, vmap_ring_capacity(ring), unit));
	cr_expect(eq(sz, vmap_ring_readable(ring).len, 4));
	cr_expect(eq(sz, vmap_ring_writable(ring).len, unit - 4));
	vmap_ring_destroy(ring);
}

Test(ring_crate, wrap)
{
	struct vmap_ring *ring = create(1000, VMAP_RING_BOUNDED);
	size_t n = vmap_ring_capacity(ring) / WORD_LEN;
	for (size_t i = 0; i < n; i++)
		cr_assert(eq(int, vmap_ring_write_all(ring, WORD, WORD_LEN), 0));
	cr_expect(eq(sz, vmap_ring_readable(ring).len, n * WORD_LEN));
	cr_expect(eq(int, vmap_ring_consume(ring, (n - 1) * WORD_LEN), 0));
	cr_expect(eq(sz, vmap_ring_readable(ring).len, WORD_LEN));
	cr_expect(eq(int, vmap_ring_write_all(ring, WORD, WORD_LEN), 0));
	cr_expect(eq(sz, vmap_ring_readable(ring).len, 2 * WORD_LEN));
	cr_expect(eq(int, memcmp(vmap_ring_readable(ring).data, WORD WORD, 2 * WORD_LEN), 0));
	vmap_ring_destroy(ring);
}

/* The crate tries every size; sizes around each page and some between them are enough. */
static bool size_matters(size_t size, size_t page)
{
	return size % page <= 1 || size % page == page - 1 || size % 509 == 0;
}

Test(ring_crate, ring_sizes_vs_page_size)
{
	size_t page = vmap_page_size();
	for (size_t size = page; size <= 4 * page; size++) {
		if (!size_matters(size, page))
			continue;
		struct vmap_ring *ring = create(size, VMAP_RING_BOUNDED);
		cr_assert(ge(sz, vmap_ring_capacity(ring), size));
		size_t n = vmap_ring_capacity(ring) / sizeof(uint16_t);
		for (size_t i = 0; i < n; i++) {
			uint16_t value = (uint16_t)(0x1001 + i);
			cr_assert(vmap_ring_write_all(ring, &value, sizeof(value)) == 0);
		}
		cr_assert(eq(sz, vmap_ring_readable(ring).len, n * sizeof(uint16_t)));
		for (size_t i = 0; i < n; i++) {
			uint16_t value = (uint16_t)(0x1001 + i);
			cr_assert(memcmp(vmap_ring_readable(ring).data, &value, sizeof(value)) == 0, "%zu of size %zu", i, size);
			cr_assert(vmap_ring_consume(ring, sizeof(value)) == 0);
		}
		vmap_ring_destroy(ring);
	}
}

Test(ring_crate, overwrite)
{
	struct vmap_ring *ring = create(1000, VMAP_RING_OVERWRITE);
	size_t capacity = vmap_ring_capacity(ring);
	size_t n = 2 * capacity / WORD_LEN + 1;
	for (size_t i = 0; i < n; i++)
		cr_assert(eq(int, vmap_ring_write_all(ring, WORD, WORD_LEN), 0));
	cr_expect(eq(sz, vmap_ring_readable(ring).len, capacity));
	size_t start = WORD_LEN - capacity % WORD_LEN;
	cr_expect(eq(int, memcmp(vmap_ring_readable(ring).data, &(WORD WORD)[start], 10), 0));
	vmap_ring_destroy(ring);
}
