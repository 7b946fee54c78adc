/* SPDX-License-Identifier: MIT */
/* The Linux backend, beside unix.c: memfd, fallocate, getrandom, madvise and futex. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "../error_priv.h"
#include "os_priv.h"
#include "peer_priv.h"
#include "unix_priv.h"

#ifndef MADV_COLD
#define MADV_COLD 20 /* Linux 5.4 */
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* Linux 6.1 */
#endif
/* Of <linux/futex.h>, which comes with the kernel's headers and not with every C library. */
#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define FUTEX_32 2
/* Of <linux/magic.h>, likewise. */
#define HUGETLBFS 0x958458f6u
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8u /* Linux 6.3 */
#endif

/* Sealed as far as a writable mapping allows: whoever gets at the descriptor can shorten nothing under us. */
static void seal(int fd)
{
	/* Without seals, as in some sandboxes, the memory is as good for the process that maps it. */
	(void)fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
}

static int memory_open(void)
{
	/* A system may refuse memory that could be made executable (vm.memfd_noexec). */
	int fd = memfd_create("vmap", MFD_CLOEXEC | MFD_NOEXEC_SEAL);
	return fd < 0 && errno == EINVAL ? memfd_create("vmap", MFD_CLOEXEC | MFD_ALLOW_SEALING) : fd;
}

int os_unix_memory_create(size_t len, int *ret_fd)
{
	int fd = memory_open();
	if (fd < 0)
		return vmap_error_system(VMAP_OPERATION_MEMORY_FD, errno);
	int r = vmap_os_file_resize(fd, len);
	if (r < 0) {
		close(fd);
		return r;
	}
	seal(fd);
	*ret_fd = fd;
	return 0;
}

/* Each huge page apart: one that cannot be had, for want of contiguous memory, must not cost the others. */
static void collapse(uint8_t *base, size_t len)
{
	size_t first = (size_t)(-(uintptr_t)base & (OS_UNIX_HUGE_SIZE - 1));
	for (size_t i = first; len > i && len - i >= OS_UNIX_HUGE_SIZE; i += OS_UNIX_HUGE_SIZE) {
		/* Where there is no page yet, there is nothing to collapse. The caller will see what fails here. */
		if (madvise(base + i, vmap_page_size(), MADV_POPULATE_WRITE) < 0)
			return;
		if (madvise(base + i, OS_UNIX_HUGE_SIZE, MADV_COLLAPSE) < 0 && errno == EINVAL)
			return; /* an older kernel, or huge pages of another size */
	}
}

int vmap_os_prefault(void *base, size_t len)
{
	collapse(base, len);
	if (madvise(base, len, MADV_POPULATE_WRITE) == 0)
		return 0;
	if (errno != EINVAL)
		/* EFAULT stands for the signal that a touch would have got: the memory cannot be had. */
		return vmap_error_system(VMAP_OPERATION_PREFAULT, errno == EFAULT ? ENOMEM : errno);
	os_unix_touch(base, len);
	return 0;
}

size_t os_unix_file_page(int fd, const struct stat *st)
{
	/*
	 * Large blocks are what is good to transfer, whatever the pages are; on hugetlbfs alone they are the pages. Who
	 * has no large blocks is not asked what he is, which takes a network or another process on some file systems.
	 */
	struct statfs fs;
	bool huge = (size_t)st->st_blksize > vmap_page_size() && fstatfs(fd, &fs) == 0 && (uint32_t)fs.f_type == HUGETLBFS;
	return huge ? (size_t)st->st_blksize : vmap_page_size();
}

int os_unix_cool(void *base, size_t len)
{
	/* Not MADV_DONTNEED, which throws away what private memory holds. */
	return madvise(base, len, MADV_COLD) < 0 ? -errno : 0;
}

int vmap_os_reserve(int fd, uint64_t offset, uint64_t len)
{
	/*
	 * Not posix_fallocate for the first try: glibc restarts nothing on EINTR, and we want the real errno. The size stays: a file
	 * that somebody has cut short must not grow again over what is missing.
	 */
	int r;
	do {
		r = fallocate(fd, FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)len) < 0 ? -errno : 0;
	} while (r == -EINTR);
	if (r != -EOPNOTSUPP)
		return r;
	/* A file system without fallocate: glibc touches each block and keeps what it holds. */
	return -posix_fallocate(fd, (off_t)offset, (off_t)len);
}

void vmap_os_release(int fd, uint64_t offset, uint64_t len)
{
	/* Best effort: pages that stay are merely not free for others. */
	(void)fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)len);
}

int vmap_os_random(void *dst, size_t len)
{
	return getrandom(dst, len, 0) == (ssize_t)len ? 0 : -EIO;
}

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449 /* Linux 5.16 */
#endif

void vmap_os_futex_wait(const _Atomic uint32_t *word, uint32_t seen, uint64_t timeout_ns)
{
	/* as the kernel's call wants it, whatever time_t is */
	struct {
		long tv_sec;
		long tv_nsec;
	} timeout = {.tv_sec = (long)(timeout_ns / 1000000000u), .tv_nsec = (long)(timeout_ns % 1000000000u)};
	/* Not FUTEX_PRIVATE_FLAG: the word is another process's, too. */
	(void)syscall(SYS_futex, word, FUTEX_WAIT, seen, &timeout, NULL, 0);
}

void vmap_os_futex_wake(_Atomic uint32_t *word, int n)
{
	(void)syscall(SYS_futex, word, FUTEX_WAKE, n, NULL, NULL, 0);
}

void vmap_os_futex_wait_any(const struct vmap_os_futex *futexes, size_t n, uint64_t timeout_ns)
{
	/* As struct futex_waitv, which older headers lack. */
	struct {
		uint64_t val;
		uint64_t uaddr;
		uint32_t flags;
		uint32_t reserved;
	} waiters[VMAP_OS_FUTEX_ANY_MAX];
	for (size_t i = 0; i < n; i++) {
		waiters[i].val = futexes[i].seen;
		waiters[i].uaddr = (uintptr_t)futexes[i].word;
		waiters[i].flags = FUTEX_32;
		waiters[i].reserved = 0;
	}
	uint64_t until_ns = vmap_os_monotonic_ns() + timeout_ns;
	struct {
		int64_t tv_sec;
		int64_t tv_nsec;
	} until = {.tv_sec = (int64_t)(until_ns / 1000000000u), .tv_nsec = (int64_t)(until_ns % 1000000000u)};
	if (syscall(SYS_futex_waitv, waiters, n, 0, &until, CLOCK_MONOTONIC) >= 0 || errno != ENOSYS)
		return;
	struct timespec nap = {.tv_nsec = timeout_ns < 1000000 ? (long)timeout_ns : 1000000};
	nanosleep(&nap, NULL);
}
