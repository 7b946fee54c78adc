/* SPDX-License-Identifier: MIT */
/* The option table: one row an option, in the order of --help and of the manual. */
#include <errno.h>
#include <fuse_lowlevel.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

enum { KEY_HELP = 1, KEY_VERSION, KEY_FOREGROUND, KEY_SINGLE, KEY_DEBUG, KEY_FSNAME, KEY_SUBTYPE, KEY_MAX_READ };

struct words {
	char *size;
	char *attributes[RFS_N_RINGATTRS];
	char *views;
	char *store;
	char *position[3]; /* [SOURCE] MOUNTPOINT, and the first too many */
	int n_positions;
	bool has_fsname;
	struct rfs_options *options;
};

/* As FUSE_OPT_KEY, whose -1U is the wrong type for -Wconversion's taste. */
#define KEY(template, key) {template, UINT_MAX, key}
#define WORD(template, field) {template, offsetof(struct words, field), 0}

#define ATTRIBUTE(template, id) {template, offsetof(struct words, attributes) + (id) * sizeof(char *), 0}

static const struct fuse_opt table[] = {
	WORD("size=%s", size),
	ATTRIBUTE("capacity=%s", RFS_RINGATTR_CAPACITY),
	ATTRIBUTE("policy=%s", RFS_RINGATTR_POLICY),
	ATTRIBUTE("align=%s", RFS_RINGATTR_ALIGN),
	ATTRIBUTE("full=%s", RFS_RINGATTR_FULL),
	ATTRIBUTE("eof=%s", RFS_RINGATTR_EOF),
	ATTRIBUTE("lost=%s", RFS_RINGATTR_LOST),
	ATTRIBUTE("map=%s", RFS_RINGATTR_MAP),
	WORD("store=%s", store),
	WORD("views=%s", views),
	KEY("-h", KEY_HELP),
	KEY("--help", KEY_HELP),
	KEY("-V", KEY_VERSION),
	KEY("--version", KEY_VERSION),
	KEY("-f", KEY_FOREGROUND),
	KEY("-s", KEY_SINGLE),
	KEY("-d", KEY_DEBUG),
	KEY("debug", KEY_DEBUG),
	KEY("fsname=", KEY_FSNAME),
	KEY("subtype=", KEY_SUBTYPE),
	KEY("max_read=", KEY_MAX_READ),
	/* fstab's own words */
	KEY("nofail", FUSE_OPT_KEY_DISCARD),
	KEY("_netdev", FUSE_OPT_KEY_DISCARD),
	KEY("user", FUSE_OPT_KEY_DISCARD),
	KEY("user=", FUSE_OPT_KEY_DISCARD),
	KEY("users", FUSE_OPT_KEY_DISCARD),
	KEY("nouser", FUSE_OPT_KEY_DISCARD),
	KEY("auto", FUSE_OPT_KEY_DISCARD),
	KEY("noauto", FUSE_OPT_KEY_DISCARD),
	KEY("defaults", FUSE_OPT_KEY_DISCARD),
	KEY("owner", FUSE_OPT_KEY_DISCARD),
	KEY("group", FUSE_OPT_KEY_DISCARD),
	KEY("comment=", FUSE_OPT_KEY_DISCARD),
	/* mount(8)'s, which libfuse does not know; no reading of ours changes a time */
	KEY("relatime", FUSE_OPT_KEY_DISCARD),
	KEY("norelatime", FUSE_OPT_KEY_DISCARD),
	KEY("strictatime", FUSE_OPT_KEY_DISCARD),
	KEY("nostrictatime", FUSE_OPT_KEY_DISCARD),
	KEY("diratime", FUSE_OPT_KEY_DISCARD),
	KEY("nodiratime", FUSE_OPT_KEY_DISCARD),
	KEY("lazytime", FUSE_OPT_KEY_DISCARD),
	KEY("nolazytime", FUSE_OPT_KEY_DISCARD),
	FUSE_OPT_END,
};

void rfs_print_help(const char *program)
{
	printf("Usage: %s [SOURCE] MOUNTPOINT [options]\n"
	       "Mount a filesystem whose files are ring buffers: they never outgrow their capacity.\n"
	       "\n"
	       "SOURCE is the store, a directory that keeps the rings. Without one (or with the words\n"
	       "\"none\" or \"ringfs\") they live in memory and are gone when unmounted.\n"
	       "\n"
	       "    -o size=N              capacity of new rings, with K, M or G (default 1M); rounded up to\n"
	       "                           a multiple of 64K; capacity=N is the same\n"
	       "    -o policy=overwrite|bounded\n"
	       "                           new rings are logs, whose oldest bytes give way (default), or\n"
	       "                           queues, whose readers consume what they read\n"
	       "    -o align=line|byte     where readers of a ring that has wrapped start: at the oldest whole\n"
	       "                           line (default) or at the oldest byte\n"
	       "    -o full=block|error    a full bounded ring makes writers wait (default) or fail with ENOSPC\n"
	       "    -o eof=end|wait        readers at the end get end of file (default) or wait for more\n"
	       "    -o lost=skip|mark|error\n"
	       "                           an overrun reader goes on at the oldest whole line: silently\n"
	       "                           (default), behind a line that says how many bytes were lost, or\n"
	       "                           after one EPIPE\n"
	       "    -o map=owner|none|ro|rw\n"
	       "                           who may map a ring into memory: whoever may open it so, but others\n"
	       "                           than its owner for reading only (default); nobody; all for reading\n"
	       "                           only; all as they may open it\n"
	       "    -o store=DIR           the same as SOURCE\n"
	       "    -o views=on|off        off: no inode of its own for each reader (for overlayfs and file\n"
	       "                           servers in the kernel)\n"
	       "    -h   --help            print this help\n"
	       "    -V   --version         print the version\n"
	       "    -f                     stay in the foreground\n"
	       "    -s                     one thread\n"
	       "    -d   -o debug          stay in the foreground and print every request\n"
	       "    -o opt,[opt...]        mount options: allow_other, allow_root, ro, fsname=NAME, ...; see\n"
	       "                           mount.fuse3(8)\n"
	       "\n"
	       "Unmount with: fusermount3 -u MOUNTPOINT\n",
	       program);
}

/* What a word of ours takes behind its =; NULL for other words. */
static const char *expected_value(const char *name)
{
	enum rfs_ringattr_id id;
	if (strcmp(name, "size") == 0)
		return rfs_ringattr_expected(RFS_RINGATTR_CAPACITY);
	if (strcmp(name, "store") == 0)
		return "the path of a directory";
	if (strcmp(name, "views") == 0)
		return "on or off";
	return rfs_ringattr_find(name, strlen(name), &id) == 0 ? rfs_ringattr_expected(id) : NULL;
}

/* What the table does not know: 1 it is libfuse's, 0 nobody's, -1 it is wrong, after a line on stderr. */
static int take_unknown(const char *arg)
{
	const char *expected = expected_value(arg);
	if (expected)
		fprintf(stderr, "ringfs: %s: no value given: expected %s\n", arg, expected);
	else if (strcmp(arg, "remount") == 0)
		fprintf(stderr, "ringfs: remount: options stay what they are while mounted: unmount it, then mount it anew\n");
	else
		return strncmp(arg, "x-", 2) != 0; /* fstab's x-systemd.automount and the like */
	return -1;
}

static int take_word(void *data, const char *arg, int key, struct fuse_args *out)
{
	(void)out;
	struct words *words = data;
	switch (key) {
	case KEY_HELP:
		words->options->show_help = true;
		return 0;
	case KEY_VERSION:
		words->options->show_version = true;
		return 0;
	case KEY_DEBUG:
		words->options->debug = true;
		words->options->foreground = true;
		return 0;
	case KEY_FOREGROUND:
		words->options->foreground = true;
		return 0;
	case KEY_SINGLE:
		words->options->single_thread = true;
		return 0;
	case KEY_FSNAME:
		words->has_fsname = arg[strlen("fsname=")] != '\0'; /* an empty one is refused by the kernel, without a word */
		return words->has_fsname;
	case KEY_MAX_READ:
		words->options->max_read = (unsigned)strtoul(arg + strlen("max_read="), NULL, 10);
		return 1;
	case KEY_SUBTYPE:
		return 0; /* always ringfs: tools know the mount by it */
	case FUSE_OPT_KEY_NONOPT:
		if (words->n_positions < 3)
			words->position[words->n_positions] = strdup(arg);
		words->n_positions++;
		return 0;
	default:
		return take_unknown(arg);
	}
}

static int usage_error(const char *what, const char *word, const char *expected)
{
	fprintf(stderr, "ringfs: %s '%s': %s\n", what, word, expected);
	return RFS_EXIT_USAGE;
}

static int check_attribute(struct rfs_options *options, enum rfs_ringattr_id id, const char *name, const char *text)
{
	int r = text ? rfs_ringattr_parse(&options->attributes, id, text) : 0;
	if (r == 0)
		return 0;
	char expected[80];
	if (r == -ERANGE)
		snprintf(expected, sizeof(expected), "larger than a ring can be (16384G)");
	else
		snprintf(expected, sizeof(expected), "expected %s", rfs_ringattr_expected(id));
	return usage_error(name, text, expected);
}

static int check_words(struct words *words)
{
	struct rfs_options *options = words->options;
	int r = check_attribute(options, RFS_RINGATTR_CAPACITY, "size", words->size);
	for (unsigned id = 0; r == 0 && id < RFS_N_RINGATTRS; id++)
		r = check_attribute(options, (enum rfs_ringattr_id)id, rfs_ringattr_name((enum rfs_ringattr_id)id),
				    words->attributes[id]);
	if (r != 0)
		return r;
	if (words->views) {
		if (strcmp(words->views, "off") == 0)
			options->views = false;
		else if (strcmp(words->views, "on") != 0)
			return usage_error("views", words->views, "expected on or off");
	}
	if (words->n_positions > 2)
		return usage_error("too many arguments, from", words->position[2], "expected [SOURCE] MOUNTPOINT");
	if (words->n_positions == 0) {
		fprintf(stderr, "ringfs: no mountpoint given: expected [SOURCE] MOUNTPOINT (see ringfs --help)\n");
		return RFS_EXIT_USAGE;
	}
	char *mountpoint = words->position[words->n_positions - 1];
	char *source = words->n_positions == 2 ? words->position[0] : NULL;
	bool has_source = source && strcmp(source, "none") != 0 && strcmp(source, "ringfs") != 0;
	if (has_source && words->store)
		return usage_error("store", words->store, "the store is already given as SOURCE");
	const char *store = has_source ? source : words->store;
	if (mountpoint[0] == '\0')
		return usage_error("mountpoint", "", "expected the path of a directory");
	if (store && store[0] == '\0')
		return usage_error("store", "", "expected the path of a directory");
	options->mountpoint = strdup(mountpoint);
	options->store = store ? strdup(store) : NULL;
	if (!options->mountpoint || (store && !options->store)) {
		fprintf(stderr, "ringfs: out of memory\n");
		return RFS_EXIT_FAILURE;
	}
	return 0;
}

/* The words that make the mount look right: its source column, its type, and permissions checked by the kernel. */
static int add_mount_words(struct fuse_args *args, const struct words *words)
{
	char *list = NULL;
	int r = fuse_opt_add_opt(&list, "default_permissions,subtype=ringfs");
	if (r == 0 && !words->has_fsname) {
		char *fsname = NULL;
		const char *store = words->options->store;
		if (asprintf(&fsname, "fsname=%s", store ? store : "ringfs") < 0)
			r = -1;
		else
			r = fuse_opt_add_opt_escaped(&list, fsname);
		free(fsname);
	}
	if (r == 0)
		r = fuse_opt_add_arg(args, "-o");
	if (r == 0)
		r = fuse_opt_add_arg(args, list);
	if (r == 0 && words->options->debug)
		r = fuse_opt_add_arg(args, "-odebug");
	free(list);
	return r == 0 ? 0 : RFS_EXIT_FAILURE;
}

int rfs_options_parse(struct fuse_args *args, struct rfs_options *options)
{
	*options = (struct rfs_options){
		.attributes = {.capacity = RFS_CAPACITY_DEFAULT},
		.views = true,
	};
	/* The first choice of each is the default. */
	for (unsigned id = RFS_RINGATTR_POLICY; id < RFS_N_RINGATTRS; id++)
		options->attributes.choices |= (uint64_t)1 << (4 * id);
	struct words words = {.options = options};
	int r = fuse_opt_parse(args, &words, table, take_word) < 0 ? RFS_EXIT_USAGE : 0;
	if (r == 0 && !options->show_help && !options->show_version) {
		r = check_words(&words);
		if (r == 0)
			r = add_mount_words(args, &words);
	}
	free(words.size);
	for (unsigned id = 0; id < RFS_N_RINGATTRS; id++)
		free(words.attributes[id]);
	free(words.views);
	free(words.store);
	free(words.position[0]);
	free(words.position[1]);
	free(words.position[2]);
	return r;
}

void rfs_options_finish(struct rfs_options *options)
{
	free(options->store);
	free(options->mountpoint);
	options->store = NULL;
	options->mountpoint = NULL;
}
