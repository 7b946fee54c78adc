/* SPDX-License-Identifier: MIT */
/* ATTRIBUTE=VALUE: checked before anything is touched, then all of them or none. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "ctl.h"

/*
 * What can fail goes first and can be taken back: a policy exactly, a capacity has no other behind it that the
 * ring could refuse.
 */
static const enum rfs_ringattr_id order[RFS_N_RINGATTRS] = {
	RFS_RINGATTR_POLICY, RFS_RINGATTR_CAPACITY, RFS_RINGATTR_ALIGN,
	RFS_RINGATTR_FULL,   RFS_RINGATTR_EOF,      RFS_RINGATTR_LOST,
	RFS_RINGATTR_MAP,
};

bool ctl_is_assignment(const char *word)
{
	size_t len = strcspn(word, "=/");
	return word[len] == '=';
}

int ctl_refuse_assignments(const struct ctl_args *args, int first, const char *place)
{
	for (int i = first; i < args->n_before_dashes; i++) {
		const char *word = args->operands[i];
		enum rfs_ringattr_id id;
		if (ctl_is_assignment(word) && rfs_ringattr_find(word, strcspn(word, "="), &id) == 0)
			return ctl_usage_error(args, NULL, "'%s': attributes go %s (./%s for a file)", word, place, word);
	}
	return 0;
}

/* What is wrong with a word. */
struct fault {
	const char *what; /* NULL: nothing */
	const char *expected;
};

#define ALL_NAMES "expected capacity, policy, align, full, eof, lost or map"

static bool is_fact(const char *name, size_t len)
{
	static const char *const facts[] = {"head", "tail", "overwritten", "lost_bytes", "readers", "writers"};
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		if (strlen(facts[i]) == len && memcmp(facts[i], name, len) == 0)
			return true;
	return false;
}

static struct fault take_word(const char *word, struct ctl_assignments *assignments)
{
	const char *value = strchr(word, '=');
	enum rfs_ringattr_id id;
	struct rfs_ringattr attr = {0};
	if (!value)
		return (struct fault){"", "expected ATTRIBUTE=VALUE"};
	size_t len = (size_t)(value - word);
	value++;
	if (rfs_ringattr_find(word, len, &id) < 0)
		return (struct fault){is_fact(word, len) ? "can only be read: " : "no such attribute: ", ALL_NAMES};
	if (assignments->value[id])
		return (struct fault){"given twice: ", "expected one value"};
	int r = value[0] != '\0' ? rfs_ringattr_parse(&attr, id, value) : 0;
	if (r == -ERANGE)
		return (struct fault){"larger than a ring can be: ", "expected at most 16384G"};
	if (r < 0)
		return (struct fault){"expected ", rfs_ringattr_expected(id)};
	assignments->value[id] = value;
	return (struct fault){NULL, NULL};
}

int ctl_assignments_parse(const struct ctl_args *args, char *const *words, int n_words, char *const *paths, int n_paths,
			  struct ctl_assignments *ret_assignments)
{
	struct ctl_assignments assignments = {{NULL}};
	for (int i = 0; i < n_words; i++) {
		struct fault fault = take_word(words[i], &assignments);
		if (!fault.what)
			continue;
		int name_len = (int)strcspn(words[i], "=");
		bool is_pair = words[i][name_len] == '=';
		const char *value = is_pair ? words[i] + name_len + 1 : words[i];
		char more[32] = "";
		if (n_paths > 1)
			snprintf(more, sizeof(more), "and %d more: ", n_paths - 1);
		/* A word without = is no name with an empty value. */
		return ctl_usage_error(args, paths[0], "%s%.*s%s'%s': %s%s", more, is_pair ? name_len : 0, words[i],
				       is_pair ? " " : "", value, fault.what, fault.expected);
	}
	*ret_assignments = assignments;
	return 0;
}

/* One line on why the ring or directory did not take a value. */
static int refused(const struct ctl_args *args, const struct ctl_target *target, enum rfs_ringattr_id id,
		   const char *value, int error)
{
	const char *why = ctl_why(error);
	if (error == EBUSY && id == RFS_RINGATTR_POLICY)
		why = "the ring is open; close it first";
	else if (error == EBUSY && id == RFS_RINGATTR_CAPACITY)
		why = "the ring holds more than that; read or clear it first";
	else if (error == ENOSPC && id == RFS_RINGATTR_CAPACITY)
		why = "no room in the store, which for a moment holds the ring twice";
	else if (error == EPERM && id == RFS_RINGATTR_MAP)
		why = "only the owner may set it";
	else if (error == ERANGE)
		why = "larger than the store can hold";
	return ctl_error(args, target->path, "%s '%s': %s", rfs_ringattr_name(id), value, why);
}

/* As setxattr, but for directories it is well to take back what is not set. */
static int assign(const struct ctl_target *target, enum rfs_ringattr_id id, const char *value)
{
	int r = ctl_target_set(target, rfs_ringattr_name(id), value);
	return r == -ENODATA && value[0] == '\0' ? 0 : r;
}

/* A policy or capacity of its own every ring has: there is no default to go back to. */
static int check_defaults(const struct ctl_args *args, const struct ctl_target *target,
			  const struct ctl_assignments *assignments)
{
	for (unsigned i = 0; i < RFS_N_RINGATTRS && target->kind == CTL_RING; i++) {
		enum rfs_ringattr_id id = (enum rfs_ringattr_id)i;
		const char *value = assignments->value[id];
		if (value && value[0] == '\0' && (id == RFS_RINGATTR_CAPACITY || id == RFS_RINGATTR_POLICY))
			return ctl_error(args, target->path, "%s '': every ring has its own: expected %s",
					 rfs_ringattr_name(id), rfs_ringattr_expected(id));
	}
	return 0;
}

/* Take back the first @n of order, which had @before. */
static void take_back(const struct ctl_args *args, const struct ctl_target *target,
		      const struct ctl_assignments *assignments, char (*before)[RFS_RINGATTR_TEXT_MAX], unsigned n)
{
	while (n-- > 0) {
		enum rfs_ringattr_id id = order[n];
		if (!assignments->value[id])
			continue;
		int r = assign(target, id, before[id]);
		if (r < 0)
			ctl_error(args, target->path, "%s '%s': has changed and cannot be taken back: %s",
				  rfs_ringattr_name(id), assignments->value[id], ctl_why(-r));
	}
}

bool ctl_is_full(int error)
{
	return error == ENOSPC || error == EDQUOT;
}

int ctl_assignments_apply(const struct ctl_args *args, const struct ctl_target *target,
			  const struct ctl_assignments *assignments, bool waits)
{
	char before[RFS_N_RINGATTRS][RFS_RINGATTR_TEXT_MAX];
	int r = check_defaults(args, target, assignments);
	for (unsigned i = 0; r == 0 && i < RFS_N_RINGATTRS; i++) {
		enum rfs_ringattr_id id = order[i];
		const char *value = assignments->value[id];
		if (!value)
			continue;
		int error = ctl_target_get(target, rfs_ringattr_name(id), before[id]);
		if (error == -ENODATA) {
			before[id][0] = '\0';
			error = 0;
		}
		if (error == 0)
			error = assign(target, id, value);
		if (error < 0) {
			r = waits && ctl_is_full(-error) ? error : refused(args, target, id, value, -error);
			take_back(args, target, assignments, before, i);
		}
	}
	return r;
}
