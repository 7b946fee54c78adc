/* SPDX-License-Identifier: MIT */
/* The parts of the runner: what a test's process does, and how a system starts one. */
#ifndef TESTS_RUNNER_RUNNER_H
#define TESTS_RUNNER_RUNNER_H

#include <criterion/criterion.h>

/* The tests in the order they were registered, suites left out. */
struct runner_test *runner_first(void);
struct runner_test *runner_next(const struct runner_test *test);

/* Run a test here and now; what its process has to end with. */
int runner_run_here(const struct runner_test *test);

/*
 * Run a test in a process of its own, as each system does it. What it says goes to @said, cut to fit.
 * Returns its exit status, on POSIX systems 256 + the signal that ended it.
 */
int runner_run_apart(const struct runner_test *test, char *said, size_t len);

/* For systems that start a test as a new program: run what the arguments name, or return. */
void runner_take_over(int argc, char **argv);

/* End this process after @seconds. */
void runner_limit_time(double seconds);

#endif
