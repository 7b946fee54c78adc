/* SPDX-License-Identifier: MIT */
/* ringctl stat: what a ring is and holds, what a directory hands down. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "ctl.h"

struct facts {
	bool is_set[RFS_N_RINGATTRS]; /* all of a ring's */
	char text[RFS_N_RINGATTRS][RFS_RINGATTR_TEXT_MAX];
	uint64_t capacity;
	uint64_t head, tail, overwritten, lost_bytes, readers, writers;
};

static int get_attributes(const struct ctl_target *target, struct facts *facts)
{
	for (unsigned i = 0; i < RFS_N_RINGATTRS; i++) {
		int r = ctl_target_get(target, rfs_ringattr_name((enum rfs_ringattr_id)i), facts->text[i]);
		if (r < 0 && !(r == -ENODATA && target->kind == CTL_DIRECTORY))
			return r;
		facts->is_set[i] = r == 0;
	}
	if (!facts->is_set[RFS_RINGATTR_CAPACITY])
		return 0;
	return ctl_target_get_number(target, "capacity", &facts->capacity);
}

static int get_numbers(const struct ctl_target *target, struct facts *facts)
{
	const struct {
		const char *name;
		uint64_t *ret_value;
	} table[] = {
		{"tail", &facts->tail}, /* before the head, which it never passes */
		{"head", &facts->head},
		{"overwritten", &facts->overwritten},
		{"lost_bytes", &facts->lost_bytes},
		{"readers", &facts->readers},
		{"writers", &facts->writers},
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		int r = ctl_target_get_number(target, table[i].name, table[i].ret_value);
		if (r < 0)
			return r;
	}
	/* What was written between the two answers has moved the tail, too. */
	if (facts->head - facts->tail > facts->capacity)
		facts->tail = facts->head - facts->capacity;
	return 0;
}

static void print_json(struct ctl_json *json, const struct ctl_target *target, const struct facts *facts)
{
	ctl_json_object(json);
	ctl_json_string(json, "path", target->path);
	ctl_json_string(json, "type", target->kind == CTL_RING ? "ring" : "directory");
	for (unsigned i = 0; i < RFS_N_RINGATTRS; i++) {
		const char *name = rfs_ringattr_name((enum rfs_ringattr_id)i);
		if (!facts->is_set[i])
			ctl_json_null(json, name);
		else if (i == RFS_RINGATTR_CAPACITY)
			ctl_json_number(json, name, facts->capacity);
		else
			ctl_json_string(json, name, facts->text[i]);
	}
	if (target->kind == CTL_RING) {
		ctl_json_number(json, "head", facts->head);
		ctl_json_number(json, "tail", facts->tail);
		ctl_json_number(json, "held", facts->head - facts->tail);
		ctl_json_number(json, "overwritten", facts->overwritten);
		ctl_json_number(json, "lost_bytes", facts->lost_bytes);
		ctl_json_number(json, "readers", facts->readers);
		ctl_json_number(json, "writers", facts->writers);
	}
	ctl_json_object_end(json);
}

static void print_number(const char *name, uint64_t value)
{
	printf("  %-12s %" PRIu64 "\n", name, value);
}

static void print_size(const char *name, uint64_t value)
{
	char text[CTL_SIZE_MAX];
	ctl_format_size(value, text);
	printf("  %-12s %s\n", name, text);
}

static void print_text(const struct ctl_target *target, const struct facts *facts)
{
	ctl_print_name(stdout, target->path);
	puts(target->kind == CTL_RING ? "" : " (directory, defaults for new rings)");
	for (unsigned i = 0; i < RFS_N_RINGATTRS; i++) {
		const char *name = rfs_ringattr_name((enum rfs_ringattr_id)i);
		if (facts->is_set[i] && i == RFS_RINGATTR_CAPACITY)
			print_size(name, facts->capacity);
		else
			printf("  %-12s %s\n", name, facts->is_set[i] ? facts->text[i] : "-");
	}
	if (target->kind != CTL_RING)
		return;
	print_number("head", facts->head);
	print_number("tail", facts->tail);
	print_size("held", facts->head - facts->tail);
	print_size("overwritten", facts->overwritten);
	print_size("lost bytes", facts->lost_bytes);
	print_number("readers", facts->readers);
	print_number("writers", facts->writers);
}

/* @json is NULL for people. */
static int stat_path(const struct ctl_args *args, const char *path, struct ctl_json *json)
{
	struct ctl_target target;
	struct facts facts = {0};
	int r = ctl_target_open(args, path, &target);
	if (r != 0)
		return r;
	int error = get_attributes(&target, &facts);
	if (error == 0 && target.kind == CTL_RING)
		error = get_numbers(&target, &facts);
	if (error < 0)
		r = ctl_error(args, path, "%s", ctl_why(-error));
	else if (json)
		print_json(json, &target, &facts);
	else
		print_text(&target, &facts);
	ctl_target_close(&target);
	return r;
}

int ctl_stat(const struct ctl_args *args)
{
	int result = 0;
	struct ctl_json json;
	if (args->json)
		ctl_json_begin(&json);
	for (int i = 0; i < args->n_operands; i++) {
		int r = stat_path(args, args->operands[i], args->json ? &json : NULL);
		if (r != 0)
			result = r;
	}
	if (args->json)
		ctl_json_end(&json);
	return result;
}
