/* SPDX-License-Identifier: MIT */
/* The text of the control files; Prometheus's text format for the counters. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "fs.h"

static void print_counter(FILE *out, const char *name, const char *type, const char *help, uint64_t value)
{
	fprintf(out, "# HELP ringfs_%s %s\n# TYPE ringfs_%s %s\nringfs_%s %" PRIu64 "\n", name, help, name, type, name,
		value);
}

static void print_metrics(FILE *out, struct rfs *fs)
{
	struct rfs_metrics *m = &fs->metrics;
	print_counter(out, "views_opened_total", "counter", "Opens for reading that got an inode of their own.",
		      atomic_load(&m->views_opened));
	print_counter(out, "canonical_fallbacks_total", "counter",
		      "Opens for reading that had to share the ring's own inode.", atomic_load(&m->canonical_fallbacks));
	print_counter(out, "writes_total", "counter", "Write requests that succeeded.", atomic_load(&m->writes));
	print_counter(out, "written_bytes_total", "counter", "Bytes appended to rings.", atomic_load(&m->written_bytes));
	print_counter(out, "reads_total", "counter", "Read requests on rings.", atomic_load(&m->reads));
	print_counter(out, "read_bytes_total", "counter", "Bytes read from rings.", atomic_load(&m->read_bytes));
	print_counter(out, "lost_bytes_total", "counter", "Bytes overwritten before a sequential reader came to them.",
		      atomic_load(&m->lost_bytes));
	print_counter(out, "nodes", "gauge", "Files, directories and readers the kernel holds.",
		      rfs_nodes_count(&fs->nodes));
	print_counter(out, "handles", "gauge", "Open files and directories.", rfs_handles_count(&fs->handles));
}

char *rfs_control_text(struct rfs *fs, uint64_t node, size_t *ret_len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_len);
	if (!out)
		return NULL;
	if (node == RFS_NODE_VERSION)
		fprintf(out, "ringfs %s\n", RINGFS_VERSION);
	else
		print_metrics(out, fs);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
