/* SPDX-License-Identifier: MIT */
/*
 * Lines of the standard input into a ring, at memory speed: append FILE [CAPACITY]
 *
 * FILE is a ring on a mount of ringfs, which must allow this (see map in ringfs(8)), or a ring's own file; with
 * CAPACITY, in bytes, a file is made that is one. Programs that know nothing of rings read what comes.
 *
 *     cc append.c $(pkg-config --cflags --libs vmap) -o append
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vmap/vmap.h>

static int complain(const char *path, int r)
{
	fprintf(stderr, "append: %s: %s\n", path, vmap_shared_strerror(r));
	return 1;
}

static int make(const char *path, const char *capacity)
{
	struct vmap_shared_options options = {.capacity = strtoull(capacity, NULL, 10)};
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0666);
	if (fd < 0) {
		perror(path);
		return -1;
	}
	int r = vmap_shared_format(fd, &options);
	close(fd);
	if (r < 0) {
		complain(path, r);
		unlink(path);
	}
	return r;
}

/* One run: no other writer's line comes between, and no reader sees a part of it. */
static int append_line(struct vmap_shared *ring, const char *line, size_t len)
{
	for (;;) {
		ssize_t n = vmap_shared_append(ring, line, len);
		int r = 0;
		if (n == -EAGAIN) /* a bounded ring is full */
			r = vmap_shared_wait_room(ring, len, -1);
		else if (n == -ESTALE) /* it has another capacity; if we were stopped in the middle, the line comes twice */
			r = vmap_shared_reattach(ring);
		else if (n != -EBUSY) /* a writer was stopped in the middle of its line; it may go on */
			return n < 0 ? (int)n : 0;
		if (r < 0 && r != -ESTALE)
			return r;
	}
}

int main(int argc, char **argv)
{
	struct vmap_shared *ring;
	char line[4096];
	if (argc != 2 && argc != 3) {
		fprintf(stderr, "usage: append FILE [CAPACITY]\n");
		return 2;
	}
	if (argc == 3 && make(argv[1], argv[2]) < 0)
		return 1;
	int r = vmap_shared_attach(argv[1], true, &ring);
	if (r < 0)
		return complain(argv[1], r);
	while (r == 0 && fgets(line, sizeof(line), stdin))
		r = append_line(ring, line, strlen(line));
	if (r < 0)
		complain(argv[1], r);
	vmap_shared_close(ring);
	return r < 0;
}
