/* SPDX-License-Identifier: MIT */
/*
 * SIGBUS turned into an error: zeros under the mapping whose file was cut short or whose page cannot be had.
 *
 * Invariants:
 * I1 The handler takes no lock and allocates nothing: it walks a list that only grows.
 * I2 A range is in the list as long as anybody may touch it, so the one that faults is found.
 * I3 *broken is set before the zeros are there: who reads them and looks afterwards knows.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <vmap/size.h>

#include "peer_priv.h"

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif

struct guarded {
	_Atomic uintptr_t start; /* 0: unused */
	size_t len;
	_Atomic bool *broken;
	struct guarded *next_free; /* under the lock */
	struct guarded *next;      /* in the list of all; never changes */
};

static _Atomic(struct guarded *) all;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct guarded *unused; /* under the lock */
static bool installed;         /* under the lock */
static struct sigaction before;

int vmap_os_guard_add(void *base, size_t len, _Atomic bool *broken)
{
	pthread_mutex_lock(&lock);
	struct guarded *entry = unused;
	if (entry) {
		unused = entry->next_free;
	} else {
		entry = calloc(1, sizeof(*entry));
		if (!entry) {
			pthread_mutex_unlock(&lock);
			return -ENOMEM;
		}
		entry->next = atomic_load_explicit(&all, memory_order_relaxed);
		atomic_store_explicit(&all, entry, memory_order_release);
	}
	entry->len = len;
	entry->broken = broken;
	atomic_store_explicit(&entry->start, (uintptr_t)base, memory_order_release);
	pthread_mutex_unlock(&lock);
	return 0;
}

void vmap_os_guard_remove(void *base)
{
	pthread_mutex_lock(&lock);
	for (struct guarded *entry = atomic_load_explicit(&all, memory_order_relaxed); entry; entry = entry->next) {
		if (atomic_load_explicit(&entry->start, memory_order_relaxed) != (uintptr_t)base)
			continue;
		atomic_store_explicit(&entry->start, 0, memory_order_relaxed);
		entry->next_free = unused;
		unused = entry;
		break;
	}
	pthread_mutex_unlock(&lock);
}

/*
 * Keeps I1. mmap(2) is a mere system call on every system there is, and wlroots' server does the same. One page: for a
 * whole ring, which may be larger than the memory, the system may refuse it.
 */
static bool put_zeros(uintptr_t address)
{
	size_t page = vmap_page_size();
	for (struct guarded *entry = atomic_load_explicit(&all, memory_order_acquire); entry; entry = entry->next) {
		uintptr_t start = atomic_load_explicit(&entry->start, memory_order_acquire);
		if (start == 0 || address < start || address - start >= entry->len)
			continue;
		atomic_store_explicit(entry->broken, true, memory_order_seq_cst); /* keeps I3 */
		void *p = mmap((void *)(address - address % page), page, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		return p != MAP_FAILED;
	}
	return false;
}

/* By kill(2) or its kin: what would be the address is who sent it. */
static bool was_sent(const siginfo_t *info)
{
	return info->si_code <= 0 || info->si_code == SI_USER || info->si_code == SI_QUEUE;
}

static void on_sigbus(int sig, siginfo_t *info, void *context)
{
	int saved = errno;
	bool sent = was_sent(info);
	bool done = !sent && put_zeros((uintptr_t)info->si_addr);
	errno = saved;
	if (done)
		return;
	if (before.sa_flags & SA_SIGINFO) {
		before.sa_sigaction(sig, info, context);
	} else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
		before.sa_handler(sig);
	} else if (!sent || before.sa_handler == SIG_DFL) {
		/* The access is repeated when we return, and ends the process as it would have without us. */
		signal(sig, SIG_DFL);
		if (sent)
			raise(sig);
	}
}

int vmap_os_guard_install(void)
{
	struct sigaction action = {.sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK};
	sigemptyset(&action.sa_mask);
	pthread_mutex_lock(&lock);
	int r = 0;
	if (!installed) {
		r = sigaction(SIGBUS, &action, &before) < 0 ? -errno : 0;
		installed = r == 0;
	}
	pthread_mutex_unlock(&lock);
	return r;
}
