/* SPDX-License-Identifier: MIT */
/*
 * Time one record written and read again, through a ring and through what one would use instead.
 *
 * usage: records CAPACITY SIZE COUNT ROUNDS COMPETITOR...
 *
 * Competitors: ring (vmap_ring), huge (vmap_ring after vmap_ring_prefault()), linear (memcpy into a buffer of
 * the same capacity that starts again at its edge, and out of it), split (a ring without a mirror), pipe; and
 * with a new ring each round, made and destroyed inside the time: lap (a record's first touch of each page is
 * paid for), lap-huge (vmap_ring_prefault() is).
 *
 * Each round runs all of them, one after the other, so that all see the same weather. Prints one line a
 * competitor: its name, then nanoseconds per record of each round.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <vmap/ring.h>

#include "split_ring.h"

struct bench {
	size_t capacity;
	size_t size;
	size_t count;
	uint8_t *src;
	uint8_t *dst;
	struct vmap_ring *ring;
	struct vmap_ring *huge;
	struct split_ring split;
	uint8_t *linear;
	size_t linear_offset;
	int pipe_fds[2];
};

struct competitor {
	const char *name;
	void (*set_up)(struct bench *bench);
	void (*run)(struct bench *bench);
};

static _Noreturn void give_up(const char *what)
{
	perror(what);
	exit(1);
}

/* The compiler must not see that nobody looks at the bytes. */
static void keep(void)
{
	__asm__ volatile("" ::: "memory");
}

static uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static struct vmap_ring *ring_create(const struct bench *bench)
{
	struct vmap_ring *ring;
	int r = vmap_ring_create(bench->capacity, VMAP_RING_BOUNDED, &ring);
	if (r < 0) {
		errno = -r;
		give_up("ring");
	}
	return ring;
}

static void ring_run(const struct bench *bench, struct vmap_ring *ring)
{
	for (size_t i = 0; i < bench->count; i++) {
		vmap_ring_write(ring, bench->src, bench->size);
		vmap_ring_read(ring, bench->dst, bench->size);
		keep();
	}
}

static void plain_set_up(struct bench *bench)
{
	bench->ring = ring_create(bench);
	struct vmap_span_mut span = vmap_ring_writable(bench->ring);
	memset(span.data, 1, span.len);
}

static void plain_run(struct bench *bench)
{
	ring_run(bench, bench->ring);
}

static void huge_set_up(struct bench *bench)
{
	bench->huge = ring_create(bench);
	int r = vmap_ring_prefault(bench->huge);
	if (r < 0) {
		errno = -r;
		give_up("prefault");
	}
}

static void huge_run(struct bench *bench)
{
	ring_run(bench, bench->huge);
}

static void nothing_set_up(struct bench *bench)
{
	(void)bench;
}

static void lap_run(struct bench *bench)
{
	struct vmap_ring *ring = ring_create(bench);
	ring_run(bench, ring);
	vmap_ring_destroy(ring);
}

static void lap_huge_run(struct bench *bench)
{
	huge_set_up(bench);
	ring_run(bench, bench->huge);
	vmap_ring_destroy(bench->huge);
}

/* Shared memory in small pages, as the ring has it. */
static uint8_t *buffer_create(size_t capacity)
{
	uint8_t *buffer = mmap(NULL, capacity, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (buffer == MAP_FAILED)
		give_up("mmap");
	memset(buffer, 1, capacity);
	return buffer;
}

static void linear_set_up(struct bench *bench)
{
	bench->linear = buffer_create(bench->capacity);
}

static void linear_run(struct bench *bench)
{
	size_t offset = bench->linear_offset;
	for (size_t i = 0; i < bench->count; i++) {
		if (bench->size > bench->capacity - offset)
			offset = 0;
		memcpy(bench->linear + offset, bench->src, bench->size);
		memcpy(bench->dst, bench->linear + offset, bench->size);
		offset += bench->size;
		keep();
	}
	bench->linear_offset = offset;
}

static void split_set_up(struct bench *bench)
{
	bench->split = (struct split_ring){.data = buffer_create(bench->capacity), .capacity = bench->capacity};
}

static void split_run(struct bench *bench)
{
	for (size_t i = 0; i < bench->count; i++) {
		split_ring_write(&bench->split, bench->src, bench->size);
		split_ring_read(&bench->split, bench->dst, bench->size);
		keep();
	}
}

static void pipe_set_up(struct bench *bench)
{
	if (pipe(bench->pipe_fds) < 0)
		give_up("pipe");
}

static void pipe_run(struct bench *bench)
{
	for (size_t i = 0; i < bench->count; i++)
		if (write(bench->pipe_fds[1], bench->src, bench->size) != (ssize_t)bench->size ||
		    read(bench->pipe_fds[0], bench->dst, bench->size) != (ssize_t)bench->size)
			give_up("pipe");
}

static const struct competitor competitors[] = {
	{"ring", plain_set_up, plain_run},
	{"huge", huge_set_up, huge_run},
	{"linear", linear_set_up, linear_run},
	{"split", split_set_up, split_run},
	{"pipe", pipe_set_up, pipe_run},
	{"lap", nothing_set_up, lap_run},
	{"lap-huge", nothing_set_up, lap_huge_run},
};

static const struct competitor *competitor_find(const char *name)
{
	for (size_t i = 0; i < sizeof(competitors) / sizeof(competitors[0]); i++)
		if (strcmp(competitors[i].name, name) == 0)
			return &competitors[i];
	fprintf(stderr, "records: no such competitor: %s\n", name);
	exit(2);
}

int main(int argc, char *argv[])
{
	if (argc < 6) {
		fprintf(stderr, "usage: records CAPACITY SIZE COUNT ROUNDS COMPETITOR...\n");
		return 2;
	}
	struct bench bench = {
		.capacity = strtoul(argv[1], NULL, 10),
		.size = strtoul(argv[2], NULL, 10),
		.count = strtoul(argv[3], NULL, 10),
	};
	size_t rounds = strtoul(argv[4], NULL, 10);
	size_t n_names = (size_t)argc - 5;
	const struct competitor **chosen = calloc(n_names, sizeof(const struct competitor *));
	double *ns = calloc(n_names * rounds, sizeof(*ns));
	bench.src = malloc(bench.size);
	bench.dst = malloc(bench.size);
	if (bench.size == 0 || bench.size > bench.capacity || bench.count == 0 || rounds == 0 || !chosen || !ns ||
	    !bench.src || !bench.dst)
		return 2;
	memset(bench.src, 'x', bench.size);
	for (size_t i = 0; i < n_names; i++) {
		chosen[i] = competitor_find(argv[5 + i]);
		chosen[i]->set_up(&bench);
		chosen[i]->run(&bench); /* nobody pays for the first touch */
	}
	for (size_t round = 0; round < rounds; round++) {
		for (size_t i = 0; i < n_names; i++) {
			uint64_t start = now_ns();
			chosen[i]->run(&bench);
			ns[i * rounds + round] = (double)(now_ns() - start) / (double)bench.count;
		}
	}
	for (size_t i = 0; i < n_names; i++) {
		printf("%s", chosen[i]->name);
		for (size_t round = 0; round < rounds; round++)
			printf(" %.3f", ns[i * rounds + round]);
		printf("\n");
	}
	return 0;
}
