/* SPDX-License-Identifier: MIT */
/*
 * Index-addressed tables: what nodes and handles live in.
 *
 * An id is `generation << 32 | index`. Ids are not pointers, so they mean the same to a successor
 * process, and a stale one is recognised. Slots never move: a pointer from rfs_table_get() stays good
 * until its id is freed.
 */
#ifndef RFS_TABLE_H
#define RFS_TABLE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* Slots come in segments of this many; at most RFS_TABLE_SEGMENTS of them. */
#define RFS_TABLE_SEGMENT 1024u
#define RFS_TABLE_SEGMENTS 4096u

/* The first member of everything that lives in a table. */
struct rfs_slot {
	uint64_t id;        /* 0 while the slot is free */
	uint32_t index;
	uint32_t generation; /* of the next use */
	uint32_t next_free; /* index, 0 ends the list */
};

struct rfs_table {
	size_t slot_size;
	uint32_t used;      /* slots that were ever given out, index 0 included */
	uint32_t free_list; /* index, 0 when empty */
	uint32_t live;      /* slots in use */
	_Atomic(uint8_t *) segments[RFS_TABLE_SEGMENTS];
};

/* The slots are zeroed at first use only; what init() does to one must hold for its next use too. */
void rfs_table_init(struct rfs_table *table, size_t slot_size);
void rfs_table_finish(struct rfs_table *table);

/* Under the owner's lock. NULL when the table or memory is full. The slot's other members are as its last user left them. */
void *rfs_table_alloc(struct rfs_table *table);
void rfs_table_free(struct rfs_table *table, void *slot);

/* Any thread that has a reason to know that @id is live (the kernel holds it); NULL for a stale or made-up id. */
void *rfs_table_get(struct rfs_table *table, uint64_t id);

/* The slot at @index, in use or not; NULL when no slot was ever given out there. */
void *rfs_table_at(struct rfs_table *table, uint32_t index);

#endif
