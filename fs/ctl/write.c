/* SPDX-License-Identifier: MIT */
/*
 * ringctl write: append standard input to a ring.
 *
 * Invariants:
 * W1 A run ends with a line, but at the end of the input and in lines longer than W->max: no other writer comes between.
 * W2 What was read is appended once, or told as not written.
 * W3 Nothing waits for input while a whole line is not appended.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ctl.h"

/* The longest run, and so the longest line that is kept in one piece. */
#define RUN_MAX ((size_t)VMAP_SHARED_LINE_MAX)
/* Signals are looked at so often. */
#define SLICE_MS 100
/* A store that is full is tried again so often. */
#define FULL_STORE_MS 1000u
/* A server that has gone is looked for so often. */
#define SERVER_MS 1000u
/* Nobody is locked out of a ring that has not held its lock for longer. */
#define LOCKED_OUT_MS 500u

struct writer {
	const struct ctl_args *args;
	const char *path;
	struct vmap_shared *ring; /* NULL: by fd */
	int fd;
	dev_t dev; /* of the file at path */
	ino_t ino;
	uint64_t choices; /* what counts where the ring leaves an attribute open */
	bool bounded;
	size_t max;       /* bytes that one run can have */
	size_t usual;     /* and has, where lines are short: readers of the ring are to get a chance */
	char *bytes;      /* RUN_MAX and as much as one read brings */
	size_t len;
	bool told;        /* that it has to wait */
	uint64_t looked_ms; /* for the server */
};

static void set_capacity(struct writer *writer, uint64_t capacity)
{
	writer->max = capacity < RUN_MAX ? (size_t)capacity : RUN_MAX;
	writer->usual = capacity / 4 < RUN_MAX ? (size_t)(capacity / 4) : RUN_MAX;
}

static void read_shape(struct writer *writer)
{
	struct vmap_shared_state state;
	vmap_shared_get_state(writer->ring, &state);
	writer->bounded = state.policy == VMAP_RING_BOUNDED;
	set_capacity(writer, state.capacity);
}

/* The first bytes that make one run; 0: they are not a line yet. Keeps W1. */
static size_t cut(const struct writer *writer, const char *bytes, size_t len, bool at_end)
{
	const char *newline = memrchr(bytes, '\n', len < writer->usual ? len : writer->usual);
	size_t reach = len < writer->max ? len : writer->max;
	if (!newline && reach > writer->usual)
		newline = memchr(bytes + writer->usual, '\n', reach - writer->usual);
	if (newline)
		return (size_t)(newline - bytes) + 1;
	return len >= writer->max ? writer->max : at_end ? len : 0;
}

/* Say once that it does not go on. */
static void tell_wait(struct writer *writer, const char *why)
{
	if (!writer->told)
		ctl_error(writer->args, writer->path, "%s: waiting", why);
	writer->told = true;
}

/* -ECANCELED when told to stop. */
static int nap(unsigned ms)
{
	ctl_stop_nap(ms);
	return ctl_stop_signal() != 0 ? -ECANCELED : 0;
}

/* The ring as it is open, or -ESTALE when the path leads elsewhere now. */
static int open_file(const struct writer *writer, int flags)
{
	struct stat st;
	int fd = open(writer->path, O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC | flags);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && st.st_dev == writer->dev && st.st_ino == writer->ino)
		return fd;
	close(fd);
	return -ESTALE;
}

/*
 * Some writer that lives does not give the lock back. Who serves the ring locks it out, when it wants to write itself:
 * so this run goes through the mount. False: it has not.
 */
static bool write_by_server(const struct writer *writer, const char *bytes, size_t len)
{
	int fd = open_file(writer, O_NONBLOCK);
	if (fd < 0)
		return false;
	ssize_t n = write(fd, bytes, len);
	close(fd);
	return n == (ssize_t)len;
}

/* Is the run among the bytes from @from on? */
static bool is_there(struct vmap_shared *ring, uint64_t from, const char *bytes, size_t len)
{
	const void *span;
	uint64_t cursor = from;
	ssize_t n = vmap_shared_peek(ring, &cursor, &span);
	if (n == -EPIPE)
		n = vmap_shared_peek(ring, &cursor, &span);
	return n > 0 && memmem(span, (size_t)n, bytes, len) != NULL && vmap_shared_check(ring, cursor) == 0;
}

static bool fails_when_full(const struct writer *writer)
{
	struct vmap_shared_state state;
	uint64_t choices = 0;
	if (vmap_shared_probe(vmap_shared_fd(writer->ring), &state) == 0)
		choices = state.attributes;
	return rfs_ringattr_effective(choices, writer->choices, RFS_RINGATTR_FULL) == RFS_FULL_ERROR;
}

static int wait_room(struct writer *writer, size_t len)
{
	if (fails_when_full(writer)) {
		vmap_shared_count_dropped(writer->ring);
		return -ENOBUFS;
	}
	int r = vmap_shared_wait_room(writer->ring, len, SLICE_MS);
	if (r == -ENOTCONN)
		return nap(SLICE_MS); /* another server may take the ring up */
	if (ctl_stop_signal() != 0)
		return -ECANCELED;
	return r == -ETIMEDOUT ? 0 : r;
}

/*
 * The ring works on when its server was killed, but then nobody says that it was removed; and the next server knows of who
 * has it mapped only if they ask it for the ring once more.
 */
static int follow_server(struct writer *writer)
{
	struct vmap_shared *ring;
	struct stat own, found;
	uint64_t now = ctl_now_ms();
	if (now - writer->looked_ms < SERVER_MS)
		return 0;
	writer->looked_ms = now;
	if (vmap_shared_status(writer->ring) != -ENOTCONN || fstat(vmap_shared_fd(writer->ring), &own) < 0)
		return 0;
	if (own.st_nlink == 0)
		return -EIDRM;
	if (vmap_shared_attach(writer->path, true, &ring) < 0)
		return 0;
	if (vmap_shared_status(ring) == 0 && fstat(vmap_shared_fd(ring), &found) == 0 && found.st_dev == own.st_dev &&
	    found.st_ino == own.st_ino) {
		vmap_shared_close(writer->ring);
		writer->ring = ring;
		read_shape(writer);
	} else {
		vmap_shared_close(ring);
	}
	return 0;
}

/* 1 it is appended; 0 try again; -EMSGSIZE the ring takes less at a time now; else a negative errno. */
static int append_mapped(struct writer *writer, const char *bytes, size_t len)
{
	struct vmap_shared_state before;
	int r = follow_server(writer);
	if (r < 0)
		return r;
	if (len > writer->max)
		return -EMSGSIZE;
	vmap_shared_get_state(writer->ring, &before);
	uint64_t began_ms = ctl_now_ms();
	ssize_t n = vmap_shared_append(writer->ring, bytes, len);
	switch (n) {
	case -EAGAIN:
		r = wait_room(writer, len);
		return r == -ESTALE ? 0 : r;
	case -ESTALE:
		r = vmap_shared_reattach(writer->ring);
		if (r == 0)
			read_shape(writer);
		/* A writer that was stopped for long may have been locked out when its run was there; keeps W2. */
		if (r == 0 && ctl_now_ms() - began_ms >= LOCKED_OUT_MS && is_there(writer->ring, before.head, bytes, len))
			return 1;
		return r < 0 ? r : len > writer->max ? -EMSGSIZE : 0;
	case -EBUSY:
		if (write_by_server(writer, bytes, len))
			return 1;
		tell_wait(writer, "another writer has stopped in the middle");
		return nap(SLICE_MS);
	case -ENOSPC:
	case -EDQUOT:
		tell_wait(writer, strerror((int)-n));
		return nap(FULL_STORE_MS);
	default:
		return n < 0 ? (int)n : 1;
	}
}

/* The same for a ring that is not mapped; *@done of the bytes are written. */
static int append_file(struct writer *writer, const char *bytes, size_t len, size_t *done)
{
	ssize_t n = write(writer->fd, bytes + *done, len - *done);
	if (n >= 0) {
		*done += (size_t)n;
		return *done == len;
	}
	if (errno == EINTR)
		return nap(0);
	if (errno != ENOSPC && errno != EDQUOT)
		return -errno;
	/* Which of the two is full? */
	if (writer->bounded && rfs_ringattr_choice(writer->choices, RFS_RINGATTR_FULL) == RFS_FULL_ERROR)
		return -ENOBUFS;
	tell_wait(writer, strerror(errno));
	return nap(FULL_STORE_MS);
}

static const char *why_not(int error)
{
	switch (error) {
	case EIDRM:
		return "the ring was removed";
	case ESHUTDOWN:
		return "was unmounted";
	case ENOBUFS:
		return "the ring is full";
	case ECANCELED:
		return "told to stop";
	default:
		return ctl_why(error);
	}
}

/* Append what makes whole runs; keeps W3. */
static int append_runs(struct writer *writer, bool at_end)
{
	size_t done = 0;
	size_t run;
	int r = 0;
	while (r >= 0 && (run = cut(writer, writer->bytes + done, writer->len - done, at_end)) > 0) {
		const char *bytes = writer->bytes + done;
		size_t in_run = 0;
		do {
			r = writer->ring ? append_mapped(writer, bytes, run) : append_file(writer, bytes, run, &in_run);
		} while (r == 0);
		if (r == -EMSGSIZE)
			r = 0; /* the ring has shrunk: cut again */
		else
			done += r > 0 ? run : in_run;
		writer->told = writer->told && r <= 0;
	}
	writer->len -= done;
	if (r < 0)
		return ctl_error(writer->args, writer->path, "%s: %zu bytes were read and not written", why_not(-r), writer->len);
	memmove(writer->bytes, writer->bytes + done, writer->len);
	return 0;
}

static int copy(struct writer *writer)
{
	while (ctl_stop_signal() == 0) {
		ssize_t n = read(STDIN_FILENO, writer->bytes + writer->len, RUN_MAX);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int error = errno;
			(void)append_runs(writer, true);
			return ctl_error(writer->args, NULL, "standard input: %s", strerror(error));
		}
		if (n == 0)
			break;
		writer->len += (size_t)n;
		int r = append_runs(writer, false);
		if (r != 0)
			return r;
	}
	return append_runs(writer, true);
}

/* What of the ring's attributes counts here. */
static int read_attributes(struct writer *writer, const struct ctl_target *target)
{
	char text[RFS_RINGATTR_TEXT_MAX];
	struct rfs_ringattr attr = {0};
	uint64_t capacity = 0;
	/* Who may not read it may not know either: the least of all capacities then. */
	set_capacity(writer, VMAP_SHARED_UNIT);
	int r = ctl_target_get_number(target, "capacity", &capacity);
	if (r == -EACCES)
		return 0;
	if (r == 0)
		r = ctl_target_get(target, "policy", text);
	writer->bounded = r == 0 && strcmp(text, "bounded") == 0;
	if (r == 0)
		r = ctl_target_get(target, "full", text);
	if (r == 0)
		r = rfs_ringattr_parse(&attr, RFS_RINGATTR_FULL, text);
	if (r < 0)
		return ctl_error(writer->args, writer->path, "%s", ctl_why(-r));
	writer->choices = attr.choices;
	set_capacity(writer, capacity);
	return 0;
}

static int open_ring(struct writer *writer, const struct ctl_target *target)
{
	if (target->kind != CTL_RING)
		return ctl_error(writer->args, writer->path, "is a directory: expected a ring");
	if (ctl_target_is(target, STDIN_FILENO))
		return ctl_error(writer->args, writer->path, "is standard input itself");
	writer->dev = target->st.st_dev;
	writer->ino = target->st.st_ino;
	int r = vmap_shared_guard();
	if (r == 0)
		r = ctl_target_attach(target, true, &writer->ring);
	int result = read_attributes(writer, target);
	if (result != 0)
		return result;
	if (r == 0) {
		read_shape(writer);
		return 0;
	}
	writer->fd = open_file(writer, 0);
	if (writer->fd < 0)
		return ctl_error(writer->args, writer->path, "%s",
				 writer->fd == -ESTALE ? "was replaced while it was opened" : ctl_why(-writer->fd));
	ctl_not_mapped(writer->args, writer->path, -r, "writing");
	return 0;
}

/* A full store is waited for as it is when there is a ring: so nothing is lost of what comes from a pipe. */
static int make_ring(struct writer *writer, const struct ctl_assignments *assignments)
{
	int r;
	while ((r = ctl_create_missing(writer->args, writer->path, assignments)) < 0) {
		tell_wait(writer, strerror(-r));
		r = nap(FULL_STORE_MS);
		if (r < 0)
			return ctl_error(writer->args, writer->path, "%s: nothing was read", why_not(-r));
	}
	return r;
}

static int open_or_create(struct writer *writer, const struct ctl_assignments *assignments)
{
	struct ctl_target target;
	struct stat st;
	int r = 0;
	if (stat(writer->path, &st) < 0 && errno == ENOENT)
		r = make_ring(writer, assignments);
	if (r == 0)
		r = ctl_target_open(writer->args, writer->path, &target);
	if (r != 0)
		return r;
	r = open_ring(writer, &target);
	ctl_target_close(&target);
	return r;
}

int ctl_write(const struct ctl_args *args)
{
	const char *path = args->operands[0];
	struct writer writer = {.args = args, .path = path, .fd = -1};
	struct ctl_assignments assignments;
	int r = ctl_refuse_assignments(args, 0, "behind -a");
	if (r == 0)
		r = ctl_assignments_parse(args, args->words, args->n_words, args->operands, 1, &assignments);
	if (r != 0)
		return r;
	writer.bytes = malloc(2 * RUN_MAX);
	if (!writer.bytes)
		return ctl_error(args, path, "%s", strerror(ENOMEM));
	ctl_stop_begin(args->ignore_interrupts);
	r = open_or_create(&writer, &assignments);
	if (r == 0)
		r = copy(&writer);
	vmap_shared_close(writer.ring);
	if (writer.fd >= 0)
		close(writer.fd);
	free(writer.bytes);
	ctl_stop_raise();
	return r;
}
