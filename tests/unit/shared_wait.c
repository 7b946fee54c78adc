/* SPDX-License-Identifier: MIT */
/* Waiting for data and room, making rings in memory, places in spans, and rings whose file is cut short. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>

#include "helpers.h"
#include "os/peer_priv.h"
#include "shared/layout_priv.h"

static const uint64_t UNIT = 65536;
static const enum vmap_ring_policy OVERWRITE = VMAP_RING_OVERWRITE, BOUNDED = VMAP_RING_BOUNDED;

static uint32_t word_at(const struct vmap_shared *ring, uint64_t offset)
{
	uint32_t word;
	file_get(vmap_shared_fd(ring), offset, &word, sizeof(word));
	return word;
}

static uint32_t sleepers(const struct vmap_shared *ring)
{
	return word_at(ring, offsetof(struct shared_header, data_waiters)) +
	       word_at(ring, offsetof(struct shared_header, space_waiters));
}

static struct vmap_shared *read_only(const struct vmap_shared *ring)
{
	char path[32];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", vmap_shared_fd(ring));
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	MUST(fd >= 0);
	struct vmap_shared *reader = ring_map(fd);
	close(fd);
	return reader;
}

struct waiting {
	struct vmap_shared *ring;
	bool for_room;
	int result;
	pthread_t thread;
};

static void *wait_main(void *arg)
{
	struct waiting *waiting = arg;
	waiting->result = waiting->for_room ? vmap_shared_wait_room(waiting->ring, 1000, 60000) :
					      vmap_shared_wait(waiting->ring, ring_state(waiting->ring).head, 60000);
	return NULL;
}

static void start_waiting(struct waiting *waiting, struct vmap_shared *ring, bool for_room)
{
	*waiting = (struct waiting){.ring = ring, .for_room = for_room};
	MUST(pthread_create(&waiting->thread, NULL, wait_main, waiting) == 0);
	while (sleepers(ring) == 0)
		sched_yield();
}

static int end_waiting(struct waiting *waiting)
{
	MUST(pthread_join(waiting->thread, NULL) == 0);
	return waiting->result;
}

Test(shared_wait, times_out_and_leaves_nobody_counted)
{
	struct vmap_shared *ring = ring_open_with(UNIT, 0, BOUNDED);
	struct vmap_shared *reader = read_only(ring);
	cr_expect(eq(int, vmap_shared_wait(ring, 0, 0), -ETIMEDOUT));
	cr_expect(eq(int, vmap_shared_wait(ring, 0, 20), -ETIMEDOUT));
	cr_expect(eq(int, vmap_shared_wait(reader, 0, 20), -ETIMEDOUT));
	MUST(ring_append(ring, UNIT) == (ssize_t)UNIT);
	cr_expect(eq(int, vmap_shared_wait_room(ring, 1, 5), -ETIMEDOUT));
	cr_expect(eq(int, vmap_shared_wait_room(ring, UNIT + 1, 5), -EMSGSIZE));
	cr_expect(eq(int, vmap_shared_wait_room(reader, 1, 5), -EACCES));
	cr_expect(eq(int, vmap_shared_wait(ring, 0, 0), 0));
	cr_expect(eq(int, vmap_shared_wait(ring, 2 * UNIT, 0), 0));
	cr_expect(eq(u32, sleepers(ring), 0));
	vmap_shared_close(reader);
	vmap_shared_close(ring);
}

Test(shared_wait, ends_with_what_is_waited_for)
{
	struct vmap_shared *ring = ring_open_with(UNIT, 0, BOUNDED), *peer = ring_map(vmap_shared_fd(ring));
	struct waiting waiting;
	start_waiting(&waiting, ring, false);
	MUST(ring_append(peer, UNIT) == (ssize_t)UNIT);
	cr_expect(eq(int, end_waiting(&waiting), 0));
	start_waiting(&waiting, ring, true);
	MUST(vmap_shared_consume(peer, 0, 1000) == 0);
	cr_expect(eq(int, end_waiting(&waiting), 0));
	start_waiting(&waiting, ring, false);
	MUST(vmap_shared_reshape(peer, 2 * UNIT, BOUNDED) == 0);
	cr_expect(eq(int, end_waiting(&waiting), -ESTALE));
	cr_assert(eq(int, vmap_shared_reattach(ring), 0));
	vmap_shared_close(peer);
	vmap_shared_close(ring);
}

Test(shared_wait, ends_with_the_ring)
{
	const int errors[] = {-ESHUTDOWN, -EIDRM};
	for (int removed = 0; removed < 2; removed++) {
		struct vmap_shared *ring = ring_open(UNIT, 0), *server = ring_map(vmap_shared_fd(ring));
		MUST(vmap_shared_serve(server) == 0);
		MUST(ring_append(server, 10) == 10);
		struct waiting waiting;
		start_waiting(&waiting, ring, false);
		vmap_shared_end(server, removed);
		cr_expect(eq(int, end_waiting(&waiting), errors[removed]));
		uint8_t bytes[20];
		uint64_t cursor = 0;
		cr_expect(eq(int, (int)vmap_shared_read(ring, &cursor, bytes, 20), 10));
		cr_expect(eq(int, (int)vmap_shared_read(ring, &cursor, bytes, 20), errors[removed]));
		cr_expect(eq(int, vmap_shared_status(ring), errors[removed]));
		cr_expect(eq(int, (int)ring_append(ring, 1), errors[removed]));
		cr_expect(eq(int, (int)ring_append(server, 1), 1));
		vmap_shared_close(server);
		vmap_shared_close(ring);
	}
}

Test(shared_wait_any, sees_each_kind_of_change)
{
	struct vmap_shared *ring = ring_open_with(UNIT, 0, BOUNDED), *peer = ring_map(vmap_shared_fd(ring));
	struct vmap_shared_place place;
	uint32_t bell = 5;
	vmap_shared_watch(ring, &place);
	cr_expect(eq(int, vmap_shared_wait_any(&place, 1, &bell, 5, 1), 0));
	MUST(ring_append(peer, 10) == 10);
	cr_expect(eq(int, vmap_shared_wait_any(&place, 1, &bell, 5, 60000), 0));
	vmap_shared_watch(ring, &place);
	MUST(vmap_shared_consume(peer, 0, 10) == 0);
	cr_expect(eq(int, vmap_shared_wait_any(&place, 1, &bell, 5, 60000), 0));
	vmap_shared_watch(ring, &place);
	vmap_shared_ring_bell(&bell);
	cr_expect(eq(int, vmap_shared_wait_any(&place, 1, &bell, 5, 60000), 0));
	cr_expect(eq(int, vmap_shared_wait_any(&place, VMAP_SHARED_WATCH_MAX + 1, &bell, 6, 0), -EINVAL));
	vmap_shared_close(peer);
	vmap_shared_close(ring);
}

/* A server that waits for a ring whose state is garbage is not to be kept busy by that, nor deaf to the others. */
Test(shared_wait_any, sleeps_although_a_ring_has_no_state)
{
	struct vmap_shared *bad = ring_open(UNIT, 0), *good = ring_open(UNIT, 0), *peer = ring_map(vmap_shared_fd(good));
	struct vmap_shared_place places[2];
	uint32_t bell = 0, garbage = 0xfffffff0u;
	file_put(vmap_shared_fd(bad), offsetof(struct shared_header, state), &garbage, sizeof(garbage));
	cr_expect(eq(int, vmap_shared_status(bad), 0));
	vmap_shared_watch(bad, &places[0]);
	vmap_shared_watch(good, &places[1]);
	/* It may return early, but not each time. */
	unsigned n_slept = 0;
	for (unsigned i = 0; i < 20; i++) {
		uint64_t start = vmap_os_monotonic_ns();
		cr_assert(eq(int, vmap_shared_wait_any(places, 2, &bell, 0, 60000), 0));
		n_slept += vmap_os_monotonic_ns() - start >= 1000000;
	}
	cr_expect(gt(u32, n_slept, 10));
	cr_expect(eq(u32, sleepers(bad) + sleepers(good), 0));
	MUST(ring_append(peer, 10) == 10);
	cr_expect(eq(int, vmap_shared_wait_any(places, 2, &bell, 0, 60000), 0));
	vmap_shared_close(peer);
	vmap_shared_close(good);
	vmap_shared_close(bad);
}

Test(shared_wait_any, that_is_refused_leaves_nobody_counted)
{
	struct vmap_shared *ring = ring_open(UNIT, 0), *reader = read_only(ring);
	struct vmap_shared_place places[2];
	uint32_t bell = 0;
	vmap_shared_watch(ring, &places[0]);
	vmap_shared_watch(reader, &places[1]);
	cr_expect(eq(int, vmap_shared_wait_any(places, 2, &bell, 0, 1), -EACCES));
	cr_expect(eq(u32, sleepers(ring), 0));
	vmap_shared_close(reader);
	vmap_shared_close(ring);
}

Test(shared_seek, goes_everywhere)
{
	struct vmap_shared *ring = ring_open(UNIT, 0);
	MUST(ring_append(ring, UNIT + 5000) == (ssize_t)(UNIT + 5000));
	uint64_t cursor = 77;
	cr_expect(eq(int, vmap_shared_seek(ring, VMAP_SEEK_OLDEST, 0, &cursor), 0));
	cr_expect(eq(u64, cursor, 5000));
	cr_expect(eq(int, vmap_shared_seek(ring, VMAP_SEEK_OLDEST_LINE, 0, &cursor), 0));
	cr_expect(eq(u64, cursor, vmap_shared_oldest(ring, VMAP_ALIGN_LINE)));
	cr_expect(eq(int, vmap_shared_seek(ring, VMAP_SEEK_NEWEST, 0, &cursor), 0));
	cr_expect(eq(u64, cursor, UNIT + 5000));
	cr_expect(eq(int, vmap_shared_seek(ring, VMAP_SEEK_POSITION, 6000, &cursor), 0));
	cr_expect(eq(u64, cursor, 6000));
	cr_expect(eq(int, vmap_shared_seek(ring, VMAP_SEEK_POSITION, UNIT + 5001, &cursor), -ERANGE));
	cr_expect(eq(int, vmap_shared_seek(ring, (enum vmap_seek)9, 0, &cursor), -EINVAL));
	cr_expect(eq(u64, cursor, 6000));
	cr_expect(eq(int, vmap_shared_seek(ring, VMAP_SEEK_POSITION, 4999, &cursor), -EPIPE));
	cr_expect(eq(u64, cursor, 5000));
	vmap_shared_close(ring);
}

Test(shared_reserve, keeps_the_limits)
{
	struct vmap_shared *ring = ring_open_with(UNIT, VMAP_SHARED_POSITION_MAX - 3000, BOUNDED), *reader = read_only(ring);
	void *span = NULL;
	cr_expect(eq(int, vmap_shared_commit(ring, 0), -EINVAL));
	cr_expect(eq(int, vmap_shared_reserve(ring, 0, 0, &span), -EINVAL));
	cr_expect(eq(int, vmap_shared_reserve(ring, (size_t)SSIZE_MAX + 1, 0, &span), -EINVAL));
	cr_expect(eq(int, vmap_shared_reserve(ring, UNIT + 1, 0, &span), -EMSGSIZE));
	cr_expect(eq(int, vmap_shared_reserve(reader, 1, 0, &span), -EACCES));
	cr_expect(eq(int, vmap_shared_reserve(ring, 3001, 0, &span), -EFBIG));
	cr_expect(span == NULL);
	cr_assert(eq(int, vmap_shared_reserve(ring, 3000, 0, &span), 0));
	void *second = NULL;
	cr_expect(eq(int, vmap_shared_reserve(ring, 1, 1000000, &second), -EBUSY));
	cr_expect(eq(int, vmap_shared_commit(ring, 3001), -EINVAL));
	memset(span, 'x', 1000);
	cr_expect(eq(int, vmap_shared_commit(ring, 1000), 0));
	cr_expect(eq(int, vmap_shared_commit(ring, 0), -EINVAL));
	cr_assert(eq(int, vmap_shared_reserve(ring, 2000, 0, &span), 0));
	cr_expect(eq(int, vmap_shared_commit(ring, 0), 0));
	cr_assert(eq(int, vmap_shared_reserve(ring, 2000, 0, &span), 0));
	cr_expect(eq(int, vmap_shared_commit(ring, 2000), 0));
	cr_expect(eq(u64, ring_state(ring).head, VMAP_SHARED_POSITION_MAX));
	cr_expect(eq(int, vmap_shared_reserve(ring, 1, 0, &span), -EFBIG));
	cr_expect(eq(int, (int)vmap_shared_append(ring, "x", 1), -EFBIG));
	vmap_shared_close(reader);
	vmap_shared_close(ring);
}

Test(shared_peek, shows_what_check_then_vouches_for)
{
	struct vmap_shared *ring = ring_open(UNIT, 0);
	const void *span = NULL;
	uint64_t cursor = 0;
	cr_expect(eq(int, (int)vmap_shared_peek(ring, &cursor, &span), -EAGAIN));
	MUST(ring_append(ring, UNIT) == (ssize_t)UNIT);
	cr_assert(eq(int, (int)vmap_shared_peek(ring, &cursor, &span), (int)UNIT));
	cr_expect(pattern_matches(span, 0, UNIT));
	cr_expect(eq(int, vmap_shared_check(ring, 0), 0));
	MUST(ring_append(ring, 10) == 10);
	cr_expect(eq(int, vmap_shared_check(ring, 0), -EPIPE));
	cr_expect(eq(int, (int)vmap_shared_peek(ring, &cursor, &span), -EPIPE));
	cr_expect(eq(u64, cursor, 10));
	cursor = UNIT + 11;
	cr_expect(eq(int, (int)vmap_shared_peek(ring, &cursor, &span), -ERANGE));
	struct vmap_shared *peer = ring_map(vmap_shared_fd(ring));
	MUST(vmap_shared_reshape(peer, 2 * UNIT, OVERWRITE) == 0);
	cr_expect(eq(int, vmap_shared_check(ring, UNIT), -ESTALE));
	cr_expect(eq(int, (int)vmap_shared_peek(ring, &cursor, &span), -ESTALE));
	vmap_shared_close(peer);
	vmap_shared_close(ring);
}

Test(shared_create, makes_memory_that_keeps_its_size)
{
	struct vmap_shared *ring = NULL;
	struct vmap_shared_options options = {.capacity = 3 * UNIT, .policy = BOUNDED, .start = 5};
	int r = vmap_shared_create(&options, &ring);
	if (r == -ENOTSUP)
		cr_skip_test("no memory without a name here");
	cr_assert(eq(int, r, 0));
	int fd = vmap_shared_fd(ring);
	struct stat st;
	MUST(fstat(fd, &st) == 0);
	cr_expect(eq(u32, st.st_mode & 0777, 0600));
	cr_expect(eq(int, (int)ring_append(ring, 3 * UNIT), (int)(3 * UNIT)));
	cr_expect(ring_is_whole(ring));
#ifdef F_GET_SEALS
	if (strcmp(OS_BACKEND, "linux") == 0) {
		int seals = fcntl(fd, F_GET_SEALS);
		cr_expect(eq(int, seals & (F_SEAL_SHRINK | F_SEAL_GROW), F_SEAL_SHRINK | F_SEAL_GROW));
		cr_expect(eq(int, ftruncate(fd, 4096), -1));
		cr_expect(eq(int, ftruncate(fd, (off_t)(16 * UNIT)), -1));
		cr_expect(eq(int, vmap_shared_reshape(ring, 8 * UNIT, BOUNDED), -EPERM));
	}
#endif
	vmap_shared_close(ring);
	options.capacity = 0;
	struct vmap_shared *none = NULL;
	cr_expect(eq(int, vmap_shared_create(&options, &none), -EINVAL));
	options.capacity = VMAP_SHARED_CAPACITY_MAX + 1;
	cr_expect(eq(int, vmap_shared_create(&options, &none), -EFBIG));
	cr_expect(none == NULL);
}

Test(shared_open, of_the_65th_writer_is_eusers)
{
	int fd = ring_fd(UNIT, 0);
	struct vmap_shared *rings[65];
	for (int i = 0; i < 64; i++)
		rings[i] = ring_map(fd);
	struct vmap_shared *none = NULL;
	cr_expect(eq(int, vmap_shared_open(fd, &none), -EUSERS));
	cr_expect(none == NULL);
	rings[64] = read_only(rings[0]);
	cr_expect(eq(int, (int)ring_append(rings[64], 1), -EACCES));
	vmap_shared_close(rings[17]);
	rings[17] = ring_map(fd);
	cr_expect(eq(int, (int)ring_append(rings[17], 1), 1));
	for (int i = 0; i < 65; i++)
		vmap_shared_close(rings[i]);
	close(fd);
}

static sigjmp_buf back;
static void *volatile fault_address;

static void on_bus(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)context;
	fault_address = info->si_addr;
	siglongjmp(back, 1);
}

static void fault_at(volatile uint8_t *address)
{
	if (sigsetjmp(back, 1) == 0)
		*address = 1;
}

/* Before the guard: qemu tells programs of the other byte order an address with its halves exchanged. */
static void need_fault_addresses(void)
{
	int fd = memfd_empty();
	volatile uint8_t *page = mmap(NULL, system_page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	struct sigaction action = {.sa_sigaction = on_bus, .sa_flags = SA_SIGINFO}, before;
	if (page == MAP_FAILED) {
		close(fd);
		cr_skip_test("nothing can be mapped behind the end of a file: %s", strerror(errno));
	}
	MUST(sigaction(SIGBUS, &action, &before) == 0);
	fault_at(page + 5);
	bool told = fault_address == (void *)(uintptr_t)&page[5];
	MUST(sigaction(SIGBUS, &before, NULL) == 0);
	munmap((void *)(uintptr_t)page, system_page_size());
	close(fd);
	if (!told)
		cr_skip_test("faults are told with another address");
}

Test(shared_guard, makes_eio_of_a_file_that_is_cut_short)
{
	need_fault_addresses();
	MUST(vmap_shared_guard() == 0 && vmap_shared_guard() == 0);
	struct vmap_shared *cut = ring_open(4 * UNIT, 0), *other = ring_open(UNIT, 0);
	MUST(ring_append(cut, 4 * UNIT) == (ssize_t)(4 * UNIT) && ring_append(other, 100) == 100);
	MUST(ftruncate(vmap_shared_fd(cut), (off_t)(2 * UNIT)) == 0);
	static uint8_t bytes[4 * 65536];
	uint64_t cursor = 3 * UNIT;
	cr_expect(eq(int, (int)vmap_shared_read(cut, &cursor, bytes, 1000), -EIO));
	cr_expect(eq(u64, cursor, 3 * UNIT));
	cr_expect(eq(int, (int)vmap_shared_append(cut, "x", 1), -EIO));
	cr_expect(eq(int, vmap_shared_status(cut), -EIO));
	cr_expect(eq(int, vmap_shared_wait_writer(cut, 0), -EIO));
	cr_expect(ring_is_whole(other));
	vmap_shared_close(cut);
	vmap_shared_close(other);
}

/* The zeros in place of it must not be refused for want of so much memory. */
Test(shared_guard, makes_eio_of_a_file_that_is_larger_than_the_memory)
{
	need_fault_addresses();
	MUST(vmap_shared_guard() == 0);
	int fd = ring_fd((uint64_t)1 << 40, 0);
	struct vmap_shared *cut = NULL;
	int r = vmap_shared_open(fd, &cut);
	if (r == -ENOMEM || r == -EOVERFLOW || (r == -EINVAL && under_memcheck())) {
		close(fd);
		cr_skip_test("no addresses for so large a ring");
	}
	cr_assert(eq(int, r, 0));
	MUST(ring_append(cut, UNIT) == (ssize_t)UNIT);
	MUST(ftruncate(fd, (off_t)UNIT) == 0);
	static uint8_t bytes[65536];
	uint64_t cursor = 0;
	cr_expect(eq(int, (int)vmap_shared_read(cut, &cursor, bytes, UNIT), -EIO));
	cr_expect(eq(int, (int)vmap_shared_append(cut, "x", 1), -EIO));
	vmap_shared_close(cut);
	close(fd);
}

/* A pipe, a directory, a closed descriptor, and paths of such. */
Test(shared_attach, of_what_is_no_ring_is_refused)
{
	struct vmap_shared *none = NULL;
	int ends[2];
	MUST(pipe(ends) == 0);
	int r = vmap_shared_open(ends[0], &none);
	cr_expect(eq(int, r, -ENOMSG));
	close(ends[0]);
	close(ends[1]);
	cr_expect(eq(int, vmap_shared_attach("/nonexistent/ring", false, &none), -ENOENT));
	cr_expect(eq(int, vmap_shared_attach("/", false, &none), -ENOMSG));
	cr_expect(eq(int, vmap_shared_attach("/proc/self/cmdline", false, &none), -ENOMSG));
	cr_expect(none == NULL);
}

Test(shared_attach, of_a_rings_own_file_opens_it)
{
	struct vmap_shared *ring = ring_open(UNIT, 0), *writer = NULL, *reader = NULL;
	char path[32];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", vmap_shared_fd(ring));
	cr_assert(eq(int, vmap_shared_attach(path, true, &writer), 0));
	cr_assert(eq(int, vmap_shared_attach(path, false, &reader), 0));
	cr_expect(vmap_shared_is_writable(writer) && !vmap_shared_is_writable(reader));
	cr_expect(eq(int, (int)ring_append(writer, 10), 10));
	cr_expect(ring_is_whole(reader));
	cr_expect(eq(int, vmap_shared_status(reader), 0));
	cr_expect(eq(int, vmap_shared_serve(reader), -EACCES));
	struct vmap_shared *none = NULL;
	size_t n_fds = count_fds();
	cr_expect(eq(int, vmap_shared_open_serve(vmap_shared_fd(reader), &none), -EACCES));
	cr_expect(none == NULL && count_fds() == n_fds);
	uint32_t seq = word_at(ring, offsetof(struct shared_header, data_seq));
	vmap_shared_wake_readers(reader);
	cr_expect(eq(u32, word_at(ring, offsetof(struct shared_header, data_seq)), seq));
	cr_expect(eq(int, vmap_shared_clear(reader), -EACCES));
	cr_expect(eq(int, vmap_shared_revoke(reader), -EACCES));
	cr_expect(eq(int, vmap_shared_consume(reader, 0, 1), -EACCES));
	cr_expect(eq(int, vmap_shared_set_mtime(reader, 1), -EACCES));
	cr_expect(eq(int, vmap_shared_set_attributes(reader, 1), -EACCES));
	cr_expect(eq(int, vmap_shared_wait_writer(reader, 0), -EACCES));
	cr_expect(eq(int, vmap_shared_reshape(reader, UNIT, BOUNDED), -EACCES));
	vmap_shared_close(reader);
	vmap_shared_close(writer);
	vmap_shared_close(ring);
}
