/* SPDX-License-Identifier: MIT */
/* Sleeping on a word where the system has no call for it between processes: look again after a millisecond. */
#include <time.h>

#include "peer_priv.h"

#define NAP_NS 1000000u

static void nap(uint64_t timeout_ns)
{
	struct timespec time = {.tv_nsec = (long)(timeout_ns < NAP_NS ? timeout_ns : NAP_NS)};
	nanosleep(&time, NULL);
}

void vmap_os_futex_wait(const _Atomic uint32_t *word, uint32_t seen, uint64_t timeout_ns)
{
	if (atomic_load_explicit(word, memory_order_relaxed) == seen)
		nap(timeout_ns);
}

void vmap_os_futex_wait_any(const struct vmap_os_futex *futexes, size_t n, uint64_t timeout_ns)
{
	for (size_t i = 0; i < n; i++)
		if (atomic_load_explicit(futexes[i].word, memory_order_relaxed) != futexes[i].seen)
			return;
	nap(timeout_ns);
}

void vmap_os_futex_wake(_Atomic uint32_t *word, int n)
{
	(void)word, (void)n;
}
