/* SPDX-License-Identifier: MIT */
/* ringctl set: attributes of rings, defaults of directories. */
#include "ctl.h"

int ctl_set(const struct ctl_args *args)
{
	int n_words = 0;
	while (n_words < args->n_before_dashes && ctl_is_assignment(args->operands[n_words]))
		n_words++;
	char **paths = args->operands + n_words;
	int n_paths = args->n_operands - n_words;
	if (n_words == 0)
		return ctl_usage_error(args, NULL, "'%s': expected ATTRIBUTE=VALUE", args->operands[0]);
	if (n_paths == 0)
		return ctl_usage_error(args, NULL, "no path given: expected ATTRIBUTE=VALUE... PATH...");
	/* Behind a path it would be taken for a path, when the rest is done already. */
	int result = ctl_refuse_assignments(args, n_words, "before paths");
	if (result != 0)
		return result;
	struct ctl_assignments assignments;
	result = ctl_assignments_parse(args, args->operands, n_words, paths, n_paths, &assignments);
	if (result != 0)
		return result;
	for (int i = 0; i < n_paths; i++) {
		struct ctl_target target;
		int r = ctl_target_open(args, paths[i], &target);
		if (r == 0) {
			r = ctl_assignments_apply(args, &target, &assignments, false);
			ctl_target_close(&target);
		}
		if (r != 0)
			result = r;
	}
	return result;
}
