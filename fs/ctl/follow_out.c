/* SPDX-License-Identifier: MIT */
/* How bytes go out: in whole lines, promptly, with losses told beside them. Keeps F1. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "follow.h"

/* How long the beginning of a line waits for its end: a prompt is seen, and a line that comes in two writes is whole. */
#define HOLD_MS 100u
/* Losses that follow each other faster are told together. */
#define TELL_MS 1000u
/* Once told to stop, a reader that takes nothing is waited for so long. */
#define LAST_MS 1000

/* May the rest be written yet? Told to stop, only as long as somebody reads, and in pieces that never block. */
static bool may_write(size_t *len)
{
	struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
	if (ctl_stop_signal() == 0)
		return true;
	if (poll(&out, 1, LAST_MS) <= 0)
		return false;
	if (*len > PIPE_BUF)
		*len = PIPE_BUF;
	return true;
}

int follow_out_write(struct follow_out *out, const char *bytes, size_t len)
{
	while (len > 0) {
		size_t piece = len;
		if (!may_write(&piece))
			return 0;
		ssize_t n = write(STDOUT_FILENO, bytes, piece);
		if (n < 0 && errno == EAGAIN) { /* whoever shares it has set O_NONBLOCK */
			struct pollfd wait = {.fd = STDOUT_FILENO, .events = POLLOUT};
			poll(&wait, 1, -1);
		} else if (n < 0 && errno != EINTR) {
			return ctl_error(out->args, NULL, "standard output: %s", strerror(errno));
		}
		if (n <= 0)
			continue;
		out->line_is_open = bytes[n - 1] != '\n';
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

static int flush(struct follow_out *out)
{
	size_t len = out->len;
	out->len = 0;
	return follow_out_write(out, out->held, len);
}

int follow_out_take(struct follow_out *out, size_t n)
{
	const char *newline = memrchr(out->held + out->len, '\n', n);
	bool was_empty = out->len == 0;
	out->len += n;
	if (!out->by_lines || (!newline && out->len == FOLLOW_BUFFER))
		return flush(out);
	if (!newline) {
		if (was_empty)
			out->held_since_ms = ctl_now_ms();
		return 0;
	}
	size_t whole = (size_t)(newline - out->held) + 1;
	int r = follow_out_write(out, out->held, whole);
	out->len -= whole;
	memmove(out->held, out->held + whole, out->len);
	out->held_since_ms = out->len > 0 ? ctl_now_ms() : 0;
	return r;
}

static void tell(struct follow_out *out, uint64_t now)
{
	if (out->lost == 0)
		return;
	ctl_error(out->args, out->path, "%" PRIu64 " bytes lost", out->lost);
	out->lost = 0;
	out->told_ms = now;
}

int follow_out_gap(struct follow_out *out, uint64_t lost)
{
	int r = 0;
	/* The end of that line will not come. */
	if (lost > 0)
		out->lost += lost + out->len;
	out->len = 0;
	if (out->by_lines && out->line_is_open)
		r = follow_out_write(out, "\n", 1);
	uint64_t now = ctl_now_ms();
	if (now - out->told_ms >= TELL_MS)
		tell(out, now);
	return r;
}

int follow_out_idle(struct follow_out *out, bool end)
{
	uint64_t now = ctl_now_ms();
	int r = 0;
	if (out->len > 0 && (end || now - out->held_since_ms >= HOLD_MS))
		r = flush(out);
	if (end || now - out->told_ms >= TELL_MS)
		tell(out, now);
	return r;
}

unsigned follow_out_patience_ms(const struct follow_out *out)
{
	uint64_t held = ctl_now_ms() - out->held_since_ms;
	return out->len == 0 ? FOLLOW_SLICE_MS : held < HOLD_MS ? HOLD_MS - (unsigned)held : 0;
}

bool follow_out_is_dead(void)
{
	struct pollfd out = {.fd = STDOUT_FILENO};
	return poll(&out, 1, 0) > 0 && (out.revents & (POLLERR | POLLHUP)) != 0;
}
