/* SPDX-License-Identifier: MIT */
/*
 * Lines that check themselves: each is a function of its writer's key and its number, length included.
 *
 *     kkkkkkkk nnnnnnnnnnnn llllll payload\n
 *
 * So a reader knows every byte it should have seen, and the exact length of what it did not see. Long lines
 * have an upper-case payload: what is left of one can be all that a ring holds while another is appended, and
 * then a reader who asks for the oldest whole line rightly gets that rest. Never so for a short line.
 */
#ifndef TESTS_STRESS_LINES_H
#define TESTS_STRESS_LINES_H

#include <stdarg.h>
#include <time.h>

#include "../unit/helpers.h"

enum { LINE_PREFIX = 8 + 1 + 12 + 1 + 6 + 1, LINE_RING = 65536, LINE_LONG = 8192, LINE_MAX_LEN = LINE_RING };

#define TEXT_LEN ((size_t)100003) /* a prime */

struct line {
	uint32_t key;
	uint64_t number;
	size_t len;
};

__attribute__((format(printf, 1, 2), noreturn)) static inline void fail(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fputs("FAILED: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	_exit(1);
}

/* Fill the text that payloads are cut from; once, before any thread starts. */
static char line_text[TEXT_LEN + LINE_MAX_LEN];

static inline void lines_init(void)
{
	struct rng rng = {.state = 30};
	for (size_t i = 0; i < TEXT_LEN; i++)
		line_text[i] = (char)('a' + rng_next(&rng) % 26);
	for (size_t i = TEXT_LEN; i < sizeof(line_text); i++)
		line_text[i] = line_text[i - TEXT_LEN];
}

static inline uint64_t line_hash(uint32_t key, uint64_t number)
{
	return mix64(mix64(key + UINT64_C(0x5bd1e995)) + number);
}

/*
 * Modulo 8 the lengths of the writers 0, 1 and 2 are 1, 2 and 4, but for the lines of writer 0 that fill the
 * ring: so the sum of some lines, one a writer, tells whose they are.
 */
static inline size_t line_len(uint32_t key, uint64_t number)
{
	uint64_t h = line_hash(key, number);
	size_t pick = (size_t)(h % 4096), more = (size_t)(h >> 20), len = LINE_PREFIX + 2 + more % 170;
	if (pick < 2 && (key & 3) == 0)
		return LINE_RING; /* fills the ring to the byte */
	if (pick < 24)
		len = LINE_LONG + more % 40000;
	else if (pick < 300)
		len = 300 + more % 4000;
	return (len + 7) / 8 * 8 + ((size_t)1 << (key & 3));
}

static inline void line_hex(char *at, uint64_t value, int n_digits)
{
	for (int i = n_digits - 1; i >= 0; i--, value >>= 4)
		at[i] = "0123456789abcdef"[value & 15];
	at[n_digits] = ' ';
}

/* Build the line into @buf, which has room for LINE_MAX_LEN bytes. */
static inline size_t line_build(char *buf, uint32_t key, uint64_t number)
{
	size_t len = line_len(key, number);
	line_hex(buf, key, 8);
	line_hex(buf + 9, number, 12);
	line_hex(buf + 22, len, 6);
	char *payload = buf + LINE_PREFIX;
	size_t payload_len = len - LINE_PREFIX - 1;
	memcpy(payload, line_text + line_hash(key, number) % TEXT_LEN, payload_len);
	if (len >= LINE_LONG)
		for (size_t i = 0; i < payload_len; i++)
			payload[i] = (char)(payload[i] - 'a' + 'A');
	buf[len - 1] = '\n';
	return len;
}

static inline bool line_unhex(const char *at, int n_digits, uint64_t *ret_value)
{
	uint64_t value = 0;
	for (int i = 0; i < n_digits; i++) {
		if (at[i] >= '0' && at[i] <= '9')
			value = value << 4 | (uint64_t)(at[i] - '0');
		else if (at[i] >= 'a' && at[i] <= 'f')
			value = value << 4 | (uint64_t)(at[i] - 'a' + 10);
		else
			return false;
	}
	*ret_value = value;
	return at[n_digits] == ' ';
}

/* Whether these @len bytes are one whole line, every byte of it; @scratch has room for LINE_MAX_LEN bytes. */
static inline bool line_parse(const char *bytes, size_t len, char *scratch, struct line *ret_line)
{
	uint64_t key, number, written_len;
	if (len < LINE_PREFIX + 2 || !line_unhex(bytes, 8, &key) || !line_unhex(bytes + 9, 12, &number) ||
	    !line_unhex(bytes + 22, 6, &written_len) || written_len != len || line_len((uint32_t)key, number) != len)
		return false;
	line_build(scratch, (uint32_t)key, number);
	if (memcmp(bytes, scratch, len) != 0)
		return false;
	*ret_line = (struct line){.key = (uint32_t)key, .number = number, .len = len};
	return true;
}

/* Whether these bytes, up to their '\n', may be the end of a long line. */
static inline bool line_is_long_part(const char *bytes, size_t len)
{
	for (size_t i = 0; i + 1 < len; i++)
		if (bytes[i] < 'A' || bytes[i] > 'Z')
			return false;
	return len > 0 && bytes[len - 1] == '\n';
}

static inline double monotonic_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static inline void pause_us(unsigned us)
{
	struct timespec pause = {.tv_nsec = (long)us * 1000};
	nanosleep(&pause, NULL);
}

/* How long to run: the argument, else RINGFS_STRESS_SECONDS, else a few seconds. */
static inline double stress_seconds(const char *argument)
{
	const char *text = argument ? argument : getenv("RINGFS_STRESS_SECONDS");
	if (!text || !*text)
		return 3;
	char *end;
	double seconds = strtod(text, &end);
	if (*end || !(seconds > 0))
		fail("not a number of seconds: %s", text);
	return seconds;
}

#endif
