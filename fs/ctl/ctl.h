/* SPDX-License-Identifier: MIT */
/*
 * What the verbs of ringctl share.
 *
 * Invariants:
 * C1 A verb gets at a file through one O_PATH descriptor: what was found to be a ring is what is changed.
 * C2 Names and values of attributes are checked before the first file is touched.
 * C3 Of several files each is tried; every one that could not be done is one line on stderr.
 */
#ifndef CTL_H
#define CTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include "../ringattr.h"

/* Exit codes: 0 well, 1 could not do it, 2 was asked the wrong thing. Verbs return one of them. */
enum { CTL_EXIT_FAILURE = 1, CTL_EXIT_USAGE = 2 };

/* The command line behind the verb. */
struct ctl_args {
	const char *verb;
	char **operands;
	int n_operands;
	int n_before_dashes; /* operands in front of `--`, which may be attributes where the verb takes some */
	char **words;        /* those of -a */
	int n_words;
	bool json;
	bool peek;
	bool recursive;
	bool ignore_interrupts;
	const char *lines; /* of --lines, NULL when not given */
	const char *from;
};

int ctl_create(const struct ctl_args *args);
int ctl_set(const struct ctl_args *args);
int ctl_stat(const struct ctl_args *args);
int ctl_ls(const struct ctl_args *args);
int ctl_clear(const struct ctl_args *args);
int ctl_cat(const struct ctl_args *args);
int ctl_follow(const struct ctl_args *args);
int ctl_write(const struct ctl_args *args);

/* print.c: what people and programs read */

/* One line on stderr about @path (NULL: about the call); CTL_EXIT_FAILURE. */
__attribute__((format(printf, 3, 4)))
int ctl_error(const struct ctl_args *args, const char *path, const char *format, ...);
/* The same for a call that is wrong; CTL_EXIT_USAGE. */
__attribute__((format(printf, 3, 4)))
int ctl_usage_error(const struct ctl_args *args, const char *path, const char *format, ...);

/* A note on stderr: the ring cannot be mapped, so @doing ("reading") goes through the mount. */
void ctl_not_mapped(const struct ctl_args *args, const char *path, int error, const char *doing);

/* A name as one printable word: control characters, backslashes and bytes that are not UTF-8 as \ooo. */
void ctl_print_name(FILE *out, const char *name);

/* Enough for the text of any size. */
#define CTL_SIZE_MAX 24
/* 64K, 1M where that is exact. */
void ctl_format_size(uint64_t size, char text[CTL_SIZE_MAX]);

/*
 * One JSON document: an array of flat objects. A name that is not UTF-8 has U+FFFD where it is not, and a second
 * member KEY_hex with its bytes.
 */
struct ctl_json {
	unsigned n_objects;
	unsigned n_members;
};
void ctl_json_begin(struct ctl_json *json);
void ctl_json_end(struct ctl_json *json);
void ctl_json_object(struct ctl_json *json);
void ctl_json_object_end(struct ctl_json *json);
void ctl_json_string(struct ctl_json *json, const char *key, const char *value);
void ctl_json_number(struct ctl_json *json, const char *key, uint64_t value);
void ctl_json_null(struct ctl_json *json, const char *key);

/* target.c: rings and directories */

enum ctl_kind { CTL_RING, CTL_DIRECTORY };

struct ctl_target {
	const char *path; /* as given */
	int fd;           /* O_PATH; keeps C1 */
	enum ctl_kind kind;
	struct stat st;
	char proc[32]; /* a path to just this file */
};

/* 0, or CTL_EXIT_FAILURE after the line on stderr. Symbolic links are followed. */
int ctl_target_open(const struct ctl_args *args, const char *path, struct ctl_target *ret_target);
/* The same for what is already open; takes over @fd in every case. */
int ctl_target_open_fd(const struct ctl_args *args, const char *path, int fd, struct ctl_target *ret_target);
void ctl_target_close(struct ctl_target *target);
/* What to say of the errno of a call on a file. */
const char *ctl_why(int error);
/* The line on stderr for a path that could not be opened: it names the directory that is missing. CTL_EXIT_FAILURE. */
int ctl_walk_error(const struct ctl_args *args, const char *path, int error);

/*
 * Open the ring for reading with O_NONBLOCK: by its path, so that the reader gets a view; and what was looked at is what
 * is open. 0, or CTL_EXIT_FAILURE after the line on stderr.
 */
int ctl_target_open_reader(const struct ctl_args *args, const struct ctl_target *target, int *ret_fd);
/* Map the ring. As vmap_shared_attach(); -ESTALE: the path has become another ring's. */
int ctl_target_attach(const struct ctl_target *target, bool write, struct vmap_shared **ret_ring);
/* Is @fd the same file? */
bool ctl_target_is(const struct ctl_target *target, int fd);

/* The value of user.ring.@name. -ENODATA: a directory has no such default; else as getxattr(2). */
int ctl_target_get(const struct ctl_target *target, const char *name, char text[RFS_RINGATTR_TEXT_MAX]);
int ctl_target_get_number(const struct ctl_target *target, const char *name, uint64_t *ret_value);
/* An empty @value takes it back to the default. As setxattr(2) and removexattr(2). */
int ctl_target_set(const struct ctl_target *target, const char *name, const char *value);

/* stop.c: signals that end a verb which runs until it is told to stop */

/*
 * From now on SIGHUP, SIGINT (not with @ignore_interrupts) and SIGTERM are only noted, and interrupt system calls that
 * wait, also such as begin a moment later. A second one ends the process as always. What was ignored stays so.
 */
void ctl_stop_begin(bool ignore_interrupts);
/* The signal that has come; 0: none. */
int ctl_stop_signal(void);
/* End by the signal that has come, as if it had not been held up. Returns when none has come. */
void ctl_stop_raise(void);
/* Sleep; a signal ends it early. */
void ctl_stop_nap(unsigned ms);
/* Since some moment. */
uint64_t ctl_now_ms(void);

/* assign.c: ATTRIBUTE=VALUE */

struct ctl_assignments {
	const char *value[RFS_N_RINGATTRS]; /* NULL: not given; empty: the default */
};

/* Is it ATTRIBUTE=VALUE? A name with a slash in front of the `=` is a path. */
bool ctl_is_assignment(const char *word);
/* 0, or CTL_EXIT_USAGE after a line on stderr: an operand from @first on is an attribute, whose place is another. */
int ctl_refuse_assignments(const struct ctl_args *args, int first, const char *place);
/*
 * Check @n_words words, keeps C2. 0, or CTL_EXIT_USAGE after a line on stderr that names the first of @n_paths @paths.
 */
int ctl_assignments_parse(const struct ctl_args *args, char *const *words, int n_words, char *const *paths, int n_paths,
			  struct ctl_assignments *ret_assignments);
/* Has the store no room, which it may have later? */
bool ctl_is_full(int error);
/*
 * All of them or none. 0, or CTL_EXIT_FAILURE after the line on stderr; for a caller that @waits for room a full store
 * is no line but its negative errno.
 */
int ctl_assignments_apply(const struct ctl_args *args, const struct ctl_target *target,
			  const struct ctl_assignments *assignments, bool waits);

/* create.c */

/*
 * Make the ring @path; well, too, if it is there already. 0, a negative errno when the store is full (ctl_is_full()), or
 * CTL_EXIT_FAILURE after the line on stderr.
 */
int ctl_create_missing(const struct ctl_args *args, const char *path, const struct ctl_assignments *assignments);

#endif
