/* SPDX-License-Identifier: MIT */
/* ringctl ls: the rings of a directory, or of all below it, in the order of their bytes. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"

struct listing {
	const struct ctl_args *args;
	struct ctl_json json;
	const char *top; /* as given, NULL for the directory we are in */
	dev_t dev;       /* mounts inside the mount are not entered */
};

struct row {
	char policy[RFS_RINGATTR_TEXT_MAX];
	uint64_t capacity, held, readers, writers;
};

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* @dir/@name, malloc'ed; NULL without memory. */
static char *join(const char *dir, const char *name)
{
	char *path;
	size_t len = dir ? strlen(dir) : 0;
	const char *slash = len > 0 && dir[len - 1] != '/' ? "/" : "";
	return asprintf(&path, "%s%s%s", dir ? dir : "", slash, name) < 0 ? NULL : path;
}

static int get_row(const struct ctl_target *target, struct row *row)
{
	int r = ctl_target_get(target, "policy", row->policy);
	if (r == 0)
		r = ctl_target_get_number(target, "capacity", &row->capacity);
	if (r == 0)
		r = ctl_target_get_number(target, "readers", &row->readers);
	if (r == 0)
		r = ctl_target_get_number(target, "writers", &row->writers);
	row->held = (uint64_t)target->st.st_size;
	return r;
}

static void print_json(struct ctl_json *json, const char *path, const char *name, const struct row *row)
{
	ctl_json_object(json);
	ctl_json_string(json, "name", name);
	ctl_json_string(json, "path", path);
	ctl_json_string(json, "policy", row->policy);
	ctl_json_number(json, "capacity", row->capacity);
	ctl_json_number(json, "held", row->held);
	ctl_json_number(json, "readers", row->readers);
	ctl_json_number(json, "writers", row->writers);
	ctl_json_object_end(json);
}

static void print_text(const char *name, const struct row *row)
{
	char capacity[CTL_SIZE_MAX], held[CTL_SIZE_MAX];
	ctl_format_size(row->capacity, capacity);
	ctl_format_size(row->held, held);
	printf("%-9s %8s %10s %4" PRIu64 " %4" PRIu64 "  ", row->policy, capacity, held, row->readers, row->writers);
	ctl_print_name(stdout, name);
	putchar('\n');
}

static int list_dir(struct listing *list, int dir_fd, const char *below);

/* One entry; @name is relative to the directory that was asked for. */
static int list_entry(struct listing *list, int fd, const char *path, const char *name)
{
	struct stat st;
	struct ctl_target target;
	struct row row;
	if (fstat(fd, &st) < 0) {
		int r = ctl_error(list->args, path, "%s", ctl_why(errno));
		close(fd);
		return r;
	}
	if (st.st_dev == list->dev && S_ISDIR(st.st_mode) && list->args->recursive)
		return list_dir(list, fd, name);
	if (st.st_dev != list->dev || !S_ISREG(st.st_mode)) {
		close(fd);
		return 0;
	}
	int r = ctl_target_open_fd(list->args, path, fd, &target);
	if (r != 0)
		return r;
	int error = get_row(&target, &row);
	if (error < 0)
		r = ctl_error(list->args, path, "%s", ctl_why(-error));
	else if (list->args->json)
		print_json(&list->json, path, name, &row);
	else
		print_text(name, &row);
	ctl_target_close(&target);
	return r;
}

static int list_name(struct listing *list, int dir_fd, const char *below, const char *entry)
{
	char *name = join(below, entry);
	char *path = name ? join(list->top, name) : NULL;
	int r = 0;
	if (!path) {
		r = ctl_error(list->args, entry, "%s", strerror(ENOMEM));
	} else {
		int fd = openat(dir_fd, entry, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0)
			r = list_entry(list, fd, path, name);
		else if (errno != ENOENT) /* gone meanwhile */
			r = ctl_error(list->args, path, "%s", ctl_why(errno));
	}
	free(path);
	free(name);
	return r;
}

/* Takes over @dir_fd. */
static int list_dir(struct listing *list, int dir_fd, const char *below)
{
	char proc[32];
	struct dirent **entries;
	int result = 0;
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", dir_fd);
	int n = scandir(proc, &entries, NULL, by_bytes);
	if (n < 0) {
		char *path = join(list->top, below ? below : "");
		result = ctl_error(list->args, path && path[0] ? path : ".", "%s", ctl_why(errno));
		free(path);
	}
	for (int i = 0; i < n; i++) {
		const char *entry = entries[i]->d_name;
		if (strcmp(entry, ".") != 0 && strcmp(entry, "..") != 0 && list_name(list, dir_fd, below, entry) != 0)
			result = CTL_EXIT_FAILURE;
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	close(dir_fd);
	return result;
}

int ctl_ls(const struct ctl_args *args)
{
	const char *top = args->n_operands > 0 ? args->operands[0] : NULL;
	struct listing list = {.args = args, .top = top};
	struct ctl_target target;
	int r = ctl_target_open(args, top ? top : ".", &target);
	if (r == 0 && target.kind != CTL_DIRECTORY) {
		r = ctl_error(args, top, "is not a directory");
		ctl_target_close(&target);
	}
	if (args->json)
		ctl_json_begin(&list.json);
	if (r == 0) {
		list.dev = target.st.st_dev;
		r = list_dir(&list, target.fd, NULL);
	}
	if (args->json)
		ctl_json_end(&list.json);
	return r;
}
