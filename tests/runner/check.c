/* SPDX-License-Identifier: MIT */
/* The runner itself: tests whose suite says how each of them has to end. */
#include <stdlib.h>
#include <string.h>

#include "runner.h"

static int steps;

static void step(void)
{
	steps++;
}

static void fail(void)
{
	cr_assert(eq(int, 1, 2));
}

TestSuite(passes, .init = step);

Test(passes, empty)
{
}

Test(passes, comparisons, .init = step)
{
	cr_assert(eq(int, steps, 2));
	cr_expect(eq(int, -1, -1) && ne(int, -1, 1) && lt(int, -1, 1) && ge(sz, SIZE_MAX, 1));
	cr_expect(gt(u64, UINT64_MAX, 1) && le(u32, UINT32_MAX, UINT32_MAX) && eq(u8, 256, 0));
	cr_expect(eq(str, "a", "a") && ne(str, "a", "b") && eq(ptr, NULL, NULL) && not(eq(ptr, &steps, NULL)));
}

Test(fails, expectation)
{
	cr_expect(eq(int, 1, 2), "with %d", 1);
	steps++;
}

Test(fails, assertion)
{
	cr_assert(false);
}

Test(fails, fatal)
{
	cr_fatal("said %s", "so");
}

Test(fails, in_init, .init = fail)
{
}

Test(fails, in_fini, .fini = fail)
{
}

Test(fails, skipped_too_late)
{
	cr_expect(false);
	cr_skip_test("no excuse");
}

Test(skips, with_a_reason)
{
	cr_skip_test("reason %d", 7);
}

Test(crashes, with_abort)
{
	abort();
}

Test(crashes, by_leaving)
{
	exit(0);
}

Test(crashes, with_a_bad_pointer)
{
	volatile int *volatile nowhere = (volatile int *)(uintptr_t)8;
	*nowhere = 1;
}

Test(crashes, out_of_time, .timeout = 0.1)
{
	for (volatile int forever = 1; forever;)
		;
}

static bool ended_well(const struct runner_test *test, int status)
{
	if (strcmp(test->suite, "passes") == 0)
		return status == RUNNER_PASSED;
	if (strcmp(test->suite, "fails") == 0)
		return status == RUNNER_FAILED;
	if (strcmp(test->suite, "skips") == 0)
		return status == RUNNER_SKIPPED;
	return status != RUNNER_PASSED && status != RUNNER_FAILED && status != RUNNER_SKIPPED;
}

int main(int argc, char **argv)
{
	runner_take_over(argc, argv);
	int n_tests = 0;
	int n_wrong = 0;
	for (struct runner_test *test = runner_first(); test; test = runner_next(test)) {
		char said[1000];
		int status = runner_run_apart(test, said, sizeof(said));
		bool right = ended_well(test, status);
		if (strcmp(test->name, "with_a_reason") == 0)
			right = right && strcmp(said, "reason 7\n") == 0;
		if (strcmp(test->name, "expectation") == 0)
			right = right && strstr(said, "eq(int, 1, 2) [1 == 2] with 1\n") != NULL;
		if (!right)
			printf("%s::%s ended with %d: %s\n", test->suite, test->name, status, said);
		n_wrong += !right;
		n_tests++;
	}
	printf("%d tests, %d ended otherwise than their suite says\n", n_tests, n_wrong);
	return n_wrong > 0 || n_tests != 13;
}
