/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a shared ring: 64 KiB of header, then `capacity` bytes of data.
 *
 * Integers have the byte order of the host; `bom` tells. Lines that different parties write are 128
 * bytes apart, so that no two of them share a cache line or a pair of lines fetched together.
 *
 * The geometry line is checked by its checksum, copied into private memory when the ring is opened, and
 * never read again by the process that changes it. Words marked "reserved" belong to the protocol between processes and
 * are zero while one process at a time appends.
 *
 * Invariants: floor, head, tail and base only grow, and so does intent but for a change of shape, which first moves base above
 * what intent stood for; head <= intent <= head + capacity; all are at most INT64_MAX. The readable window is
 * [max(floor, base, intent - capacity), head) of an overwrite ring and [max(base, tail), head) of a bounded one.
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

/* The geometry line: what a ring is. Written whole, by its creator and then only under the lock by a change of shape. */
struct shared_geometry {
	uint8_t magic[8];
	uint16_t version_major; /* another one: refuse */
	uint16_t version_minor;
	uint32_t bom;
	uint32_t header_size;
	uint32_t feat_incompat;  /* an unknown bit: refuse */
	uint32_t feat_ro_compat; /* an unknown bit: do not write */
	uint32_t feat_compat;
	uint64_t data_offset; /* of the data in the file: behind the header, or further on after a resize */
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
	uint8_t pad[0x0c];
	uint32_t crc32c; /* of the bytes 0x000 to 0x07b */
};

struct shared_header {
	/* 0x000 */
	struct shared_geometry geometry;

	/* 0x080 writer lock between processes: reserved */
	uint32_t wlock;
	uint32_t lock_epoch;
	uint32_t steals;
	uint8_t lock_pad[0x74];

	/* 0x100 publication: stored by the appender, polled by readers */
	_Atomic uint64_t intent; /* bytes up to here may be in the middle of being overwritten: [intent - capacity, ...) is safe */
	_Atomic uint64_t head;
	_Atomic uint64_t floor; /* raised by a clear */
	_Atomic uint32_t data_seq; /* reserved: grows with each append, for sleepers */
	uint32_t publication_pad;
	uint64_t tail_cache;        /* reserved */
	_Atomic uint64_t line_tail; /* a position at which a line starts: the tail, where the byte before it was '\n' */
	_Atomic uint64_t mtime_ns;
	uint8_t publication_pad2[0x48];

	/* 0x180 consumers of bounded rings */
	_Atomic uint64_t tail; /* bytes below it are consumed */
	uint32_t space_seq;
	uint8_t tail_pad[0x74];

	/* 0x200 sleepers: reserved */
	uint32_t data_waiters;
	uint32_t space_waiters;
	uint32_t doorbell;
	uint8_t sleeper_pad[0x74];

	/* 0x280 state: reserved */
	uint32_t state;
	uint32_t err;
	uint64_t next_generation;
	uint8_t state_pad[0x70];

	/* 0x300 statistics: stored by the appender */
	_Atomic uint64_t records;
	_Atomic uint64_t bytes;
	_Atomic uint64_t drops_full; /* appends that a full ring refused for good */
	uint64_t drops_lock;         /* reserved */
	uint64_t clobbered;          /* reserved */
	_Atomic uint64_t overwritten; /* bytes that gave way to newer ones */
	_Atomic uint64_t lost;        /* bytes that readers missed so */
	uint8_t statistics_pad[0xc8];

	/* 0x400 the boot and shutdown that wrote it: reserved */
	uint8_t boot_id[16];
	uint32_t clean;
	uint8_t boot_pad[0xbec];

	/* 0x1000 checkpoints, slots and index of record starts: reserved */
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
SHARED_AT(geometry.pad, 0x070);
SHARED_AT(geometry.crc32c, 0x07c);
SHARED_AT(wlock, 0x080);
SHARED_AT(lock_epoch, 0x084);
SHARED_AT(steals, 0x088);
SHARED_AT(intent, 0x100);
SHARED_AT(head, 0x108);
SHARED_AT(floor, 0x110);
SHARED_AT(data_seq, 0x118);
SHARED_AT(tail_cache, 0x120);
SHARED_AT(line_tail, 0x128);
SHARED_AT(mtime_ns, 0x130);
SHARED_AT(tail, 0x180);
SHARED_AT(space_seq, 0x188);
SHARED_AT(data_waiters, 0x200);
SHARED_AT(space_waiters, 0x204);
SHARED_AT(doorbell, 0x208);
SHARED_AT(state, 0x280);
SHARED_AT(err, 0x284);
SHARED_AT(next_generation, 0x288);
SHARED_AT(records, 0x300);
SHARED_AT(bytes, 0x308);
SHARED_AT(drops_full, 0x310);
SHARED_AT(drops_lock, 0x318);
SHARED_AT(clobbered, 0x320);
SHARED_AT(overwritten, 0x328);
SHARED_AT(lost, 0x330);
SHARED_AT(boot_id, 0x400);
SHARED_AT(clean, 0x410);
SHARED_AT(rest, 0x1000);
static_assert(sizeof(struct shared_header) == VMAP_SHARED_HEADER_SIZE, "header");
/* libatomic's locks are private to a process, and would make even a load write. */
static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && ATOMIC_INT_LOCK_FREE == 2, "lock-free words");

#endif
