/* SPDX-License-Identifier: MIT */
/*
 * Time write(2) on several files in turn: usage: writes SIZE COUNT ROUNDS FILE...
 *
 * Each round writes COUNT lines of SIZE bytes to each file, one after the other, so that all of them see
 * the same weather. Prints one line a file: path, median and 99th percentile of the single writes, then the
 * mean of each round in order, all in nanoseconds per write.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

int main(int argc, char *argv[])
{
	if (argc < 5) {
		fprintf(stderr, "usage: writes SIZE COUNT ROUNDS FILE...\n");
		return 2;
	}
	size_t size = strtoul(argv[1], NULL, 10);
	size_t count = strtoul(argv[2], NULL, 10);
	size_t rounds = strtoul(argv[3], NULL, 10);
	size_t n_files = (size_t)argc - 4;
	char *line = malloc(size);
	uint64_t *single = calloc(n_files * rounds * count, sizeof(*single));
	uint64_t *total = calloc(n_files * rounds, sizeof(*total));
	if (size == 0 || count == 0 || rounds == 0 || !line || !single || !total)
		return 2;
	memset(line, 'x', size);
	line[size - 1] = '\n';
	for (size_t round = 0; round < rounds; round++) {
		for (size_t f = 0; f < n_files; f++) {
			int fd = open(argv[4 + f], O_WRONLY | O_APPEND | O_CREAT, 0644);
			if (fd < 0) {
				perror(argv[4 + f]);
				return 1;
			}
			uint64_t start = now_ns();
			uint64_t last = start;
			for (size_t i = 0; i < count; i++) {
				if (write(fd, line, size) != (ssize_t)size) {
					perror(argv[4 + f]);
					return 1;
				}
				uint64_t now = now_ns();
				single[(f * rounds + round) * count + i] = now - last;
				last = now;
			}
			total[f * rounds + round] = (last - start) / count;
			close(fd);
		}
	}
	for (size_t f = 0; f < n_files; f++) {
		uint64_t *t = total + f * rounds;
		uint64_t *s = single + f * rounds * count;
		qsort(s, rounds * count, sizeof(*s), by_value);
		printf("%s %llu %llu", argv[4 + f], (unsigned long long)s[rounds * count / 2],
		       (unsigned long long)s[rounds * count * 99 / 100]);
		for (size_t round = 0; round < rounds; round++)
			printf(" %llu", (unsigned long long)t[round]);
		printf("\n");
	}
	free(line);
	free(single);
	free(total);
	return 0;
}
