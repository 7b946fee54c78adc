/* SPDX-License-Identifier: MIT */
/*
 * Asking the kernel to forget files that nobody uses.
 *
 * The kernel remembers each name that it was ever told of until it is short of memory, and a node is a descriptor here as
 * long as that. When half of the descriptors are nodes, it is asked to let go of those that nothing uses: its FORGET frees
 * them. Nothing is lost by that, since every walk asks for each name again anyway.
 *
 * FUSE_NOTIFY_PRUNE leaves alone what is in use, whatever for: open, watched, mounted over, a directory with others below
 * it that are. Kernels before 6.18 do not know it, and what they have instead (FUSE_NOTIFY_INVAL_ENTRY) takes away what is
 * mounted there and waits for a lock of the directory, with which another process may be waiting for this one. There the
 * limit of descriptors is the limit of files that are known at a time.
 */
#include <errno.h>
#include <fuse_lowlevel.h>
#include <linux/fuse.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "fs.h"
#include "prune.h"

/* As many at a time: one page of ids for the kernel. */
#define BATCH 512u
/*
 * How long the kernel is given to say what it has forgotten, and to be left alone at most when it has not forgotten anything in
 * a round. Directories are let go of in the round after what is in them.
 */
#define ANSWER_MS 10
#define REST_MS_MAX 1000

/* The kernel's interface of 6.18 (protocol 7.45), which older headers do not have. */
#define NOTIFY_PRUNE 9
struct notify_prune {
	struct fuse_out_header header;
	uint32_t count;
	uint32_t padding;
	uint64_t spare;
};

int rfs_prune_notify(struct rfs *fs, uint64_t *ids, size_t n)
{
	struct notify_prune prune = {
		.header = {.len = (uint32_t)(sizeof(prune) + n * sizeof(*ids)), .error = NOTIFY_PRUNE},
		.count = (uint32_t)n,
	};
	struct iovec iov[] = {{&prune, sizeof(prune)}, {ids, n * sizeof(*ids)}};
	return writev(fuse_session_fd(fs->session), iov, 2) < 0 ? -errno : 0;
}

/* With the lock of the nodes. */
static void wait_ms(struct rfs_nodes *nodes, unsigned ms)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_cond_timedwait(&nodes->crowded, &nodes->lock, &until);
}

/* With the lock of the nodes, which is left meanwhile: go round once, or until it is a quarter less. */
static int go_round(struct rfs *fs, uint32_t *hand)
{
	struct rfs_nodes *nodes = &fs->nodes;
	uint64_t ids[BATCH];
	int r = 0;
	for (uint32_t left = nodes->table.used; r == 0 && left > 0 && !nodes->ends;) {
		if (nodes->n_hashed <= nodes->crowd - nodes->crowd / 4)
			break;
		size_t n = rfs_nodes_unused(nodes, hand, &left, ids, BATCH);
		pthread_mutex_unlock(&nodes->lock);
		r = n > 0 ? rfs_prune_notify(fs, ids, n) : 0;
		pthread_mutex_lock(&nodes->lock);
		if (r == 0 && n > 0 && !nodes->ends)
			wait_ms(nodes, ANSWER_MS);
	}
	return r;
}

static void *run(void *arg)
{
	struct rfs *fs = arg;
	struct rfs_nodes *nodes = &fs->nodes;
	uint32_t hand = 0;
	unsigned rest_ms = 1;
	pthread_mutex_lock(&nodes->lock);
	while (!nodes->ends) {
		if (nodes->n_hashed <= nodes->crowd) {
			pthread_cond_wait(&nodes->crowded, &nodes->lock);
			continue;
		}
		uint64_t before = nodes->n_forgotten;
		if (go_round(fs, &hand) < 0)
			break;
		if (nodes->n_forgotten != before)
			rest_ms = 1;
		else
			rest_ms = 2 * rest_ms < REST_MS_MAX ? 2 * rest_ms : REST_MS_MAX;
		if (nodes->n_hashed > nodes->crowd && !nodes->ends)
			wait_ms(nodes, rest_ms);
	}
	pthread_mutex_unlock(&nodes->lock);
	return NULL;
}

void rfs_prune_start(struct rfs *fs)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	uint64_t half = (uint64_t)limit.rlim_cur / 2, most = (uint64_t)RFS_TABLE_SEGMENT * RFS_TABLE_SEGMENTS / 2;
	fs->nodes.crowd = (size_t)(half < most ? half : most);
	fs->prune.runs = pthread_create(&fs->prune.thread, NULL, run, fs) == 0;
}

void rfs_prune_finish(struct rfs *fs)
{
	if (!fs->prune.runs)
		return;
	pthread_mutex_lock(&fs->nodes.lock);
	fs->nodes.ends = true;
	pthread_cond_signal(&fs->nodes.crowded);
	pthread_mutex_unlock(&fs->nodes.lock);
	pthread_join(fs->prune.thread, NULL);
}
