/* SPDX-License-Identifier: MIT */
/*
 * Records that check themselves: writer and number decide length and every byte. Lengths are multiples of 8, so that
 * a reader who was overrun finds the next record at one of the next few multiples of 8.
 */
#ifndef TESTS_STRESS_RECORDS_H
#define TESTS_STRESS_RECORDS_H

#include "lines.h"

enum { RECORD_MIN = 24, RECORD_MAX = 40000, RECORD_MAGIC = 0x5ec07d11 };

struct record {
	uint32_t magic;
	uint32_t writer;
	uint64_t number;
	uint64_t len;
};

static inline uint64_t record_seed(uint32_t writer, uint64_t number)
{
	return mix64(((uint64_t)writer << 48) ^ number);
}

static inline size_t record_len(uint32_t writer, uint64_t number)
{
	uint64_t h = record_seed(writer, number);
	size_t more = (size_t)(h >> 24), pick = (size_t)(h % 256);
	size_t len = RECORD_MIN + more % 200;
	if (pick == 0)
		len = RECORD_MIN + more % (RECORD_MAX - RECORD_MIN);
	else if (pick < 16)
		len = RECORD_MIN + more % 3000;
	return len / 8 * 8;
}

/* Into @dst, where the record has room; its length. */
static inline size_t record_build(void *dst, uint32_t writer, uint64_t number)
{
	size_t len = record_len(writer, number);
	struct record record = {.magic = RECORD_MAGIC, .writer = writer, .number = number, .len = len};
	uint64_t word = record_seed(writer, number);
	uint8_t *to = dst;
	memcpy(to, &record, sizeof(record));
	for (size_t at = sizeof(record); at < len; at += sizeof(word)) {
		word = word * 6364136223846793005u + 1442695040888963407u;
		memcpy(to + at, &word, sizeof(word));
	}
	return len;
}

enum record_found { RECORD_IS_TORN, RECORD_IS_LONGER, RECORD_IS_WHOLE };

/* What begins at @src: a whole record, or as much of one as @len bytes can hold. */
static inline enum record_found record_parse(const void *src, size_t len, struct record *ret_record)
{
	const uint8_t *from = src;
	struct record record;
	if (len < sizeof(record))
		return RECORD_IS_LONGER;
	memcpy(&record, from, sizeof(record));
	if (record.magic != RECORD_MAGIC || record.len != record_len(record.writer, record.number))
		return RECORD_IS_TORN;
	uint64_t word = record_seed(record.writer, record.number), found;
	size_t end = record.len < len ? (size_t)record.len : len / 8 * 8;
	for (size_t at = sizeof(record); at < end; at += sizeof(word)) {
		word = word * 6364136223846793005u + 1442695040888963407u;
		memcpy(&found, from + at, sizeof(found));
		if (found != word)
			return RECORD_IS_TORN;
	}
	*ret_record = record;
	return record.len > len ? RECORD_IS_LONGER : RECORD_IS_WHOLE;
}

#endif
