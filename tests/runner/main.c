/* SPDX-License-Identifier: MIT */
/* Runs every test of the program, one after the other, and prints TAP. Options such as --tap=- are ignored. */
#include <string.h>

#include "runner.h"

static char said[1 << 16];

/* The lines that a test said and how it ended, as the block that TAP has for that. */
static void explain(int status)
{
	printf("  ---\n");
	for (char *line = strtok(said, "\n"); line; line = strtok(NULL, "\n"))
		printf("  %s\n", line);
	if (status > 255)
		printf("  ended by signal %d\n", status - 256);
	else if (status != RUNNER_FAILED)
		printf("  ended with status %d\n", status);
	printf("  ...\n");
}

static void print_result(int number, const struct runner_test *test, int status)
{
	bool good = status == RUNNER_PASSED || status == RUNNER_SKIPPED;
	printf("%sok %d - %s::%s", good ? "" : "not ", number, test->suite, test->name);
	if (status == RUNNER_SKIPPED)
		printf(" # SKIP %.*s", (int)strcspn(said, "\n"), said);
	printf("\n");
	if (!good)
		explain(status);
}

int main(int argc, char **argv)
{
	runner_take_over(argc, argv);
	int n_tests = 0;
	for (struct runner_test *test = runner_first(); test; test = runner_next(test))
		n_tests++;
	printf("TAP version 13\n1..%d\n", n_tests);
	int number = 0;
	int n_failed = 0;
	for (struct runner_test *test = runner_first(); test; test = runner_next(test)) {
		int status = runner_run_apart(test, said, sizeof(said));
		print_result(++number, test, status);
		fflush(stdout);
		n_failed += status != RUNNER_PASSED && status != RUNNER_SKIPPED;
	}
	return n_failed > 0;
}
