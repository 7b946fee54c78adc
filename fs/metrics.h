/* SPDX-License-Identifier: MIT */
/* Counters of a mount, and the text of /.ringfs/metrics. */
#ifndef RFS_METRICS_H
#define RFS_METRICS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct rfs;

#define RFS_N_OPCODES 64u
#define RFS_N_LATENCIES 7u

struct rfs_metrics {
	_Atomic uint64_t views_opened;
	_Atomic uint64_t canonical_fallbacks; /* opens for reading served without a view although views are on */
	_Atomic uint64_t writes;
	_Atomic uint64_t written_bytes;
	_Atomic uint64_t reads;
	_Atomic uint64_t read_bytes;
	_Atomic uint64_t lost_bytes;
	_Atomic uint64_t requests[RFS_N_OPCODES]; /* by the kernel's numbers; 0 for those beyond */
	_Atomic uint64_t request_ns[RFS_N_OPCODES];
	_Atomic uint64_t latency[RFS_N_LATENCIES]; /* requests that took at most 10 us, 100 us, ..., 1 s, longer */
};

/* A request with the kernel's number @opcode took @ns to handle; what is parked counts until it is parked. */
void rfs_metrics_request(struct rfs_metrics *metrics, uint32_t opcode, uint64_t ns);

static inline void rfs_count(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

/* Who asks. */
struct rfs_asker {
	uid_t uid;
	gid_t gid;
};

/*
 * The text of a control file (RFS_NODE_METRICS, RFS_NODE_VERSION), malloc'ed; names of rings only where who asks could list
 * them. -EBUSY too many ask at a time, -ENOMEM.
 */
int rfs_control_text(struct rfs *fs, uint64_t node, const struct rfs_asker *asker, char **ret_text, size_t *ret_len);

#endif
