/* SPDX-License-Identifier: MIT */
/* ringctl clear: throw away what rings hold. */
#include <errno.h>
#include <unistd.h>

#include "ctl.h"

static int clear(const struct ctl_args *args, const char *path)
{
	struct ctl_target target;
	int r = ctl_target_open(args, path, &target);
	if (r != 0)
		return r;
	if (target.kind != CTL_RING)
		r = ctl_error(args, path, "is a directory: expected a ring");
	/* Not by a descriptor that is open for writing: a queue would have a writer for a moment. */
	else if (truncate(target.proc, 0) < 0)
		r = ctl_error(args, path, "%s", ctl_why(errno));
	ctl_target_close(&target);
	return r;
}

int ctl_clear(const struct ctl_args *args)
{
	int result = 0;
	for (int i = 0; i < args->n_operands; i++) {
		int r = clear(args, args->operands[i]);
		if (r != 0)
			result = r;
	}
	return result;
}
