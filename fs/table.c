/* SPDX-License-Identifier: MIT */
/*
 * Index-addressed tables, grown by segments that never move.
 *
 * Invariants:
 * I1 Index 0 is never given out, so no id is 0.
 * I2 A generation is never used twice for one index until it wraps at 2^32; first uses have generation 0,
 *    so the first slot has id 1, which is what FUSE calls the root.
 */
#include <stdlib.h>

#include "table.h"

void rfs_table_init(struct rfs_table *table, size_t slot_size)
{
	*table = (struct rfs_table){.slot_size = slot_size, .used = 1}; /* keeps I1 */
}

void rfs_table_finish(struct rfs_table *table)
{
	for (uint32_t i = 0; i < RFS_TABLE_SEGMENTS; i++)
		free(atomic_load_explicit(&table->segments[i], memory_order_relaxed));
	*table = (struct rfs_table){0};
}

static struct rfs_slot *slot_in(const struct rfs_table *table, uint8_t *base, uint32_t index)
{
	return (struct rfs_slot *)(void *)(base + (size_t)(index % RFS_TABLE_SEGMENT) * table->slot_size);
}

static struct rfs_slot *slot_at(struct rfs_table *table, uint32_t index)
{
	uint32_t segment = index / RFS_TABLE_SEGMENT;
	if (segment >= RFS_TABLE_SEGMENTS)
		return NULL;
	uint8_t *base = atomic_load_explicit(&table->segments[segment], memory_order_acquire); /* table:A */
	return base ? slot_in(table, base, index) : NULL;
}

static struct rfs_slot *slot_grow(struct rfs_table *table)
{
	uint32_t index = table->used;
	uint32_t segment = index / RFS_TABLE_SEGMENT;
	if (segment >= RFS_TABLE_SEGMENTS)
		return NULL;
	uint8_t *base = atomic_load_explicit(&table->segments[segment], memory_order_relaxed);
	if (!base) {
		base = calloc(RFS_TABLE_SEGMENT, table->slot_size);
		if (!base)
			return NULL;
		atomic_store_explicit(&table->segments[segment], base, memory_order_release); /* table:A */
	}
	table->used++;
	struct rfs_slot *slot = slot_in(table, base, index);
	slot->index = index;
	return slot;
}

void *rfs_table_alloc(struct rfs_table *table)
{
	struct rfs_slot *slot = table->free_list != 0 ? slot_at(table, table->free_list) : slot_grow(table);
	if (!slot)
		return NULL;
	if (slot->index == table->free_list)
		table->free_list = slot->next_free;
	slot->id = (uint64_t)slot->generation << 32 | slot->index;
	slot->generation++; /* keeps I2 */
	table->live++;
	return slot;
}

void rfs_table_free(struct rfs_table *table, void *freed)
{
	struct rfs_slot *slot = freed;
	slot->id = 0;
	slot->next_free = table->free_list;
	table->free_list = slot->index;
	table->live--;
}

void *rfs_table_get(struct rfs_table *table, uint64_t id)
{
	struct rfs_slot *slot = slot_at(table, (uint32_t)id);
	return slot && id != 0 && slot->id == id ? slot : NULL;
}

void *rfs_table_at(struct rfs_table *table, uint32_t index)
{
	return slot_at(table, index);
}
