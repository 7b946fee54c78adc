/* SPDX-License-Identifier: MIT */
/* ringctl cat: what a ring holds now, without waiting for more. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../control.h"
#include "ctl.h"

#define BUFFER_SIZE ((size_t)1 << 18)

static int write_all(const struct ctl_args *args, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(STDOUT_FILENO, bytes, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ctl_error(args, NULL, "standard output: %s", strerror(errno));
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

static int copy(const struct ctl_args *args, const char *path, int fd)
{
	char *buffer = malloc(BUFFER_SIZE);
	if (!buffer)
		return ctl_error(args, path, "%s", strerror(ENOMEM));
	int result = 0;
	for (bool more = true; more;) {
		ssize_t n = read(fd, buffer, BUFFER_SIZE);
		if (n > 0) {
			int r = write_all(args, buffer, (size_t)n);
			if (r != 0)
				result = r, more = false;
		} else if (n < 0 && errno == EPIPE) { /* lost=error says it once */
			result = ctl_error(args, path, "bytes were overwritten before they were read");
		} else if (n == 0 || errno != EINTR) {
			more = false;
			if (n < 0 && errno != EAGAIN) /* empty, and somebody may write */
				result = ctl_error(args, path, "%s", ctl_why(errno));
		}
	}
	free(buffer);
	return result;
}

static int set_peek(const struct ctl_args *args, const char *path, int fd)
{
	if (ioctl(fd, RINGFS_IOC_PEEK) == 0)
		return 0;
	if (errno != ENOTTY)
		return ctl_error(args, path, "%s", ctl_why(errno));
	/* Reading an overwrite ring consumes nothing in any case. */
	struct ctl_target opened = {.path = path, .fd = fd};
	snprintf(opened.proc, sizeof(opened.proc), "/proc/self/fd/%d", fd);
	char policy[RFS_RINGATTR_TEXT_MAX];
	int r = ctl_target_get(&opened, rfs_ringattr_name(RFS_RINGATTR_POLICY), policy);
	if (r == 0 && strcmp(policy, "overwrite") == 0)
		return 0;
	return ctl_error(args, path, "cannot read without consuming: %s", r < 0 ? ctl_why(-r) : strerror(ENOTTY));
}

int ctl_cat(const struct ctl_args *args)
{
	const char *path = args->operands[0];
	struct ctl_target target;
	int fd = -1;
	int r = ctl_target_open(args, path, &target);
	if (r != 0)
		return r;
	if (target.kind != CTL_RING)
		r = ctl_error(args, path, "is a directory: expected a ring");
	else
		r = ctl_target_open_reader(args, &target, &fd);
	ctl_target_close(&target);
	if (r != 0)
		return r;
	if (args->peek)
		r = set_peek(args, path, fd);
	if (r == 0)
		r = copy(args, path, fd);
	close(fd);
	return r;
}
