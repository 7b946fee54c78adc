/* SPDX-License-Identifier: MIT */
/*
 * ringctl follow in three parts: where bytes come from (follow_source.c), how they go out (follow_out.c), and the verb.
 *
 * Invariants:
 * F1 Of a line nothing is written before its end was read, but for what has waited HOLD_MS for it, and lines longer than
 *    FOLLOW_BUFFER. Where such a line is then lost in part, a newline ends what was written of it.
 * F2 No byte is written twice, and bytes written and bytes told as lost add up to what was appended and not cleared.
 */
#ifndef CTL_FOLLOW_H
#define CTL_FOLLOW_H

#include <sys/types.h>

#include "ctl.h"

#define FOLLOW_BUFFER ((size_t)1 << 20)
/* Nobody looks at signals, or whether standard output still has a reader, for longer than this. */
#define FOLLOW_SLICE_MS 100u

/* Where to begin. */
struct follow_start {
	enum { FOLLOW_LINES, FOLLOW_OLDEST, FOLLOW_NEWEST, FOLLOW_POSITION } kind;
	uint64_t number; /* of lines, or the position */
};

/* A ring, mapped or read through the mount. */
struct follow_source {
	const struct ctl_args *args;
	const char *path;
	enum vmap_align align;
	struct vmap_shared *ring; /* NULL: read by fd */
	uint64_t next;            /* position of the next byte */
	unsigned n_overruns;      /* since the last byte */
	uint64_t end;             /* the head when the server was found to be gone */
	uint64_t looked_ms;       /* when that was looked for */
	int fd;
	uint64_t resumed;         /* as struct ringfs_place says */
	uint64_t lost;
	char *behind; /* bytes that were read behind a gap which is to be told first */
	size_t behind_len;
	bool at_gap;
	uint64_t skip_to;  /* what is below is not wanted */
	unsigned nap_ms;
};

/*
 * Find out how to read the ring, with a line on stderr if it cannot be mapped. 0, or the exit code after the line on
 * stderr. follow_source_close() in any case.
 */
int follow_source_open(const struct ctl_args *args, const char *path, struct follow_source *ret_source);
void follow_source_close(struct follow_source *source);

/*
 * Go to @start. What was overwritten of it is in *ret_lost. Lines to begin with may be given in *ret_text, which the
 * caller frees. 0, or the exit code after the line on stderr.
 */
int follow_source_start(struct follow_source *source, const struct follow_start *start, uint64_t *ret_lost,
			char **ret_text, size_t *ret_len);

/*
 * The next bytes; 0: there are none now. -EPIPE: some were skipped, *ret_lost of them lost. -EIDRM, -ESHUTDOWN, -ENOTCONN:
 * it is at its end. Else a negative errno.
 */
ssize_t follow_source_read(struct follow_source *source, char *dst, size_t len, uint64_t *ret_lost);

/* Wait for more, about @timeout_ms at most. 0, or why there will be none. */
int follow_source_wait(struct follow_source *source, unsigned timeout_ms);

/* Standard output. */
struct follow_out {
	const struct ctl_args *args;
	const char *path;
	bool by_lines;
	char *held; /* FOLLOW_BUFFER bytes, the first len of them the beginning of a line */
	size_t len;
	uint64_t held_since_ms;
	bool line_is_open; /* what was written last does not end with a newline */
	uint64_t lost;     /* not told yet */
	uint64_t told_ms;  /* when that was done last */
};

/* All return 0, or the exit code after the line on stderr. */

/* The first @n bytes behind the held ones have come. */
int follow_out_take(struct follow_out *out, size_t n);
int follow_out_write(struct follow_out *out, const char *bytes, size_t len);
/* Bytes are missing here, @lost of them lost. */
int follow_out_gap(struct follow_out *out, uint64_t lost);
/* Nothing new: write what is held long enough, or with @end all of it, and tell what was lost. */
int follow_out_idle(struct follow_out *out, bool end);
/* Until what is held is to be written. */
unsigned follow_out_patience_ms(const struct follow_out *out);
/* Is whoever read standard output gone? */
bool follow_out_is_dead(void);

#endif
