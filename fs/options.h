/* SPDX-License-Identifier: MIT */
/* The command line of ringfs, parsed and checked. */
#ifndef RFS_OPTIONS_H
#define RFS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "ringattr.h"

struct fuse_args;

/* Exit codes: 0 well, RFS_EXIT_FAILURE could not do it, RFS_EXIT_USAGE was asked the wrong thing. */
enum { RFS_EXIT_FAILURE = 1, RFS_EXIT_USAGE = 2 };

struct rfs_options {
	struct rfs_ringattr attributes; /* all set: what counts where neither a ring nor a directory says otherwise */
	bool views;                     /* false: every open is served on the canonical node */
	unsigned max_read; /* FUSE's own option, which libfuse wants to hear twice; 0 when not given */
	bool foreground;
	bool single_thread;
	bool debug;
	bool show_help;
	bool show_version;
	char *store;      /* NULL: a private one in memory */
	char *mountpoint; /* as given */
};

#define RFS_CAPACITY_DEFAULT ((uint64_t)1 << 20)

/*
 * Take ringfs's words out of @args and leave those for libfuse. 0, or an exit code after one line on
 * stderr. The strings are the caller's to free with rfs_options_finish(), also after an error.
 */
int rfs_options_parse(struct fuse_args *args, struct rfs_options *options);
void rfs_options_finish(struct rfs_options *options);

void rfs_print_help(const char *program);

#endif
