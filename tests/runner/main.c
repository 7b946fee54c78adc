/* SPDX-License-Identifier: MIT */
/* Runs every test of the program, one after the other, and prints TAP. Options such as --tap=- are ignored. */
#include <string.h>

#include "runner.h"

static char said[1 << 16];

/* The lines that a test said, indented so that they are no TAP. */
static void show(void)
{
	for (char *line = strtok(said, "\n"); line; line = strtok(NULL, "\n"))
		printf("  %s\n", line);
}

static void print_result(int number, const struct runner_test *test, int status)
{
	bool good = status == RUNNER_PASSED || status == RUNNER_SKIPPED;
	printf("%sok %d - %s::%s", good ? "" : "not ", number, test->suite, test->name);
	if (status == RUNNER_SKIPPED)
		printf(" # SKIP %.*s", (int)strcspn(said, "\n"), said);
	printf("\n");
	if (!good)
		show();
	if (status > 255)
		printf("  ended by signal %d\n", status - 256);
	else if (!good && status != RUNNER_FAILED)
		printf("  ended with status %d\n", status);
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
