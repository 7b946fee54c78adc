/* SPDX-License-Identifier: MIT */
/*
 * Time stat(2) of several files in turn: usage: stats COUNT ROUNDS FILE...
 *
 * Each round asks COUNT times for each file, one file after the other, so that all of them see the same weather. Prints
 * one line a file: path, then the median of each round in order, in nanoseconds per call.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

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
	if (argc < 4) {
		fprintf(stderr, "usage: stats COUNT ROUNDS FILE...\n");
		return 2;
	}
	size_t count = strtoul(argv[1], NULL, 10);
	size_t rounds = strtoul(argv[2], NULL, 10);
	size_t n_files = (size_t)argc - 3;
	uint64_t *single = calloc(count, sizeof(*single));
	uint64_t *median = calloc(n_files * rounds, sizeof(*median));
	if (count == 0 || rounds == 0 || !single || !median)
		return 2;
	for (size_t round = 0; round < rounds; round++) {
		for (size_t f = 0; f < n_files; f++) {
			uint64_t last = now_ns();
			for (size_t i = 0; i < count; i++) {
				struct stat st;
				if (stat(argv[3 + f], &st) < 0) {
					perror(argv[3 + f]);
					return 1;
				}
				uint64_t now = now_ns();
				single[i] = now - last;
				last = now;
			}
			qsort(single, count, sizeof(*single), by_value);
			median[f * rounds + round] = single[count / 2];
		}
	}
	for (size_t f = 0; f < n_files; f++) {
		printf("%s", argv[3 + f]);
		for (size_t round = 0; round < rounds; round++)
			printf(" %llu", (unsigned long long)median[f * rounds + round]);
		printf("\n");
	}
	free(single);
	free(median);
	return 0;
}
