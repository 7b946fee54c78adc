/* SPDX-License-Identifier: MIT */
/* ringctl set: attributes of rings, defaults of directories. */
#include <string.h>

#include "ctl.h"

/* Is it ATTRIBUTE=VALUE? A name with a slash in front of the `=` is a path. */
static bool is_assignment(const char *word)
{
	size_t len = strcspn(word, "=/");
	return word[len] == '=';
}

/* An attribute that stands behind a path would be taken for a path, when the rest is done already. */
static const char *find_misplaced(const struct ctl_args *args, int first)
{
	for (int i = first; i < args->n_before_dashes; i++) {
		enum rfs_ringattr_id id;
		if (is_assignment(args->operands[i]) &&
		    rfs_ringattr_find(args->operands[i], strcspn(args->operands[i], "="), &id) == 0)
			return args->operands[i];
	}
	return NULL;
}

int ctl_set(const struct ctl_args *args)
{
	int n_words = 0;
	while (n_words < args->n_before_dashes && is_assignment(args->operands[n_words]))
		n_words++;
	char **paths = args->operands + n_words;
	int n_paths = args->n_operands - n_words;
	if (n_words == 0)
		return ctl_usage_error(args, NULL, "'%s': expected ATTRIBUTE=VALUE", args->operands[0]);
	if (n_paths == 0)
		return ctl_usage_error(args, NULL, "no path given: expected ATTRIBUTE=VALUE... PATH...");
	const char *misplaced = find_misplaced(args, n_words);
	if (misplaced)
		return ctl_usage_error(args, NULL, "'%s': attributes go before paths (./%s for a file)", misplaced, misplaced);
	struct ctl_assignments assignments;
	int result = ctl_assignments_parse(args, args->operands, n_words, paths, n_paths, &assignments);
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
