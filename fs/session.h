/* SPDX-License-Identifier: MIT */
/* The loop that takes requests from the kernel, and its threads. */
#ifndef RFS_SESSION_H
#define RFS_SESSION_H

#include <stddef.h>
#include <stdint.h>

#include "fs.h"

/*
 * Serve @fs->session until it is unmounted or SIGINT, SIGTERM or SIGHUP comes. 0 for either, or a
 * negative errno. SIGINT, SIGTERM and SIGHUP must be blocked, so that all threads inherit that.
 */
int rfs_session_run(struct rfs *fs);

/* Block the signals that end the session. Before any thread is made. */
void rfs_session_block_signals(void);

/* At least @size bytes that are this worker's until its request is answered; NULL when out of memory. */
uint8_t *rfs_session_buffer(size_t size);

#endif
