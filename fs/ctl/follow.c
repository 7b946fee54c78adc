/* SPDX-License-Identifier: MIT */
/* ringctl follow: print a ring as it grows. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "follow.h"

#define DEFAULT_LINES 10u

/* Digits only, up to 2^64 - 1. */
static bool parse_number(const char *text, uint64_t *ret_number)
{
	uint64_t number = 0;
	if (text[0] == '\0')
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || __builtin_mul_overflow(number, 10u, &number) ||
		    __builtin_add_overflow(number, (unsigned)(*text - '0'), &number))
			return false;
	}
	*ret_number = number;
	return true;
}

static int parse_start(const struct ctl_args *args, struct follow_start *ret_start)
{
	struct follow_start start = {.kind = FOLLOW_LINES, .number = DEFAULT_LINES};
	if (args->lines && args->from)
		return ctl_usage_error(args, NULL, "--lines and --from: expected one of them");
	if (args->lines && !parse_number(args->lines, &start.number))
		return ctl_usage_error(args, NULL, "--lines '%s': expected a number of lines", args->lines);
	if (args->from && strcmp(args->from, "oldest") == 0)
		start.kind = FOLLOW_OLDEST;
	else if (args->from && strcmp(args->from, "newest") == 0)
		start.kind = FOLLOW_NEWEST;
	else if (args->from && parse_number(args->from, &start.number))
		start.kind = FOLLOW_POSITION;
	else if (args->from)
		return ctl_usage_error(args, NULL, "--from '%s': expected oldest, newest or a position in bytes", args->from);
	*ret_start = start;
	return 0;
}

static const char *why_it_ends(int error)
{
	switch (error) {
	case EIDRM:
		return "the ring was removed";
	case ESHUTDOWN:
		return "was unmounted";
	case EINVAL:
		return "has become a bounded ring";
	default:
		return ctl_why(error);
	}
}

/* Until the ring ends, or we are told to, or nobody reads any more. */
static int follow(struct follow_source *source, struct follow_out *out)
{
	int end = 0;
	while (ctl_stop_signal() == 0) {
		uint64_t lost;
		int r;
		ssize_t n = follow_source_read(source, out->held + out->len, FOLLOW_BUFFER - out->len, &lost);
		if (n > 0) {
			r = follow_out_take(out, (size_t)n);
		} else if (n == -EPIPE) {
			r = follow_out_gap(out, lost);
		} else {
			if (n < 0)
				end = (int)n;
			r = follow_out_idle(out, end != 0);
			if (r == 0 && end != 0)
				return ctl_error(out->args, out->path, "%s", why_it_ends(-end));
			if (follow_out_is_dead())
				raise(SIGPIPE); /* as the next write would */
			if (r == 0)
				end = follow_source_wait(source, follow_out_patience_ms(out));
		}
		if (r != 0)
			return r;
	}
	return follow_out_idle(out, true);
}

static int run(struct follow_source *source, struct follow_out *out, const struct follow_start *start)
{
	uint64_t lost = 0;
	char *text = NULL;
	size_t len = 0;
	int r = follow_source_start(source, start, &lost, &text, &len);
	if (r == 0 && lost > 0)
		r = follow_out_gap(out, lost);
	for (size_t done = 0; r == 0 && done < len;) {
		size_t n = len - done < FOLLOW_BUFFER - out->len ? len - done : FOLLOW_BUFFER - out->len;
		memcpy(out->held + out->len, text + done, n);
		done += n;
		r = follow_out_take(out, n);
	}
	free(text);
	return r == 0 ? follow(source, out) : r;
}

int ctl_follow(const struct ctl_args *args)
{
	const char *path = args->operands[0];
	struct follow_start start;
	struct follow_source source;
	int r = parse_start(args, &start);
	if (r != 0)
		return r;
	char *buffer = malloc(FOLLOW_BUFFER);
	if (!buffer)
		return ctl_error(args, path, "%s", strerror(ENOMEM));
	ctl_stop_begin(false);
	r = follow_source_open(args, path, &source);
	if (r == 0) {
		struct follow_out out = {
			.args = args,
			.path = path,
			.by_lines = source.align == VMAP_ALIGN_LINE,
			.held = buffer,
		};
		r = run(&source, &out, &start);
	}
	follow_source_close(&source);
	free(buffer);
	ctl_stop_raise();
	return r;
}
