/* SPDX-License-Identifier: MIT */
/* The memory under a private ring: what it takes, where it lies, who can change it. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <sys/resource.h>

#include <vmap/os.h>
#include <vmap/ring.h>

#include "map_helpers.h"
#include "os/os_priv.h"
#include "os/unix_priv.h"

#define HUGE (2 * MIB)

static struct vmap_ring *create(size_t capacity)
{
	struct vmap_ring *ring = NULL;
	MUST(vmap_ring_create(capacity, VMAP_RING_BOUNDED, &ring) == 0);
	return ring;
}

static const uint8_t *data_of(const struct vmap_ring *ring)
{
	return vmap_ring_readable(ring).data;
}

/* Kilobytes of the mapping at @address that /proc/self/smaps gives after @word. */
static size_t smaps_kib(const void *address, const char *word)
{
	FILE *smaps = fopen("/proc/self/smaps", "re");
	MUST(smaps != NULL);
	char line[4096];
	size_t kib = 0;
	bool inside = false;
	while (fgets(line, sizeof(line), smaps)) {
		unsigned long start;
		unsigned long end;
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			inside = start <= (uintptr_t)address && (uintptr_t)address < end;
		else if (inside && strncmp(line, word, strlen(word)) == 0)
			kib = strtoul(line + strlen(word), NULL, 10);
	}
	fclose(smaps);
	return kib;
}

Test(ring_create, takes_no_memory_that_was_not_asked_for)
{
	struct vmap_ring *ring = create(64 * MIB);
	cr_expect(le(sz, smaps_kib(data_of(ring), "Rss:"), 64));
	vmap_ring_destroy(ring);
}

Test(ring_create, of_two_mebibytes_lies_where_huge_pages_can)
{
	const size_t capacities[] = {HUGE, HUGE + vmap_page_size(), 3 * HUGE, 5 * MIB};
	struct holdings before = holdings_now();
	for (size_t i = 0; i < N_OF(capacities); i++) {
		struct vmap_ring *ring = create(capacities[i]);
		cr_expect(eq(u64, (uintptr_t)data_of(ring) % HUGE, 0));
		vmap_ring_destroy(ring);
	}
	cr_expect(holdings_equal(before, holdings_now()));
}

/*
 * Whether /proc/self/smaps tells what a mapping holds (an emulator may make it up), and whether a kernel that
 * says it has populated memory has done so (an emulator may say so of all advice).
 */
static bool memory_is_told(void)
{
	struct vmap_ring *ring = create(HUGE);
	uint8_t *data = (uint8_t *)(uintptr_t)data_of(ring);
	*(volatile uint8_t *)data = 1;
	bool told = smaps_kib(data, "Rss:") > 0;
	if (madvise(data, HUGE, 23 /* MADV_POPULATE_WRITE */) == 0)
		told = told && smaps_kib(data, "Rss:") >= HUGE / KIB;
	vmap_ring_destroy(ring);
	return told;
}

Test(ring_prefault, gives_both_halves_their_memory)
{
	if (!memory_is_told())
		cr_skip_test("no kernel here that tells what memory is there");
	size_t capacity = 3 * HUGE;
	struct vmap_ring *ring = create(capacity);
	cr_assert(eq(int, vmap_ring_prefault(ring), 0));
	cr_expect(ge(sz, smaps_kib(data_of(ring), "Rss:"), capacity / KIB));
	cr_expect(ge(sz, smaps_kib(data_of(ring) + capacity, "Rss:"), capacity / KIB));
	vmap_ring_destroy(ring);
}

/* Whether this kernel gives shared memory huge pages when asked for them. */
static bool huge_pages_work(void)
{
#ifdef __linux__
	void *base = NULL;
	MUST(vmap_os_map_ring(HUGE, &base) == 0);
	*(volatile uint8_t *)base = 1;
	bool works = madvise(base, HUGE, 25 /* MADV_COLLAPSE */) == 0;
	MUST(vmap_os_unmap_ring(base, HUGE) == 0);
	return works;
#else
	return false;
#endif
}

Test(ring_prefault, takes_huge_pages)
{
	if (!huge_pages_work())
		cr_skip_test("no huge pages for shared memory here");
	struct vmap_ring *ring = create(4 * HUGE);
	cr_assert(eq(int, vmap_ring_prefault(ring), 0));
	size_t kib = smaps_kib(data_of(ring), "ShmemPmdMapped:");
	if (kib == 0)
		cr_skip_test("the backend in use asks for none");
	cr_expect(eq(sz, kib, 4 * HUGE / KIB));
	cr_expect(eq(sz, smaps_kib(data_of(ring) + 4 * HUGE, "ShmemPmdMapped:"), 4 * HUGE / KIB));
	vmap_ring_destroy(ring);
}

Test(os_prefault, names_what_failed)
{
	size_t page = vmap_page_size();
	void *base = NULL;
	MUST(vmap_os_map_anonymous(page, VMAP_PROTECT_READ_WRITE, &base) == 0);
	MUST(vmap_os_unmap(base, page) == 0);
	int r = madvise(base, page, 23 /* MADV_POPULATE_WRITE */) < 0 ? -errno : 0;
	if (r != -ENOMEM || strcmp(OS_BACKEND, "linux") != 0)
		cr_skip_test("only by touching can it be told here");
	cr_expect(eq(int, vmap_os_prefault(base, page), -ENOMEM));
	cr_expect(eq(int, (int)vmap_last_error().operation, VMAP_OPERATION_PREFAULT));
	cr_expect(eq(int, vmap_last_error().system_code, ENOMEM));
}

#ifdef F_GET_SEALS
Test(os_memory, is_sealed_against_another_size)
{
	if (strcmp(OS_BACKEND, "linux") != 0)
		cr_skip_test("only the linux backend seals");
	int fd = -1;
	cr_assert(eq(int, os_unix_memory_create(8192, &fd), 0));
	int seals = fcntl(fd, F_GET_SEALS);
	cr_expect(eq(int, seals & (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL));
	cr_expect(eq(int, ftruncate(fd, 4096), -1));
	cr_expect(eq(int, ftruncate(fd, 16384), -1));
	close(fd);
}
#endif
