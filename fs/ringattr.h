/* SPDX-License-Identifier: MIT */
/*
 * The attributes of rings: what they are called, which values they have, how they are kept.
 *
 * A ring keeps its capacity and policy, and of the others those that were set on it or on a directory above
 * when it was created; where none was, the mount's count, whichever mount it is.
 */
#ifndef RFS_RINGATTR_H
#define RFS_RINGATTR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vmap/shared.h>

/* In the order of the manual. The first is a size, the others are choices. */
enum rfs_ringattr_id {
	RFS_RINGATTR_CAPACITY,
	RFS_RINGATTR_POLICY,
	RFS_RINGATTR_ALIGN,
	RFS_RINGATTR_FULL,
	RFS_RINGATTR_EOF,
	RFS_RINGATTR_LOST,
	RFS_RINGATTR_MAP,
	RFS_N_RINGATTRS,
};

/* The choices, in the order of their words; 0 is "not set", so a word of zeros sets nothing. */
enum { RFS_POLICY_OVERWRITE = VMAP_RING_OVERWRITE, RFS_POLICY_BOUNDED = VMAP_RING_BOUNDED };
enum { RFS_ALIGN_LINE = 1, RFS_ALIGN_BYTE };
enum { RFS_FULL_BLOCK = 1, RFS_FULL_ERROR };
enum { RFS_EOF_END = 1, RFS_EOF_WAIT };
enum { RFS_LOST_SKIP = 1, RFS_LOST_MARK, RFS_LOST_ERROR };
enum { RFS_MAP_OWNER = 1, RFS_MAP_NONE, RFS_MAP_RO, RFS_MAP_RW };

/* Enough for the text of any value. */
#define RFS_RINGATTR_TEXT_MAX 24

struct rfs_ringattr {
	uint64_t capacity; /* bytes, rounded; 0: not set */
	uint64_t choices;  /* four bits for each, at 4 * id; the word that is kept with a ring */
};

/* The name without its prefix: "capacity". */
const char *rfs_ringattr_name(enum rfs_ringattr_id id);
/* The values that may be given, for messages: "line or byte". */
const char *rfs_ringattr_expected(enum rfs_ringattr_id id);
/* -ENOTSUP when there is none of that name. */
int rfs_ringattr_find(const char *name, size_t len, enum rfs_ringattr_id *ret_id);

/* The last choice of each. */
#define RFS_CHOICES_LAST                                                                                                   \
	((uint64_t)RFS_POLICY_BOUNDED << 4 * RFS_RINGATTR_POLICY | (uint64_t)RFS_ALIGN_BYTE << 4 * RFS_RINGATTR_ALIGN |    \
	 (uint64_t)RFS_FULL_ERROR << 4 * RFS_RINGATTR_FULL | (uint64_t)RFS_EOF_WAIT << 4 * RFS_RINGATTR_EOF |              \
	 (uint64_t)RFS_LOST_ERROR << 4 * RFS_RINGATTR_LOST | (uint64_t)RFS_MAP_RW << 4 * RFS_RINGATTR_MAP)

/* 0 where it is not set, or not to one of the choices: a process that has the ring mapped can write anything there. */
static inline unsigned rfs_ringattr_choice(uint64_t choices, enum rfs_ringattr_id id)
{
	unsigned choice = (unsigned)(choices >> (4 * id)) & 15u;
	return choice <= ((unsigned)(RFS_CHOICES_LAST >> (4 * id)) & 15u) ? choice : 0;
}

/* 0 unsets it. */
static inline void rfs_ringattr_set_choice(struct rfs_ringattr *attr, enum rfs_ringattr_id id, unsigned choice)
{
	attr->choices = (attr->choices & ~((uint64_t)15 << (4 * id))) | (uint64_t)choice << (4 * id);
}

bool rfs_ringattr_is_set(const struct rfs_ringattr *attr, enum rfs_ringattr_id id);

/*
 * Set one from its text. -EINVAL no such value; -ERANGE larger than a ring can be. Nothing changes then.
 */
int rfs_ringattr_parse(struct rfs_ringattr *attr, enum rfs_ringattr_id id, const char *text);

/* The text of one that is set. @text has RFS_RINGATTR_TEXT_MAX bytes; the length without the end. */
size_t rfs_ringattr_print(const struct rfs_ringattr *attr, enum rfs_ringattr_id id, char *text);

/* What @attr leaves open comes from @defaults. */
void rfs_ringattr_fill(struct rfs_ringattr *attr, const struct rfs_ringattr *defaults);

/* What counts for a ring with @choices on a mount whose own are @defaults. */
static inline unsigned rfs_ringattr_effective(uint64_t choices, uint64_t defaults, enum rfs_ringattr_id id)
{
	unsigned choice = rfs_ringattr_choice(choices, id);
	return choice != 0 ? choice : rfs_ringattr_choice(defaults, id);
}

static inline enum vmap_align rfs_align_of(uint64_t choices, uint64_t defaults)
{
	return rfs_ringattr_effective(choices, defaults, RFS_RINGATTR_ALIGN) == RFS_ALIGN_BYTE ? VMAP_ALIGN_BYTE :
												 VMAP_ALIGN_LINE;
}

/*
 * Parse a size: digits, then nothing, K, M or G (powers of 1024, either case). -EINVAL for anything
 * else, 0 included; -ERANGE above 2^64 - 1. *ret_size is untouched on error.
 */
int rfs_parse_size(const char *text, uint64_t *ret_size);

#endif
