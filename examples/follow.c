/* SPDX-License-Identifier: MIT */
/*
 * What is in a ring, then what comes: follow FILE
 *
 * FILE is a ring on a mount of ringfs, or a ring's own file. It is read from memory, with one system call in which to
 * wait. Ends when the ring is removed or its mount ends.
 *
 *     cc follow.c $(pkg-config --cflags --libs vmap) -o follow
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <vmap/vmap.h>

static int complain(const char *path, int r)
{
	fprintf(stderr, "follow: %s: %s\n", path, vmap_shared_strerror(r));
	return 1;
}

/* What a negative result means for a reader: 0 read again; else the end. */
static int go_on(struct vmap_shared *ring, int r, uint64_t was, uint64_t cursor)
{
	switch (r) {
	case -EAGAIN: /* all was read */
		fflush(stdout);
		r = vmap_shared_wait(ring, cursor, -1);
		return r == -ESTALE ? 0 : r;
	case -EPIPE: /* too slow: the cursor is at the oldest byte now; what was cleared is not lost */
		fprintf(stderr, "follow: %" PRIu64 " bytes lost\n", vmap_shared_lost_between(ring, was, cursor));
		return 0;
	case -ESTALE: /* the ring has another capacity */
		return vmap_shared_reattach(ring);
	default:
		return r;
	}
}

int main(int argc, char **argv)
{
	struct vmap_shared *ring;
	uint64_t cursor;
	char bytes[65536];
	if (argc != 2) {
		fprintf(stderr, "usage: follow FILE\n");
		return 2;
	}
	int r = vmap_shared_attach(argv[1], false, &ring);
	if (r < 0)
		return complain(argv[1], r);
	r = vmap_shared_seek(ring, VMAP_SEEK_OLDEST_LINE, 0, &cursor);
	while (r == 0 && !ferror(stdout)) {
		uint64_t was = cursor;
		ssize_t n = vmap_shared_read(ring, &cursor, bytes, sizeof(bytes));
		if (n > 0)
			fwrite(bytes, 1, (size_t)n, stdout);
		else
			r = go_on(ring, (int)n, was, cursor);
	}
	vmap_shared_close(ring);
	if (r == -EIDRM || r == -ESHUTDOWN) /* removed, or unmounted: all that was appended has been read */
		r = 0;
	return r < 0 ? complain(argv[1], r) : ferror(stdout) != 0;
}
