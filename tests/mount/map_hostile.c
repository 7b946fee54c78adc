/* SPDX-License-Identifier: MIT */
/*
 * map_hostile PATH SEED: gets the ring at PATH for writing, maps its file past libvmap, and does all the harm that can be done
 * with it, until it is killed. Every value that decides anything goes into every word, and the file is cut, punched and rewritten.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <vmap/shared.h>

#define HEADER 65536u
#define AT_DATA_OFFSET 0x20
#define AT_CAPACITY 0x28
#define AT_CRC 0x7c

static uint64_t seed;
static int file;
static uint8_t line[128]; /* the geometry as it was found */
static uint8_t *map;      /* header and data in force */
static size_t map_len;

static uint64_t any(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static uint64_t get64(const uint8_t *at)
{
	uint64_t value;
	memcpy(&value, at, sizeof(value));
	return value;
}

static uint64_t chosen(void)
{
	uint64_t capacity = get64(line + AT_CAPACITY);
	const uint64_t values[] = {
		0, 1, capacity - 1, capacity, capacity + 1, 1ull << 31, 1ull << 32, INT64_MAX - 1, INT64_MAX, 1ull << 63,
		UINT64_MAX, any(), any() % (4 * capacity), (1ull << 63) | any() % capacity, get64(map + 0x108),
		get64(map + 0x108) + capacity, get64(map + 0x108) - any() % capacity, get64(map + 0x100) + 1,
	};
	return values[any() % (sizeof(values) / sizeof(values[0]))];
}

static void spoil_word(void)
{
	static const uint16_t words[] = {0x80, 0x84, 0x100, 0x108, 0x110, 0x118, 0x11c, 0x120, 0x128, 0x130, 0x180, 0x188, 0x200,
					 0x204, 0x300, 0x308, 0x310, 0x328, 0x330, 0x800, 0x840};
	size_t at = any() % 8 == 0 ? any() % 0x1000 & ~7u : words[any() % (sizeof(words) / sizeof(words[0]))];
	if (any() % 2 && at % 8 == 0)
		__atomic_store_n((uint64_t *)(void *)(map + at), chosen(), __ATOMIC_SEQ_CST);
	else
		__atomic_store_n((uint32_t *)(void *)(map + at), (uint32_t)chosen(), __ATOMIC_SEQ_CST);
}

/* A header that looks right, with positions that are not, or that run away. */
static void run_away(void)
{
	uint64_t head = chosen() & INT64_MAX, step = any() % 3;
	for (int i = 0; i < 2000; i++, head += step) {
		__atomic_store_n((uint64_t *)(void *)(map + 0x100), head, __ATOMIC_RELEASE);
		__atomic_store_n((uint64_t *)(void *)(map + 0x108), head, __ATOMIC_RELEASE);
		__atomic_store_n((uint64_t *)(void *)(map + 0x180), head - any() % 70000, __ATOMIC_RELEASE);
	}
}

static uint32_t crc32c(const uint8_t *p, size_t len)
{
	uint32_t crc = ~0u;
	for (size_t i = 0; i < len; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (0x82f63b78u & (0u - (crc & 1u)));
	}
	return ~crc;
}

/* The geometry line with something else in it, as a rule with the right checksum, and then as it was. */
static void spoil_geometry(void)
{
	uint8_t bad[128];
	memcpy(bad, line, sizeof(bad));
	for (uint64_t i = any() % 3; i < 3; i++) {
		uint64_t value = chosen() & (any() % 2 ? ~0xffffull : ~0ull);
		memcpy(bad + any() % 15 * 8, &value, any() % 2 ? 8 : 4);
	}
	uint32_t crc = crc32c(bad, AT_CRC);
	if (any() % 4)
		memcpy(bad + AT_CRC, &crc, sizeof(crc));
	(void)!pwrite(file, bad, sizeof(bad), 0);
	usleep((useconds_t)(any() % 1000));
	(void)!pwrite(file, line, sizeof(line), 0);
}

static void spoil_file(void)
{
	struct stat st;
	if (fstat(file, &st) < 0)
		return;
	const off_t sizes[] = {0, 100, 65536, 65536 + 4096, st.st_size - 4096, st.st_size + 65536, 1ll << 40};
	off_t size = sizes[any() % (sizeof(sizes) / sizeof(sizes[0]))];
	switch (any() % 3) {
	case 0:
		(void)!ftruncate(file, size > 0 ? size : 0);
		(void)!ftruncate(file, st.st_size);
		(void)!pwrite(file, line, sizeof(line), 0);
		break;
	case 1:
		(void)!fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)(any() % (uint64_t)(st.st_size + 1)), 70000);
		break;
	default:
		(void)!pwrite(file, map, 4096, (off_t)(any() % (uint64_t)(st.st_size + 1)));
	}
}

static void take_slots(void)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	int other = open(path, O_RDWR | O_CLOEXEC);
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
	for (int i = 0; i < 64; i++) {
		lock.l_start = (1ll << 40) + i;
		fcntl(other, F_OFD_SETLK, &lock);
	}
	usleep((useconds_t)(any() % 20000));
	close(other);
}

static void wake_all(void)
{
	const size_t words[] = {0x80, 0x118, 0x188};
	for (int i = 0; i < 200; i++)
		syscall(SYS_futex, map + words[any() % 3], FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* Where the ring is now; false where it makes no sense. */
static bool find_ring(void)
{
	if (pread(file, line, sizeof(line), 0) != (ssize_t)sizeof(line))
		return false;
	uint64_t start = get64(line + AT_DATA_OFFSET) - HEADER, capacity = get64(line + AT_CAPACITY);
	if (capacity < HEADER || capacity > 1u << 24 || start > 1u << 30)
		return false;
	map_len = HEADER + capacity;
	map = mmap(NULL, map_len, PROT_READ | PROT_WRITE, MAP_SHARED, file, (off_t)start);
	return map != MAP_FAILED;
}

/* It has cut the file itself. */
static void on_sigbus(int number)
{
	(void)number;
	_exit(0);
}

int main(int argc, char **argv)
{
	struct vmap_shared *ring;
	if (argc != 3)
		return 2;
	signal(SIGBUS, on_sigbus);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	seed = strtoull(argv[2], NULL, 10) * 2654435761u + 1;
	int r = vmap_shared_attach(argv[1], true, &ring);
	if (r < 0)
		return 3; /* an earlier one has spoilt it so */
	file = vmap_shared_fd(ring);
	for (;;) {
		if (!find_ring())
			return 3;
		for (int i = 0; i < 100; i++) {
			uint64_t what = any() % 100;
			if (what < 70)
				spoil_word();
			else if (what < 80)
				memset(map + HEADER + any() % (map_len - HEADER - 4096), (int)any(), 4096);
			else if (what < 88)
				run_away();
			else if (what < 92)
				wake_all();
			else if (what < 94)
				spoil_geometry();
			else if (what < 95)
				take_slots();
			else if (what < 96)
				spoil_file();
			else if (what < 97)
				vmap_shared_revoke(ring);
			else
				usleep((useconds_t)(any() % 3000));
		}
		munmap(map, map_len);
	}
}
