/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a shared ring; docs/FORMAT.md explains them.
 *
 *     0              the geometry line, 128 bytes: where the ring is in this file
 *     data_offset - 64 KiB   the live header
 *     data_offset    `capacity` bytes of data
 *
 * In a new ring the live header begins at 0, so that the geometry line is its first line. A change of shape puts
 * header and data into another part of the file, and the geometry line is all that stays where it was.
 *
 * Integers have the byte order of the host; `bom` tells. Lines that different parties write are 128
 * bytes apart, so that no two of them share a cache line or a pair of lines fetched together.
 *
 * The geometry line is read from the file, checked by its checksum and kept in private memory; it is never used through
 * the mapping. Words marked "reserved" are zero.
 *
 * Invariants: floor, head, intent and tail only grow (a damaged ring begins anew elsewhere, see reshape.c);
 * head <= intent <= head + capacity; all are at most INT64_MAX.
 * The readable window is [max(floor, base, intent - capacity), head) of an overwrite ring and [max(base, tail), head)
 * of a bounded one.
 */
#ifndef VMAP_SHARED_LAYOUT_PRIV_H
#define VMAP_SHARED_LAYOUT_PRIV_H

#include <assert.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <vmap/shared.h>

#define SHARED_MAGIC "\x89VRNG\r\n\x1a" /* a text-mode transfer damages it visibly, as with PNG */
#define SHARED_VERSION_MAJOR 1
#define SHARED_VERSION_MINOR 0
#define SHARED_BOM 0x01020304u
/* The part of the header that is in use, and reserved on disk when the ring is made. */
#define SHARED_HEADER_USED 4096u

/* Writers that can have a ring mapped at one time. */
#define SHARED_SLOTS 64u
/* One more, for who serves the ring and finds them all taken: no byte is locked for it, and its owner never counts as dead. */
#define SHARED_SLOT_SERVER SHARED_SLOTS

/*
 * The writer lock: 0 is free, else slot + 1 of the owner, the slot's generation, a bit for those who sleep, and one that
 * keeps the lock for a sleeper when it is free.
 */
#define SHARED_LOCK_OWNER 0x00007fffu
#define SHARED_LOCK_HANDOFF 0x00008000u
#define SHARED_LOCK_GENERATION 0x7fff0000u
#define SHARED_LOCK_WAITERS 0x80000000u
#define SHARED_LOCK_NAME (SHARED_LOCK_OWNER | SHARED_LOCK_GENERATION)

/* The top bit of tail: consuming has ended, a change of shape is under way. */
#define SHARED_TAIL_FROZEN ((uint64_t)1 << 63)

/* What became of the ring at this place: the low bits of state. The others hold the shape that the header belongs to. */
enum shared_state {
	SHARED_OPEN,
	SHARED_MOVED,   /* it has another shape now, or is about to: the geometry line tells */
	SHARED_CLOSED,  /* whoever served it has ended */
	SHARED_REMOVED, /* it has lost its last name */
};
#define SHARED_STATE_BITS 2u
#define SHARED_STATE_MASK 3u

/* The geometry line: what a ring is. Written whole, by its creator and then by changes of shape. */
struct shared_geometry {
	uint8_t magic[8];
	uint16_t version_major; /* another one: refuse */
	uint16_t version_minor;
	uint32_t bom;
	uint32_t header_size;
	uint32_t feat_incompat;  /* an unknown bit: refuse */
	uint32_t feat_ro_compat; /* an unknown bit: do not write */
	uint32_t feat_compat;
	uint64_t data_offset; /* of the data in the file; the live header ends there */
	uint64_t capacity;
	uint32_t policy;      /* enum vmap_ring_policy */
	uint32_t max_record;  /* reserved */
	uint32_t idx_block;   /* reserved */
	uint32_t idx_entries; /* reserved */
	uint8_t ring_id[16];
	uint64_t generation; /* grows with each change of this line */
	uint64_t created_ns;
	uint64_t base;       /* no byte below this position is in the data: it was dropped by a change of shape */
	uint64_t attributes; /* the owner's, see vmap_shared_attributes() */
	uint64_t first_offset; /* what lies before it is not used while others can write: they may store there, in an older shape */
	uint32_t shape;      /* counts changes of shape, modulo 2^30 */
	uint32_t crc32c; /* of the bytes 0x000 to 0x07b */
};

struct shared_header {
	/* 0x000 */
	struct shared_geometry geometry;

	/* 0x080 writer lock between threads and processes */
	_Atomic uint32_t wlock;
	_Atomic uint32_t steals; /* locks taken from dead owners; statistics */
	uint8_t lock_pad[0x78];

	/* 0x100 publication: stored by whoever has the lock, polled by readers */
	_Atomic uint64_t intent; /* bytes up to here may be in the middle of being overwritten: [intent - capacity, ...) is safe */
	_Atomic uint64_t head;
	_Atomic uint64_t floor; /* raised by a clear */
	_Atomic uint32_t data_seq; /* futex: changes when sleepers are to look at head again */
	_Atomic uint32_t state; /* shape << 2 | enum shared_state */
	_Atomic uint64_t spoilt; /* intent as a dead writer left it: the bytes it stands for are gone, not merely announced */
	_Atomic uint64_t line_tail; /* a position at which a line starts: the tail, where the byte before it was '\n' */
	_Atomic uint64_t mtime_ns;
	_Atomic uint64_t moved_head; /* while the state says moved, head is believed up to here: more may not move with it */
	uint8_t publication_pad[0x40];

	/* 0x180 consumers of bounded rings */
	_Atomic uint64_t tail; /* bytes below it are consumed; SHARED_TAIL_FROZEN */
	_Atomic uint32_t space_seq; /* futex: changes when sleepers are to look at tail again */
	uint8_t tail_pad[0x74];

	/* 0x200 sleepers; one that was killed is counted for ever and costs system calls that wake nobody */
	_Atomic uint32_t data_waiters;
	_Atomic uint32_t space_waiters;
	uint8_t sleeper_pad[0x78];

	/* 0x280 reserved */
	uint8_t reserved_line[0x80];

	/* 0x300 statistics: stored by whoever has the lock, but for drops_full and lost, which anybody adds to */
	_Atomic uint64_t records;
	_Atomic uint64_t bytes;
	_Atomic uint64_t drops_full;  /* appends that a full ring refused for good */
	uint8_t statistics_reserved[0x10];
	_Atomic uint64_t overwritten; /* bytes that gave way to newer ones */
	_Atomic uint64_t lost;        /* bytes that readers missed so */
	uint8_t statistics_pad[0xc8];

	/* 0x400 reserved: the boot and shutdown that wrote it, checkpoints */
	uint8_t reserved_boot[0x400];

	/* 0x800 slots: how often each was claimed; who has one holds a lock on byte 2^40 + slot of the file */
	_Atomic uint32_t slot_generation[SHARED_SLOTS];
	uint8_t slot_pad[0x700];

	/* 0x1000 reserved: checkpoints, index of record starts */
	uint8_t rest[VMAP_SHARED_HEADER_SIZE - 0x1000];
};

#define SHARED_AT(field, offset) static_assert(offsetof(struct shared_header, field) == (offset), #field)
SHARED_AT(geometry.magic, 0x000);
SHARED_AT(geometry.version_major, 0x008);
SHARED_AT(geometry.version_minor, 0x00a);
SHARED_AT(geometry.bom, 0x00c);
SHARED_AT(geometry.header_size, 0x010);
SHARED_AT(geometry.feat_incompat, 0x014);
SHARED_AT(geometry.feat_ro_compat, 0x018);
SHARED_AT(geometry.feat_compat, 0x01c);
SHARED_AT(geometry.data_offset, 0x020);
SHARED_AT(geometry.capacity, 0x028);
SHARED_AT(geometry.policy, 0x030);
SHARED_AT(geometry.max_record, 0x034);
SHARED_AT(geometry.idx_block, 0x038);
SHARED_AT(geometry.idx_entries, 0x03c);
SHARED_AT(geometry.ring_id, 0x040);
SHARED_AT(geometry.generation, 0x050);
SHARED_AT(geometry.created_ns, 0x058);
SHARED_AT(geometry.base, 0x060);
SHARED_AT(geometry.attributes, 0x068);
SHARED_AT(geometry.first_offset, 0x070);
SHARED_AT(geometry.shape, 0x078);
SHARED_AT(geometry.crc32c, 0x07c);
SHARED_AT(wlock, 0x080);
SHARED_AT(steals, 0x084);
SHARED_AT(intent, 0x100);
SHARED_AT(head, 0x108);
SHARED_AT(floor, 0x110);
SHARED_AT(data_seq, 0x118);
SHARED_AT(state, 0x11c);
SHARED_AT(spoilt, 0x120);
SHARED_AT(line_tail, 0x128);
SHARED_AT(mtime_ns, 0x130);
SHARED_AT(moved_head, 0x138);
SHARED_AT(tail, 0x180);
SHARED_AT(space_seq, 0x188);
SHARED_AT(data_waiters, 0x200);
SHARED_AT(space_waiters, 0x204);
SHARED_AT(reserved_line, 0x280);
SHARED_AT(records, 0x300);
SHARED_AT(bytes, 0x308);
SHARED_AT(drops_full, 0x310);
SHARED_AT(overwritten, 0x328);
SHARED_AT(lost, 0x330);
SHARED_AT(reserved_boot, 0x400);
SHARED_AT(slot_generation, 0x800);
SHARED_AT(rest, 0x1000);
static_assert(sizeof(struct shared_header) == VMAP_SHARED_HEADER_SIZE, "header");
/* libatomic's locks are private to a process, and would make even a load write. */
static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && ATOMIC_INT_LOCK_FREE == 2, "lock-free words");

#endif
