/* SPDX-License-Identifier: MIT */
/* SIGBUS that no ring is to blame for goes where it would have gone without the guard. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <setjmp.h>
#include <signal.h>

#include "helpers.h"

static const uint64_t UNIT = 65536;

/* The signals of its own that an emulator gets for the program, it gives on as it likes, or not at all. */
static void need_real_signals(void)
{
	if (getenv("VMAP_TEST_EMULATED"))
		cr_skip_test("an emulator is asked, not the system");
}

/* A page of a file that is no ring's, behind the file's end. */
static volatile uint8_t *missing_page(void)
{
	int fd = memfd_empty();
	void *base = mmap(NULL, system_page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	MUST(base != MAP_FAILED);
	close(fd);
	return base;
}

static struct vmap_shared *cut_ring(void)
{
	struct vmap_shared *ring = ring_open(4 * UNIT, 0);
	MUST(ring_append(ring, 4 * UNIT) == (ssize_t)(4 * UNIT));
	MUST(ftruncate(vmap_shared_fd(ring), (off_t)(2 * UNIT)) == 0);
	return ring;
}

static void expect_guarded(void)
{
	struct vmap_shared *ring = cut_ring();
	uint8_t byte;
	uint64_t cursor = 3 * UNIT;
	cr_expect(eq(int, (int)vmap_shared_read(ring, &cursor, &byte, 1), -EIO));
	vmap_shared_close(ring);
}

/* What stands in for the file says open, whatever the ring has become. */
Test(shared_guard, stays_in_force_when_the_ring_cannot_be_found_again)
{
	need_real_signals();
	MUST(vmap_shared_guard() == 0);
	int fd = ring_fd(UNIT, 0);
	struct vmap_shared *ring = ring_map(fd), *peer = ring_map(fd);
	MUST(ring_append(ring, 3 * UNIT) == (ssize_t)(3 * UNIT));
	MUST(vmap_shared_reshape(ring, 2 * UNIT, VMAP_RING_OVERWRITE) == 0);
	vmap_shared_close(ring);
	uint8_t geometry[128], byte;
	uint64_t size = file_size(fd), cursor = 0;
	file_get(fd, 0, geometry, sizeof(geometry));
	MUST(ftruncate(fd, 0) == 0);
	cr_expect(eq(int, (int)vmap_shared_read(peer, &cursor, &byte, 1), -EIO));
	/* Its line comes back, not its header. */
	MUST(ftruncate(fd, (off_t)size) == 0);
	file_put(fd, 0, geometry, sizeof(geometry));
	for (int i = 0; i < 2; i++) {
		cr_expect(eq(int, vmap_shared_reattach(peer), -EBADMSG));
		cr_expect(eq(int, vmap_shared_status(peer), -ESTALE));
		cr_expect(eq(int, (int)vmap_shared_append(peer, "x", 1), -ESTALE));
	}
	vmap_shared_close(peer);
	close(fd);
}

static sigjmp_buf back;
static volatile sig_atomic_t n_signals;
static void *volatile fault_address;

static void on_bus(int sig)
{
	n_signals += sig == SIGBUS;
	siglongjmp(back, 1);
}

static void on_bus_with_info(int sig, siginfo_t *info, void *context)
{
	fault_address = context ? info->si_addr : NULL;
	on_bus(sig);
}

static void store_to(volatile uint8_t *address)
{
	if (sigsetjmp(back, 1) == 0)
		*address = 1;
}

static void expect_handler_called(const struct sigaction *action)
{
	MUST(sigaction(SIGBUS, action, NULL) == 0 && vmap_shared_guard() == 0);
	volatile uint8_t *page = missing_page();
	for (int i = 1; i <= 3; i++) {
		store_to(page + i);
		cr_expect(eq(int, n_signals, i));
		if (action->sa_flags & SA_SIGINFO)
			cr_expect(eq(ptr, fault_address, (void *)(uintptr_t)&page[i]));
		expect_guarded();
	}
	munmap((void *)(uintptr_t)page, system_page_size());
}

Test(shared_guard, leaves_other_faults_to_the_handler_before_it)
{
	need_real_signals();
	expect_handler_called(&(struct sigaction){.sa_handler = on_bus});
}

Test(shared_guard, leaves_other_faults_to_the_handler_with_their_address)
{
	need_real_signals();
	expect_handler_called(&(struct sigaction){.sa_sigaction = on_bus_with_info, .sa_flags = SA_SIGINFO});
}

/* What ends a process that does this, with that disposition before the guard; 0: nothing does. */
static int signal_that_ends(void (*disposition)(int), void (*body)(void))
{
	int status;
	if (under_memcheck())
		cr_skip_test("valgrind reports the signal and ends the process by itself");
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0) {
		signal(SIGBUS, disposition);
		if (vmap_shared_guard() == 0)
			body();
		_exit(0);
	}
	MUST(waitpid(child, &status, 0) == child);
	return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

static void touch_missing_page(void)
{
	*missing_page() = 1;
}

static void send_to_itself(void)
{
	kill(getpid(), SIGBUS);
}

/* The system lets nobody ignore a fault. */
Test(shared_guard, lets_other_faults_end_the_process)
{
	need_real_signals();
	cr_expect(eq(int, signal_that_ends(SIG_DFL, touch_missing_page), SIGBUS));
	cr_expect(eq(int, signal_that_ends(SIG_IGN, touch_missing_page), SIGBUS));
}

Test(shared_guard, lets_a_signal_that_was_sent_end_the_process)
{
	need_real_signals();
	cr_expect(eq(int, signal_that_ends(SIG_DFL, send_to_itself), SIGBUS));
}

/* And is there for the next ring whose file is cut short. */
Test(shared_guard, ignores_a_signal_that_was_sent_where_that_is_ignored)
{
	need_real_signals();
	cr_expect(eq(int, signal_that_ends(SIG_IGN, send_to_itself), 0));
	signal(SIGBUS, SIG_IGN);
	MUST(vmap_shared_guard() == 0);
	send_to_itself();
	expect_guarded();
}

Test(shared_guard, gives_a_signal_that_was_sent_to_the_handler_before_it)
{
	need_real_signals();
	MUST(sigaction(SIGBUS, &(struct sigaction){.sa_handler = on_bus}, NULL) == 0 && vmap_shared_guard() == 0);
	if (sigsetjmp(back, 1) == 0)
		send_to_itself();
	cr_expect(eq(int, n_signals, 1));
	expect_guarded();
}
