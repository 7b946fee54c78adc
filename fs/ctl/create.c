/* SPDX-License-Identifier: MIT */
/*
 * ringctl create: a new ring that has its attributes from the moment its name is there.
 *
 * It is made under a name of its own, given its attributes, and then renamed: nobody can open it before, and
 * on failure nothing that somebody else has put there meanwhile is removed.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "ctl.h"

/* A file to be, and the directory it will be in. */
struct place {
	const char *path;
	const char *name;
	char dir[PATH_MAX];
	char temporary[32];
	mode_t mode;
	int dir_fd;
	bool for_write; /* then it may be there already, and a full store is waited for */
};

/* The line on stderr; for `write` a full store is none but its negative errno. */
static int failed(const struct ctl_args *args, const struct place *place, int error)
{
	return place->for_write && ctl_is_full(error) ? -error : ctl_error(args, place->path, "%s", ctl_why(error));
}

static int split(const struct ctl_args *args, const char *path, struct place *ret_place)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t len = (size_t)(name - path);
	if (path[0] == '\0')
		return ctl_error(args, path, "%s", strerror(ENOENT));
	if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return ctl_error(args, path, "%s", strerror(EISDIR));
	if (len >= sizeof(ret_place->dir))
		return ctl_error(args, path, "%s", strerror(ENAMETOOLONG));
	ret_place->path = path;
	ret_place->name = name;
	memcpy(ret_place->dir, len > 0 ? path : ".", len > 0 ? len : 1);
	ret_place->dir[len > 0 ? len : 1] = '\0';
	return 0;
}

/* The one place where a name is new: the file with its attributes, under its temporary name. */
static int make(const struct ctl_args *args, const struct place *place, const struct ctl_assignments *assignments)
{
	struct ctl_target target;
	int fd = openat(place->dir_fd, place->temporary, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return ctl_error(args, place->path, "%s", ctl_why(errno));
	int r = ctl_target_open_fd(args, place->path, fd, &target);
	if (r != 0)
		return r;
	r = ctl_assignments_apply(args, &target, assignments, place->for_write);
	if (r == 0 && chmod(target.proc, place->mode) < 0)
		r = failed(args, place, errno);
	ctl_target_close(&target);
	if (r == 0 && renameat2(place->dir_fd, place->temporary, place->dir_fd, place->name, RENAME_NOREPLACE) < 0) {
		if (place->for_write && errno == EEXIST)
			unlinkat(place->dir_fd, place->temporary, 0);
		else
			r = failed(args, place, errno);
	}
	return r;
}

static int create(const struct ctl_args *args, struct place *place, const struct ctl_assignments *assignments)
{
	struct stat st;
	uint64_t number;
	if (fstatat(place->dir_fd, place->name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return place->for_write ? 0 : ctl_error(args, place->path, "%s", strerror(EEXIST));
	if (errno != ENOENT)
		return ctl_error(args, place->path, "%s", ctl_why(errno));
	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return ctl_error(args, place->path, "no random number: %s", strerror(errno));
	snprintf(place->temporary, sizeof(place->temporary), ".ringctl-%016" PRIx64, number);
	/* Nobody else's until it is done, and ours whatever the umask: it takes the right to write to set attributes. */
	mode_t mask = umask(0);
	int r = mknodat(place->dir_fd, place->temporary, S_IFREG | 0600, 0) < 0 ? -errno : 0;
	umask(mask);
	if (r == -ENOENT)
		return ctl_error(args, place->path, "its directory was removed");
	if (r < 0)
		return failed(args, place, -r);
	r = make(args, place, assignments);
	if (r != 0)
		unlinkat(place->dir_fd, place->temporary, 0);
	return r;
}

static int create_path(const struct ctl_args *args, const char *path, const struct ctl_assignments *assignments,
		       bool for_write)
{
	struct place place;
	struct ctl_target dir;
	int r = split(args, path, &place);
	if (r != 0)
		return r;
	place.for_write = for_write;
	place.mode = umask(0);
	umask(place.mode);
	place.mode = 0666 & ~place.mode;
	int fd = open(place.dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return ctl_walk_error(args, path, errno);
	r = ctl_target_open_fd(args, path, fd, &dir);
	if (r != 0)
		return r;
	place.dir_fd = dir.fd;
	r = create(args, &place, assignments);
	ctl_target_close(&dir);
	return r;
}

/* An interrupt comes between two files, not between a temporary name and the end of it. */
static void hold_signals(sigset_t *ret_before)
{
	sigset_t held;
	sigemptyset(&held);
	sigaddset(&held, SIGHUP);
	sigaddset(&held, SIGINT);
	sigaddset(&held, SIGQUIT);
	sigaddset(&held, SIGTERM);
	sigprocmask(SIG_BLOCK, &held, ret_before);
}

static int create_held(const struct ctl_args *args, const char *path, const struct ctl_assignments *assignments,
		       bool for_write)
{
	sigset_t before;
	struct ctl_assignments given = *assignments;
	/* A new ring has the defaults already. */
	for (unsigned id = 0; id < RFS_N_RINGATTRS; id++)
		if (given.value[id] && given.value[id][0] == '\0')
			given.value[id] = NULL;
	hold_signals(&before);
	int r = create_path(args, path, &given, for_write);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return r;
}

int ctl_create_missing(const struct ctl_args *args, const char *path, const struct ctl_assignments *assignments)
{
	return create_held(args, path, assignments, true);
}

int ctl_create(const struct ctl_args *args)
{
	struct ctl_assignments assignments;
	int result = ctl_refuse_assignments(args, 0, "behind -a");
	if (result == 0)
		result = ctl_assignments_parse(args, args->words, args->n_words, args->operands, args->n_operands, &assignments);
	for (int i = 0; i < args->n_operands && result != CTL_EXIT_USAGE; i++) {
		int r = create_held(args, args->operands[i], &assignments, false);
		if (r != 0)
			result = r;
	}
	return result;
}
