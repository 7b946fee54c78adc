/* SPDX-License-Identifier: MIT */
/* Where bytes come from: the mapped ring, or a view of it that is read through the mount. Keeps F2. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../control.h"
#include "follow.h"

/* Times in a row that a fast writer may be first before the reader goes on further from it. */
#define CLOSE_TRIES 4u
/* How long a view that is at its end is left alone: from the first to the longest. */
#define NAP_MS 1u
#define NAP_MAX_MS 32u

static int check_ring(const struct ctl_args *args, const struct ctl_target *target, struct follow_source *source)
{
	char policy[RFS_RINGATTR_TEXT_MAX];
	char align[RFS_RINGATTR_TEXT_MAX];
	if (target->kind != CTL_RING)
		return ctl_error(args, target->path, "is a directory: expected a ring");
	int r = ctl_target_get(target, "policy", policy);
	if (r == 0)
		r = ctl_target_get(target, "align", align);
	if (r < 0)
		return ctl_error(args, target->path, "%s", ctl_why(-r));
	if (strcmp(policy, "bounded") == 0)
		return ctl_error(args, target->path, "is a bounded ring, whose readers take what they read: "
						     "use ringctl cat, or cat --peek to look");
	if (ctl_target_is(target, STDOUT_FILENO))
		return ctl_error(args, target->path, "is standard output itself");
	source->align = strcmp(align, "byte") == 0 ? VMAP_ALIGN_BYTE : VMAP_ALIGN_LINE;
	return 0;
}

int follow_source_open(const struct ctl_args *args, const char *path, struct follow_source *ret_source)
{
	struct ctl_target target;
	*ret_source = (struct follow_source){.args = args, .path = path, .fd = -1, .end = UINT64_MAX, .nap_ms = NAP_MS};
	int r = ctl_target_open(args, path, &target);
	if (r != 0)
		return r;
	r = check_ring(args, &target, ret_source);
	if (r == 0) {
		int mapped = vmap_shared_guard();
		if (mapped == 0)
			mapped = ctl_target_attach(&target, false, &ret_source->ring);
		if (mapped < 0)
			r = ctl_target_open_reader(args, &target, &ret_source->fd);
		if (mapped < 0 && r == 0)
			ctl_not_mapped(args, path, -mapped, "reading");
	}
	ctl_target_close(&target);
	return r;
}

void follow_source_close(struct follow_source *source)
{
	vmap_shared_close(source->ring);
	if (source->fd >= 0)
		close(source->fd);
	free(source->behind);
}

/* The start of the *n-th line from the end, SIZE_MAX if it is not in here; *n is counted down. */
static size_t scan_back(const char *bytes, size_t len, uint64_t *n)
{
	const char *newline;
	while ((newline = memrchr(bytes, '\n', len)) != NULL) {
		if (--*n == 0)
			return (size_t)(newline - bytes) + 1;
		len = (size_t)(newline - bytes);
	}
	return SIZE_MAX;
}

/* The mapped ring */

/* The oldest whole line; further ahead if the writer keeps winning. */
static uint64_t resume_position(const struct follow_source *source)
{
	struct vmap_shared_state state;
	if (source->n_overruns < CLOSE_TRIES)
		return vmap_shared_oldest(source->ring, source->align);
	vmap_shared_get_state(source->ring, &state);
	uint64_t position = state.tail + (state.head - state.tail) / 2;
	char line[4096];
	uint64_t end = position + VMAP_SHARED_LINE_MAX;
	ssize_t n = source->align == VMAP_ALIGN_LINE;
	while (n > 0 && position < end) {
		n = vmap_shared_read_line(source->ring, &position, line, sizeof(line));
		if (n > 0 && line[n - 1] == '\n')
			break;
	}
	return position;
}

static int reattach(struct follow_source *source)
{
	int r = vmap_shared_reattach(source->ring);
	if (r == 0 && vmap_shared_policy(source->ring) == VMAP_RING_BOUNDED)
		r = -EINVAL;
	return r;
}

/* A ring whose server was killed may be written to for ever by those who have it mapped: it ends where it was then. */
static void look_for_end(struct follow_source *source)
{
	struct vmap_shared_state state;
	uint64_t now = ctl_now_ms();
	if (source->end != UINT64_MAX || now - source->looked_ms < FOLLOW_SLICE_MS)
		return;
	source->looked_ms = now;
	if (vmap_shared_status(source->ring) != -ENOTCONN)
		return;
	vmap_shared_get_state(source->ring, &state);
	source->end = state.head;
}

static ssize_t read_mapped(struct follow_source *source, char *dst, size_t len, uint64_t *ret_lost)
{
	uint64_t from = source->next;
	look_for_end(source);
	if (from >= source->end)
		return -ENOTCONN;
	if (len > source->end - from)
		len = (size_t)(source->end - from);
	ssize_t n = vmap_shared_read(source->ring, &source->next, dst, len);
	if (n > 0)
		source->n_overruns = 0;
	if (n == -EAGAIN)
		return 0;
	if (n == -ESTALE)
		return reattach(source);
	if (n == -ERANGE) {
		/* It was damaged and has begun anew; where we were was damage. */
		source->next = vmap_shared_oldest(source->ring, source->align);
		return 0;
	}
	if (n != -EPIPE)
		return n;
	uint64_t to = resume_position(source);
	source->next = to > source->next ? to : source->next;
	source->n_overruns++;
	*ret_lost = vmap_shared_lost_between(source->ring, from, source->next);
	vmap_shared_count_lost(source->ring, *ret_lost);
	return n;
}

/* Where the last @n lines begin, or the oldest line if there are fewer. */
static int find_lines(struct follow_source *source, uint64_t n)
{
	struct vmap_shared_state state;
	uint64_t oldest = vmap_shared_oldest(source->ring, source->align);
	vmap_shared_get_state(source->ring, &state);
	char *bytes = malloc(FOLLOW_BUFFER);
	if (!bytes)
		return ctl_error(source->args, source->path, "%s", strerror(ENOMEM));
	source->next = oldest;
	for (uint64_t to = state.head; to > oldest;) {
		uint64_t from = to - oldest < FOLLOW_BUFFER ? oldest : to - FOLLOW_BUFFER;
		uint64_t cursor = from;
		size_t len = (size_t)(to - from);
		if (vmap_shared_read(source->ring, &cursor, bytes, len) != (ssize_t)len) {
			source->next = vmap_shared_oldest(source->ring, source->align);
			break; /* overrun: fewer are left */
		}
		/* The newline at the very end begins no line. */
		size_t found = scan_back(bytes, to == state.head ? len - 1 : len, &n);
		if (found != SIZE_MAX) {
			source->next = from + found;
			break;
		}
		to = from;
	}
	free(bytes);
	return 0;
}

static int start_mapped(struct follow_source *source, const struct follow_start *start, uint64_t *ret_lost)
{
	int r = 0;
	switch (start->kind) {
	case FOLLOW_OLDEST:
		source->next = vmap_shared_oldest(source->ring, source->align);
		break;
	case FOLLOW_POSITION:
		r = vmap_shared_seek(source->ring, VMAP_SEEK_POSITION, start->number, &source->next);
		if (r != -EPIPE)
			break;
		source->next = vmap_shared_oldest(source->ring, source->align);
		*ret_lost = vmap_shared_lost_between(source->ring, start->number, source->next);
		r = 0;
		break;
	case FOLLOW_LINES:
		if (start->number > 0)
			return find_lines(source, start->number);
		__attribute__((fallthrough));
	case FOLLOW_NEWEST:
		r = vmap_shared_seek(source->ring, VMAP_SEEK_NEWEST, 0, &source->next);
	}
	if (r == -ERANGE) {
		struct vmap_shared_state state;
		vmap_shared_get_state(source->ring, &state);
		return ctl_error(source->args, source->path, "position %" PRIu64 " is not written yet: the newest is %" PRIu64,
				 start->number, state.head);
	}
	return r < 0 ? ctl_error(source->args, source->path, "%s", ctl_why(-r)) : 0;
}

/* The view */

static int get_place(const struct follow_source *source, struct ringfs_place *ret_place)
{
	return ioctl(source->fd, RINGFS_IOC_PLACE, ret_place) < 0 ? -errno : 0;
}

static ssize_t take_behind(struct follow_source *source, char *dst, size_t len)
{
	size_t n = source->behind_len < len ? source->behind_len : len;
	memcpy(dst, source->behind, n);
	source->behind_len -= n;
	memmove(source->behind, source->behind + n, source->behind_len);
	source->next += n;
	return (ssize_t)n;
}

/* The last read, of @n bytes, has skipped some: those behind the gap are for later. */
static ssize_t split_at_gap(struct follow_source *source, const struct ringfs_place *place, const char *bytes, size_t n)
{
	uint64_t behind = place->next - place->resumed;
	size_t len = behind < n ? (size_t)behind : n;
	free(source->behind);
	source->behind = malloc(len > 0 ? len : 1);
	if (!source->behind)
		return -ENOMEM;
	memcpy(source->behind, bytes + n - len, len);
	source->behind_len = len;
	source->at_gap = true;
	source->next += n - len;
	return (ssize_t)(n - len);
}

static ssize_t tell_gap(struct follow_source *source, const struct ringfs_place *place, uint64_t *ret_lost)
{
	*ret_lost = place->lost - source->lost;
	source->lost = place->lost;
	source->resumed = place->resumed;
	source->next = place->resumed;
	source->at_gap = false;
	return -EPIPE;
}

static ssize_t read_view(struct follow_source *source, char *dst, size_t len, uint64_t *ret_lost)
{
	struct ringfs_place place;
	ssize_t n = 0;
	if (!source->at_gap && source->behind_len > 0)
		return take_behind(source, dst, len);
	if (!source->at_gap) {
		n = read(source->fd, dst, len);
		if (n < 0 && errno != EPIPE) /* which lost=error says of a loss */
			return errno == EAGAIN || errno == EINTR ? 0 : errno == ECONNABORTED ? -ENOTCONN : -errno;
		if (n == 0)
			return 0;
		source->nap_ms = NAP_MS;
	}
	int r = get_place(source, &place);
	if (r < 0)
		return r;
	if (place.resumed == source->resumed) {
		source->next = place.next;
		return n > 0 ? n : 0;
	}
	if (n > 0 && !source->at_gap && (n = split_at_gap(source, &place, dst, (size_t)n)) != 0)
		return n;
	return tell_gap(source, &place, ret_lost);
}

static void keep_lines(char *text, size_t *len, uint64_t n_lines)
{
	/* The newline at the very end begins no line. */
	size_t found = *len > 0 ? scan_back(text, *len - 1, &n_lines) : SIZE_MAX;
	if (found == SIZE_MAX)
		return;
	memmove(text, text + found, *len - found);
	*len -= found;
}

/* The last lines of what is there now. Forwards, since only what is read in order is never a hole. */
static int collect_lines(struct follow_source *source, uint64_t n_lines, uint64_t head, char **ret_text, size_t *ret_len)
{
	char *text = NULL;
	size_t len = 0;
	size_t size = 0;
	while (source->next < head) {
		uint64_t lost;
		if (size - len < FOLLOW_BUFFER)
			keep_lines(text, &len, n_lines);
		if (size - len < FOLLOW_BUFFER) {
			char *more = realloc(text, size = 2 * len + FOLLOW_BUFFER);
			if (!more) {
				free(text);
				return ctl_error(source->args, source->path, "%s", strerror(ENOMEM));
			}
			text = more;
		}
		ssize_t n = read_view(source, text + len, FOLLOW_BUFFER, &lost);
		if (n == -EPIPE)
			len = 0; /* what comes behind the gap is newer */
		else if (n <= 0)
			break;
		else
			len += (size_t)n;
	}
	keep_lines(text, &len, n_lines);
	*ret_text = text;
	*ret_len = len;
	return 0;
}

static int start_view(struct follow_source *source, const struct follow_start *start, uint64_t *ret_lost,
		      char **ret_text, size_t *ret_len)
{
	struct stat st;
	struct ringfs_place place = {0};
	int r = get_place(source, &place);
	if (r == 0 && fstat(source->fd, &st) < 0)
		r = -errno;
	if (r < 0)
		return ctl_error(source->args, source->path, "%s", ctl_why(-r));
	uint64_t head = place.origin + (uint64_t)st.st_size;
	source->next = place.origin;
	if (start->kind == FOLLOW_LINES && start->number > 0)
		return collect_lines(source, start->number, head, ret_text, ret_len);
	if (start->kind == FOLLOW_POSITION && start->number > head)
		return ctl_error(source->args, source->path, "position %" PRIu64 " is not written yet: the newest is %" PRIu64,
				 start->number, head);
	if (start->kind == FOLLOW_POSITION && start->number < place.origin)
		*ret_lost = place.origin - start->number;
	else if (start->kind == FOLLOW_POSITION)
		source->skip_to = start->number;
	else if (start->kind != FOLLOW_OLDEST && lseek(source->fd, st.st_size, SEEK_SET) < 0)
		return ctl_error(source->args, source->path, "%s", ctl_why(errno));
	return 0;
}

static int wait_view(struct follow_source *source, unsigned timeout_ms)
{
	struct stat st;
	ctl_stop_nap(source->nap_ms < timeout_ms ? source->nap_ms : timeout_ms);
	source->nap_ms = 2 * source->nap_ms < NAP_MAX_MS ? 2 * source->nap_ms : NAP_MAX_MS;
	if (fstat(source->fd, &st) < 0)
		return errno == ECONNABORTED ? -ENOTCONN : -errno;
	return st.st_nlink == 0 ? -EIDRM : 0;
}

/* Either */

int follow_source_start(struct follow_source *source, const struct follow_start *start, uint64_t *ret_lost,
			char **ret_text, size_t *ret_len)
{
	return source->ring ? start_mapped(source, start, ret_lost) : start_view(source, start, ret_lost, ret_text, ret_len);
}

ssize_t follow_source_read(struct follow_source *source, char *dst, size_t len, uint64_t *ret_lost)
{
	ssize_t n = source->ring ? read_mapped(source, dst, len, ret_lost) : read_view(source, dst, len, ret_lost);
	while (n > 0 && source->next - (uint64_t)n < source->skip_to) {
		uint64_t begin = source->next - (uint64_t)n;
		uint64_t unwanted = source->skip_to - begin < (uint64_t)n ? source->skip_to - begin : (uint64_t)n;
		n -= (ssize_t)unwanted;
		if (n > 0)
			memmove(dst, dst + unwanted, (size_t)n);
		else
			n = read_view(source, dst, len, ret_lost);
	}
	uint64_t wanted = source->next > source->skip_to ? source->next - source->skip_to : 0;
	if (n == -EPIPE && *ret_lost > wanted)
		*ret_lost = wanted;
	return n;
}

int follow_source_wait(struct follow_source *source, unsigned timeout_ms)
{
	if (!source->ring)
		return wait_view(source, timeout_ms);
	int r = vmap_shared_wait(source->ring, source->next, (int)timeout_ms);
	if (r == -ETIMEDOUT)
		r = vmap_shared_status(source->ring);
	return r == -ESTALE ? 0 : r;
}
