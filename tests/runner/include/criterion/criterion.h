/* SPDX-License-Identifier: MIT */
/*
 * As much of Criterion as the unit tests use, for systems that do not have it.
 *
 * The same test sources compile against either. Every test runs in a process of its own, so that a crash
 * fails that test only; main.c prints TAP.
 *
 * Invariants:
 * I1 A test has passed only if its process says so with RUNNER_PASSED: exit(0) from inside is a failure.
 */
#ifndef TESTS_RUNNER_CRITERION_H
#define TESTS_RUNNER_CRITERION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* mingw-w64 has two printf families; its headers say which one this is. */
#ifdef __MINGW_PRINTF_FORMAT
#define RUNNER_PRINTF __MINGW_PRINTF_FORMAT
#else
#define RUNNER_PRINTF printf
#endif

struct runner_options {
	int unused_; /* lets an empty list of options be an initializer */
	void (*init)(void);
	void (*fini)(void);
	double timeout; /* seconds; 0 is none */
};

/* A test, or what all tests of a suite have in common. */
struct runner_test {
	const char *suite;
	const char *name; /* NULL for a suite */
	void (*body)(void);
	struct runner_options options;
	struct runner_test *next;
};

/* What the process of a test ends with; any other status is a crash. */
enum { RUNNER_PASSED = 40, RUNNER_FAILED = 41, RUNNER_SKIPPED = 42 };

enum runner_comparison { RUNNER_EQ, RUNNER_NE, RUNNER_LT, RUNNER_LE, RUNNER_GT, RUNNER_GE };

void runner_register(struct runner_test *test);

/* Compare, and keep both values for the message of a failure. */
bool runner_compare_signed(enum runner_comparison how, int64_t a, int64_t b);
bool runner_compare_unsigned(enum runner_comparison how, uint64_t a, uint64_t b);
bool runner_compare_text(enum runner_comparison how, const char *a, const char *b);

/* Forget the values of an earlier comparison. */
void runner_check_begin(void);

__attribute__((format(RUNNER_PRINTF, 4, 5))) void runner_expect_failed(const char *file, int line, const char *what,
								const char *format, ...);
__attribute__((noreturn, format(RUNNER_PRINTF, 4, 5))) void runner_assert_failed(const char *file, int line,
									  const char *what, const char *format, ...);
__attribute__((noreturn, format(RUNNER_PRINTF, 1, 2))) void runner_skip(const char *format, ...);

#define Test(suite_, name_, ...)                                                                                   \
	static void suite_##_##name_##_body(void);                                                                 \
	__attribute__((constructor)) static void suite_##_##name_##_register(void)                                 \
	{                                                                                                          \
		static struct runner_test test = {                                                                 \
			#suite_, #name_, suite_##_##name_##_body, {.unused_ = 0, ##__VA_ARGS__}, NULL};            \
		runner_register(&test);                                                                            \
	}                                                                                                          \
	static void suite_##_##name_##_body(void)

#define TestSuite(suite_, ...)                                                                                     \
	__attribute__((constructor)) static void suite_##_suite_register(void)                                     \
	{                                                                                                          \
		static struct runner_test test = {#suite_, NULL, NULL, {.unused_ = 0, ##__VA_ARGS__}, NULL};       \
		runner_register(&test);                                                                            \
	}                                                                                                          \
	struct runner_test /* takes the semicolon */

/* The blank keeps a check without a message from being an empty format. */
#define cr_expect(condition, ...)                                                                                  \
	do {                                                                                                       \
		runner_check_begin();                                                                              \
		if (!(condition))                                                                                  \
			runner_expect_failed(__FILE__, __LINE__, #condition, " " __VA_ARGS__);                     \
	} while (0)
#define cr_assert(condition, ...)                                                                                  \
	do {                                                                                                       \
		runner_check_begin();                                                                              \
		if (!(condition))                                                                                  \
			runner_assert_failed(__FILE__, __LINE__, #condition, " " __VA_ARGS__);                     \
	} while (0)
#define cr_fatal(...) runner_assert_failed(__FILE__, __LINE__, "fatal", " " __VA_ARGS__)
#define cr_skip_test(...) runner_skip(__VA_ARGS__)

#define RUNNER_COMPARE_int(how, a, b) runner_compare_signed(how, (int)(a), (int)(b))
#define RUNNER_COMPARE_sz(how, a, b) runner_compare_unsigned(how, (size_t)(a), (size_t)(b))
#define RUNNER_COMPARE_u8(how, a, b) runner_compare_unsigned(how, (uint8_t)(a), (uint8_t)(b))
#define RUNNER_COMPARE_u32(how, a, b) runner_compare_unsigned(how, (uint32_t)(a), (uint32_t)(b))
#define RUNNER_COMPARE_u64(how, a, b) runner_compare_unsigned(how, (uint64_t)(a), (uint64_t)(b))
#define RUNNER_COMPARE_ptr(how, a, b) \
	runner_compare_unsigned(how, (uintptr_t)(const void *)(a), (uintptr_t)(const void *)(b))
#define RUNNER_COMPARE_str(how, a, b) runner_compare_text(how, a, b)

#define eq(type, a, b) RUNNER_COMPARE_##type(RUNNER_EQ, a, b)
#define ne(type, a, b) RUNNER_COMPARE_##type(RUNNER_NE, a, b)
#define lt(type, a, b) RUNNER_COMPARE_##type(RUNNER_LT, a, b)
#define le(type, a, b) RUNNER_COMPARE_##type(RUNNER_LE, a, b)
#define gt(type, a, b) RUNNER_COMPARE_##type(RUNNER_GT, a, b)
#define ge(type, a, b) RUNNER_COMPARE_##type(RUNNER_GE, a, b)
#define not(condition) (!(condition))

#endif
