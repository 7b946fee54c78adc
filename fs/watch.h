/* SPDX-License-Identifier: MIT */
/* The thread that answers requests when a mapped process, not the kernel, has changed what they wait for. */
#ifndef RFS_WATCH_H
#define RFS_WATCH_H

/* Runs until rfs_handover.ends; @fs is the struct rfs. */
void *rfs_watch_run(void *fs);

#endif
