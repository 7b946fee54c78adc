/* SPDX-License-Identifier: MIT */
/*
 * What processes that share a file need of each other: to sleep on a word in it, to know who is alive, and to live on
 * when somebody cuts it short. POSIX systems only. Results are 0 or a negative errno.
 */
#ifndef VMAP_PEER_PRIV_H
#define VMAP_PEER_PRIV_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Sleep while *@word is @seen, for @timeout_ns at most. May return at any time for no reason. Where the system has no
 * such call, this sleeps for a millisecond. @word may be in memory that cannot be written.
 */
void vmap_os_futex_wait(const _Atomic uint32_t *word, uint32_t seen, uint64_t timeout_ns);

/* Words and what they were, for vmap_os_futex_wait_any(). */
struct vmap_os_futex {
	const _Atomic uint32_t *word;
	uint32_t seen;
};
#define VMAP_OS_FUTEX_ANY_MAX 128u

/* Sleep while all of at most VMAP_OS_FUTEX_ANY_MAX words are what they were; else as above. */
void vmap_os_futex_wait_any(const struct vmap_os_futex *futexes, size_t n, uint64_t timeout_ns);

/* Wake up to @n sleepers, of all processes. */
void vmap_os_futex_wake(_Atomic uint32_t *word, int n);

/*
 * Lock the byte at @offset of the file, which need not exist, until the last descriptor of this open file is closed,
 * as the kernel does when its process ends in whatever way. -EAGAIN another open file has it locked.
 */
int vmap_os_byte_lock(int fd, uint64_t offset);

/* The same, but only against vmap_os_byte_lock(): others may have the byte locked in this way at the same time. */
int vmap_os_byte_lock_beside_readers(int fd, uint64_t offset);

/* Give such a lock back. */
void vmap_os_byte_unlock(int fd, uint64_t offset);

/* Whether another open file has that byte locked. True when it cannot be told. */
bool vmap_os_byte_is_locked(int fd, uint64_t offset);

/*
 * A file of @len bytes in memory without a name, closed to other users, whose size nobody can change where the system
 * knows seals; the caller closes *ret_fd. -ENOTSUP where there is none.
 */
int vmap_os_memory_create(size_t len, int *ret_fd);

/* An open file of our own for the file of @fd, open as that is; the same open file where the system cannot do that. */
int vmap_os_reopen(int fd, int *ret_fd);

/* Keep a mapping from children that fork(2) makes. */
void vmap_os_dont_fork(void *base, size_t len);

/* A clock that only goes forward, in nanoseconds. */
uint64_t vmap_os_monotonic_ns(void);

/* The wall clock as of the last tick: some milliseconds old, and had in no time. */
uint64_t vmap_os_now_coarse_ns(void);

/*
 * From now on, once vmap_os_guard_install() was called, an access to [@base, @base + @len) that the file no longer
 * covers, or for which no page can be had, sets *@broken and finds zeros that belong to this process alone.
 */
int vmap_os_guard_add(void *base, size_t len, _Atomic bool *broken);
void vmap_os_guard_remove(void *base);

/* Handle SIGBUS; what is not in a guarded range goes to whoever handled it before. */
int vmap_os_guard_install(void);

#endif
