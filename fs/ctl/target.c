/* SPDX-License-Identifier: MIT */
/* Rings and directories: is it one, is it on a ringfs mount, and its attributes. Keeps C1. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "ctl.h"

#define PREFIX "user.ring."
/* Enough for the name of any attribute. */
#define NAME_MAX_LEN 64

const char *ctl_why(int error)
{
	return error == ENOTCONN ? "the mount is dead; unmount it with fusermount3 -uz" : strerror(error);
}

int ctl_walk_error(const struct ctl_args *args, const char *path, int error)
{
	bool by_directory = error == ENOENT || error == ENOTDIR;
	char *part = by_directory && path[0] != '\0' ? strdup(path) : NULL;
	int r = 0;
	for (char *slash = part ? strchr(part + 1, '/') : NULL; slash && r == 0; slash = strchr(slash + 1, '/')) {
		struct stat st;
		*slash = '\0';
		bool exists = stat(part, &st) == 0;
		if (exists && !S_ISDIR(st.st_mode))
			r = ctl_error(args, path, "'%s' is no directory", part);
		else if (!exists && errno == ENOENT)
			r = ctl_error(args, path, "there is no directory '%s'", part);
		*slash = '/';
	}
	free(part);
	return r != 0 ? r : ctl_error(args, path, "%s", ctl_why(error));
}

/* Is @dev what a line of /proc/self/mountinfo calls a ringfs? */
static bool is_ringfs_line(const char *line, dev_t dev)
{
	char field[32]; /* the third */
	int len = snprintf(field, sizeof(field), " %u:%u ", major(dev), minor(dev));
	const char *at = strchr(line, ' ');
	at = at ? strchr(at + 1, ' ') : NULL;
	static const char type[] = " - fuse.ringfs ";
	return at && strncmp(at, field, (size_t)len) == 0 && strstr(at, type);
}

/* The last answer is kept: files given together are mostly on one mount. */
static int is_ringfs(dev_t dev, bool *ret_yes)
{
	static dev_t last_dev;
	static bool known, last_yes;
	if (known && last_dev == dev) {
		*ret_yes = last_yes;
		return 0;
	}
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	if (!mounts)
		return -errno;
	char *line = NULL;
	size_t size = 0;
	bool yes = false;
	while (!yes && getline(&line, &size, mounts) > 0)
		yes = is_ringfs_line(line, dev);
	free(line);
	fclose(mounts);
	known = true;
	last_dev = dev;
	*ret_yes = last_yes = yes;
	return 0;
}

static int find_kind(const struct ctl_args *args, struct ctl_target *target)
{
	bool yes = false;
	if (fstat(target->fd, &target->st) < 0)
		return ctl_error(args, target->path, "%s", ctl_why(errno));
	int r = is_ringfs(target->st.st_dev, &yes);
	if (r < 0)
		return ctl_error(args, target->path, "cannot read /proc/self/mountinfo: %s", strerror(-r));
	if (!yes)
		return ctl_error(args, target->path, "is not on a ringfs mount");
	bool is_dir = S_ISDIR(target->st.st_mode);
	char text[RFS_RINGATTR_TEXT_MAX];
	r = is_dir || S_ISREG(target->st.st_mode) ? ctl_target_get(target, is_dir ? "capacity" : "head", text) : -ENOTSUP;
	/* The control directory and its files refuse all attributes. */
	if (r == -ENOTSUP || r == -EPERM)
		return ctl_error(args, target->path, "is neither a ring nor a directory for rings");
	target->kind = is_dir ? CTL_DIRECTORY : CTL_RING;
	return 0;
}

int ctl_target_open_fd(const struct ctl_args *args, const char *path, int fd, struct ctl_target *ret_target)
{
	struct ctl_target target = {.path = path, .fd = fd};
	snprintf(target.proc, sizeof(target.proc), "/proc/self/fd/%d", fd);
	int r = find_kind(args, &target);
	if (r != 0) {
		close(fd);
		return r;
	}
	*ret_target = target;
	return 0;
}

int ctl_target_open(const struct ctl_args *args, const char *path, struct ctl_target *ret_target)
{
	int fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return ctl_walk_error(args, path, errno);
	return ctl_target_open_fd(args, path, fd, ret_target);
}

void ctl_target_close(struct ctl_target *target)
{
	close(target->fd);
	target->fd = -1;
}

int ctl_target_open_reader(const struct ctl_args *args, const struct ctl_target *target, int *ret_fd)
{
	struct stat st;
	int fd = open(target->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return ctl_error(args, target->path, "%s", ctl_why(errno));
	if (fstat(fd, &st) < 0 || st.st_dev != target->st.st_dev || st.st_ino != target->st.st_ino) {
		close(fd);
		return ctl_error(args, target->path, "was replaced while it was opened");
	}
	*ret_fd = fd;
	return 0;
}

int ctl_target_attach(const struct ctl_target *target, bool write, struct vmap_shared **ret_ring)
{
	/* By its path, since that of the descriptor names nothing any more once the kernel has looked the file up anew. */
	struct vmap_shared *ring;
	struct stat st;
	int r = vmap_shared_attach(target->path, write, &ring);
	if (r < 0)
		return r;
	/* The file in the store, which lends its number to the one in the mount. */
	if (fstat(vmap_shared_fd(ring), &st) < 0 || st.st_ino != target->st.st_ino) {
		vmap_shared_close(ring);
		return -ESTALE;
	}
	*ret_ring = ring;
	return 0;
}

bool ctl_target_is(const struct ctl_target *target, int fd)
{
	struct stat st;
	return fstat(fd, &st) == 0 && st.st_dev == target->st.st_dev && st.st_ino == target->st.st_ino;
}

int ctl_target_get(const struct ctl_target *target, const char *name, char text[RFS_RINGATTR_TEXT_MAX])
{
	char full[NAME_MAX_LEN];
	snprintf(full, sizeof(full), PREFIX "%s", name);
	ssize_t n = getxattr(target->proc, full, text, RFS_RINGATTR_TEXT_MAX - 1);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	return 0;
}

int ctl_target_get_number(const struct ctl_target *target, const char *name, uint64_t *ret_value)
{
	char text[RFS_RINGATTR_TEXT_MAX];
	int r = ctl_target_get(target, name, text);
	if (r < 0)
		return r;
	char *end;
	errno = 0;
	uint64_t value = strtoull(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0')
		return -EPROTO;
	*ret_value = value;
	return 0;
}

int ctl_target_set(const struct ctl_target *target, const char *name, const char *value)
{
	char full[NAME_MAX_LEN];
	snprintf(full, sizeof(full), PREFIX "%s", name);
	int r = value[0] != '\0' ? setxattr(target->proc, full, value, strlen(value), 0) : removexattr(target->proc, full);
	return r < 0 ? -errno : 0;
}
