/* SPDX-License-Identifier: MIT */
/*
 * uring_cat FILE [async|sync]: opens, reads at explicit offsets and closes through io_uring, with the system calls
 * themselves. By the kernel's worker threads, then by the calling one; or by one of them, for a file whose reads consume.
 *
 * Exits 77 where io_uring is not to be had.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct uring {
	int fd;
	_Atomic unsigned *sq_tail, *cq_head, *cq_tail;
	unsigned *sq_mask, *sq_array, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
};

static int uring_open(struct uring *ring)
{
	struct io_uring_params params;
	memset(&params, 0, sizeof(params));
	ring->fd = (int)syscall(SYS_io_uring_setup, 4, &params);
	if (ring->fd < 0 || !(params.features & IORING_FEAT_SINGLE_MMAP))
		return -1;
	size_t sq = params.sq_off.array + params.sq_entries * sizeof(unsigned);
	size_t cq = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
	uint8_t *rings = mmap(NULL, sq > cq ? sq : cq, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_SQ_RING);
	void *sqes = mmap(NULL, params.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE, MAP_SHARED,
			  ring->fd, IORING_OFF_SQES);
	if (rings == MAP_FAILED || sqes == MAP_FAILED)
		return -1;
	ring->sq_tail = (void *)(rings + params.sq_off.tail);
	ring->sq_mask = (void *)(rings + params.sq_off.ring_mask);
	ring->sq_array = (void *)(rings + params.sq_off.array);
	ring->cq_head = (void *)(rings + params.cq_off.head);
	ring->cq_tail = (void *)(rings + params.cq_off.tail);
	ring->cq_mask = (void *)(rings + params.cq_off.ring_mask);
	ring->cqes = (void *)(rings + params.cq_off.cqes);
	ring->sqes = sqes;
	return 0;
}

/* One request, waited for; its result. IOSQE_ASYNC makes a worker thread of the kernel do it. */
static int uring_do(struct uring *ring, const struct io_uring_sqe *request)
{
	unsigned tail = atomic_load_explicit(ring->sq_tail, memory_order_relaxed);
	unsigned index = tail & *ring->sq_mask;
	ring->sqes[index] = *request;
	ring->sq_array[index] = index;
	atomic_store_explicit(ring->sq_tail, tail + 1, memory_order_release);
	long r;
	do {
		r = syscall(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0);
	} while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	unsigned head = atomic_load_explicit(ring->cq_head, memory_order_relaxed);
	while (head == atomic_load_explicit(ring->cq_tail, memory_order_acquire))
		syscall(SYS_io_uring_enter, ring->fd, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0);
	int result = ring->cqes[head & *ring->cq_mask].res;
	atomic_store_explicit(ring->cq_head, head + 1, memory_order_release);
	return result;
}

int main(int argc, char **argv)
{
	static uint8_t block[10000];
	struct uring ring;
	int first = argc == 3 && strcmp(argv[2], "sync") == 0;
	int last = argc == 2 || first;
	if (argc != 2 && argc != 3)
		return 2;
	if (uring_open(&ring) < 0)
		return 77;
	for (int pass = first; pass <= last; pass++) {
		uint8_t flags = pass == 0 ? IOSQE_ASYNC : 0;
		int fd = uring_do(&ring, &(struct io_uring_sqe){
			.opcode = IORING_OP_OPENAT, .flags = flags, .fd = AT_FDCWD, .addr = (uintptr_t)argv[1],
			.open_flags = O_RDONLY,
		});
		if (fd < 0) {
			fprintf(stderr, "FAIL: open through io_uring: %s\n", strerror(-fd));
			return 1;
		}
		/*
		 * Explicit offsets, and no read beyond the end: the kernel (6.18) does not move the position after
		 * a read of a FUSE file with direct I/O, so its retry of a short one reads the same bytes again.
		 */
		struct stat st;
		if (fstat(fd, &st) < 0)
			return 1;
		for (uint64_t offset = 0; offset < (uint64_t)st.st_size;) {
			uint64_t left = (uint64_t)st.st_size - offset;
			int n = uring_do(&ring, &(struct io_uring_sqe){
				.opcode = IORING_OP_READ, .flags = flags, .fd = fd, .addr = (uintptr_t)block,
				.len = (unsigned)(left < sizeof(block) ? left : sizeof(block)), .off = offset,
			});
			if (n < 0) {
				fprintf(stderr, "FAIL: read through io_uring: %s\n", strerror(-n));
				return 1;
			}
			if (n == 0) {
				fprintf(stderr, "FAIL: end of file %llu bytes before the size\n", (unsigned long long)left);
				return 1;
			}
			offset += (unsigned)n;
			if (pass == last && fwrite(block, 1, (size_t)n, stdout) != (size_t)n)
				return 1;
		}
		int r = uring_do(&ring, &(struct io_uring_sqe){.opcode = IORING_OP_CLOSE, .fd = fd});
		if (r < 0)
			return 1;
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
