/* SPDX-License-Identifier: MIT */
/* Inside the process of one test: its checks, and how it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "runner.h"

static struct runner_test *first;
static struct runner_test **last = &first;

static jmp_buf end_of_test;
static bool failed;
static bool skipped;
static char values[256];

void runner_register(struct runner_test *test)
{
	*last = test;
	last = &test->next;
}

static struct runner_test *skip_suites(struct runner_test *test)
{
	while (test && !test->name)
		test = test->next;
	return test;
}

struct runner_test *runner_first(void)
{
	return skip_suites(first);
}

struct runner_test *runner_next(const struct runner_test *test)
{
	return skip_suites(test->next);
}

static const char *symbol(enum runner_comparison how)
{
	static const char *const symbols[] = {"==", "!=", "<", "<=", ">", ">="};
	return symbols[how];
}

static bool holds(enum runner_comparison how, int order)
{
	switch (how) {
	case RUNNER_EQ:
		return order == 0;
	case RUNNER_NE:
		return order != 0;
	case RUNNER_LT:
		return order < 0;
	case RUNNER_LE:
		return order <= 0;
	case RUNNER_GT:
		return order > 0;
	case RUNNER_GE:
		return order >= 0;
	}
	return false;
}

bool runner_compare_signed(enum runner_comparison how, int64_t a, int64_t b)
{
	snprintf(values, sizeof(values), " [%lld %s %lld]", (long long)a, symbol(how), (long long)b);
	return holds(how, (a > b) - (a < b));
}

bool runner_compare_unsigned(enum runner_comparison how, uint64_t a, uint64_t b)
{
	snprintf(values, sizeof(values), " [%llu %s %llu]", (unsigned long long)a, symbol(how), (unsigned long long)b);
	return holds(how, (a > b) - (a < b));
}

bool runner_compare_text(enum runner_comparison how, const char *a, const char *b)
{
	snprintf(values, sizeof(values), " [\"%.100s\" %s \"%.100s\"]", a, symbol(how), b);
	return holds(how, strcmp(a, b));
}

void runner_check_begin(void)
{
	values[0] = '\0';
}

__attribute__((format(RUNNER_PRINTF, 4, 0))) static void report(const char *file, int line, const char *what,
								 const char *format, va_list arguments)
{
	failed = true;
	fprintf(stderr, "%s:%d: %s%s", file, line, what, values);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
}

void runner_expect_failed(const char *file, int line, const char *what, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	report(file, line, what, format, arguments);
	va_end(arguments);
}

void runner_assert_failed(const char *file, int line, const char *what, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	report(file, line, what, format, arguments);
	va_end(arguments);
	longjmp(end_of_test, 1);
}

void runner_skip(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	skipped = true;
	longjmp(end_of_test, 1);
}

static const struct runner_options *suite_options(const char *suite)
{
	static const struct runner_options none;
	for (const struct runner_test *test = first; test; test = test->next)
		if (!test->name && strcmp(test->suite, suite) == 0)
			return &test->options;
	return &none;
}

/* Calls @step; false if it ended early. */
static bool run_step(void (*step)(void))
{
	if (!step)
		return true;
	if (setjmp(end_of_test) != 0)
		return false;
	step();
	return true;
}

int runner_run_here(const struct runner_test *test)
{
	const struct runner_options *suite = suite_options(test->suite);
	double timeout = test->options.timeout > 0 ? test->options.timeout : suite->timeout;
	if (timeout > 0)
		runner_limit_time(timeout);
	if (run_step(suite->init) && run_step(test->options.init))
		run_step(test->body);
	run_step(test->options.fini);
	run_step(suite->fini);
	/* A failure before the skip stays a failure. */
	return failed ? RUNNER_FAILED : skipped ? RUNNER_SKIPPED : RUNNER_PASSED;
}
