/* SPDX-License-Identifier: MIT */
/*
 * Runs a harness without libFuzzer: over the files of its corpus, then over random inputs, the same each time.
 *
 * usage: HARNESS N_RANDOM [FILE...]
 */
#include "../unit/helpers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
	static uint8_t input[4096];
	struct rng rng = {.state = 9400};
	if (argc < 2)
		return 2;
	for (int i = 2; i < argc; i++) {
		int fd = open(argv[i], O_RDONLY | O_CLOEXEC);
		ssize_t n = fd < 0 ? -1 : read(fd, input, sizeof(input));
		if (n < 0) {
			perror(argv[i]);
			return 1;
		}
		close(fd);
		LLVMFuzzerTestOneInput(input, (size_t)n);
	}
	long n_random = strtol(argv[1], NULL, 10);
	for (long i = 0; i < n_random; i++) {
		size_t len = 1 + rng_below(&rng, 600);
		for (size_t at = 0; at < len; at++)
			input[at] = (uint8_t)(rng_next(&rng) >> 16);
		LLVMFuzzerTestOneInput(input, len);
	}
	printf("%d inputs kept, %ld random ones\n", argc - 2, n_random);
	return 0;
}
