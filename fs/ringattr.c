/* SPDX-License-Identifier: MIT */
/* One table of attributes, by which options, extended attributes and defaults of directories go. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ringattr.h"

#define CHOICES_MAX 4

static const struct {
	const char *name;
	const char *expected;
	const char *choices[CHOICES_MAX];
} table[RFS_N_RINGATTRS] = {
	[RFS_RINGATTR_CAPACITY] = {"capacity", "a number above 0 with K, M, G or nothing behind it", {NULL}},
	[RFS_RINGATTR_POLICY] = {"policy", "overwrite or bounded", {"overwrite", "bounded"}},
	[RFS_RINGATTR_ALIGN] = {"align", "line or byte", {"line", "byte"}},
	[RFS_RINGATTR_FULL] = {"full", "block or error", {"block", "error"}},
	[RFS_RINGATTR_EOF] = {"eof", "end or wait", {"end", "wait"}},
	[RFS_RINGATTR_LOST] = {"lost", "skip, mark or error", {"skip", "mark", "error"}},
	[RFS_RINGATTR_MAP] = {"map", "owner, none, ro or rw", {"owner", "none", "ro", "rw"}},
};

const char *rfs_ringattr_name(enum rfs_ringattr_id id)
{
	return table[id].name;
}

const char *rfs_ringattr_expected(enum rfs_ringattr_id id)
{
	return table[id].expected;
}

int rfs_ringattr_find(const char *name, size_t len, enum rfs_ringattr_id *ret_id)
{
	for (unsigned id = 0; id < RFS_N_RINGATTRS; id++) {
		if (strlen(table[id].name) == len && memcmp(table[id].name, name, len) == 0) {
			*ret_id = (enum rfs_ringattr_id)id;
			return 0;
		}
	}
	return -ENOTSUP;
}

bool rfs_ringattr_is_set(const struct rfs_ringattr *attr, enum rfs_ringattr_id id)
{
	return id == RFS_RINGATTR_CAPACITY ? attr->capacity != 0 : rfs_ringattr_choice(attr->choices, id) != 0;
}

static int parse_capacity(struct rfs_ringattr *attr, const char *text)
{
	uint64_t size;
	int r = rfs_parse_size(text, &size);
	if (r < 0)
		return r;
	uint64_t capacity = vmap_shared_round_capacity(size);
	if (capacity == 0)
		return -ERANGE;
	attr->capacity = capacity;
	return 0;
}

int rfs_ringattr_parse(struct rfs_ringattr *attr, enum rfs_ringattr_id id, const char *text)
{
	if (id == RFS_RINGATTR_CAPACITY)
		return parse_capacity(attr, text);
	for (unsigned i = 0; i < CHOICES_MAX && table[id].choices[i]; i++) {
		if (strcmp(table[id].choices[i], text) == 0) {
			rfs_ringattr_set_choice(attr, id, i + 1);
			return 0;
		}
	}
	return -EINVAL;
}

size_t rfs_ringattr_print(const struct rfs_ringattr *attr, enum rfs_ringattr_id id, char *text)
{
	if (id == RFS_RINGATTR_CAPACITY)
		return (size_t)snprintf(text, RFS_RINGATTR_TEXT_MAX, "%" PRIu64, attr->capacity);
	return (size_t)snprintf(text, RFS_RINGATTR_TEXT_MAX, "%s",
				table[id].choices[rfs_ringattr_choice(attr->choices, id) - 1]);
}

void rfs_ringattr_fill(struct rfs_ringattr *attr, const struct rfs_ringattr *defaults)
{
	if (attr->capacity == 0)
		attr->capacity = defaults->capacity;
	for (unsigned id = RFS_RINGATTR_POLICY; id < RFS_N_RINGATTRS; id++)
		if (rfs_ringattr_choice(attr->choices, (enum rfs_ringattr_id)id) == 0)
			rfs_ringattr_set_choice(attr, (enum rfs_ringattr_id)id,
				   rfs_ringattr_choice(defaults->choices, (enum rfs_ringattr_id)id));
}

int rfs_parse_size(const char *text, uint64_t *ret_size)
{
	uint64_t value = 0;
	const char *p = text;
	if (*p < '0' || *p > '9')
		return -EINVAL;
	for (; *p >= '0' && *p <= '9'; p++) {
		if (__builtin_mul_overflow(value, (uint64_t)10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
			return -ERANGE;
	}
	unsigned shift = 0;
	if (*p == 'K' || *p == 'k')
		shift = 10;
	else if (*p == 'M' || *p == 'm')
		shift = 20;
	else if (*p == 'G' || *p == 'g')
		shift = 30;
	if (shift != 0)
		p++;
	if (*p != '\0' || value == 0)
		return -EINVAL;
	if (value > UINT64_MAX >> shift)
		return -ERANGE;
	*ret_size = value << shift;
	return 0;
}
