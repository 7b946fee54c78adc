/* SPDX-License-Identifier: MIT */
/*
 * make_ring KIND FILE: makes a ring of 64 KiB in a new file, whose bytes are lines that tell their number, and prints the
 * position of the oldest byte that can be read and the head.
 *
 *     wrapped   an overwrite ring that has wrapped several times
 *     cleared   the same, cleared, with some lines behind that
 *     given-up  the same as wrapped, with room reserved and given up: intent is above the head
 *     queue     a bounded ring that was consumed in part
 *     grown     wrapped, grown to 192 KiB, which moves it behind its first place, and appended to
 *     moved     grown, and shrunk again, in front
 *     policy    a log that became a queue
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vmap/shared.h>

#define MUST(what) \
	do { \
		if (!(what)) { \
			fprintf(stderr, "make_ring: %s\n", #what); \
			exit(1); \
		} \
	} while (0)

static unsigned next_line;

static void append_lines(struct vmap_shared *ring, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char line[64];
		int len = snprintf(line, sizeof(line), "line %06u of a ring that somebody made\n", next_line++);
		MUST(vmap_shared_append(ring, line, (size_t)len) == len);
	}
}

int main(int argc, char **argv)
{
	MUST(argc == 3);
	const char *kind = argv[1];
	int fd = open(argv[2], O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	MUST(fd >= 0);
	bool queue = strcmp(kind, "queue") == 0;
	struct vmap_shared_options options = {
		.capacity = 65536,
		.policy = queue ? VMAP_RING_BOUNDED : VMAP_RING_OVERWRITE,
		.attributes = 0x1234567890,
	};
	struct vmap_shared *ring;
	MUST(vmap_shared_format(fd, &options) == 0);
	MUST(vmap_shared_open(fd, &ring) == 0);
	if (queue) {
		append_lines(ring, 1000);
		MUST(vmap_shared_consume(ring, 0, 30000) == 0);
		append_lines(ring, 500);
	} else {
		append_lines(ring, 6000);
	}
	if (strcmp(kind, "cleared") == 0) {
		MUST(vmap_shared_clear(ring) == 0);
		append_lines(ring, 20);
	}
	if (strcmp(kind, "given-up") == 0) {
		void *span;
		MUST(vmap_shared_reserve(ring, 5000, 0, &span) == 0);
		memset(span, '#', 5000);
		MUST(vmap_shared_commit(ring, 0) == 0);
	}
	if (strcmp(kind, "grown") == 0 || strcmp(kind, "moved") == 0) {
		MUST(vmap_shared_reshape(ring, 3 * 65536, VMAP_RING_OVERWRITE) == 0);
		append_lines(ring, 2000);
	}
	if (strcmp(kind, "moved") == 0) {
		MUST(vmap_shared_reshape(ring, 65536, VMAP_RING_OVERWRITE) == 0);
		append_lines(ring, 10);
	}
	if (strcmp(kind, "policy") == 0)
		MUST(vmap_shared_reshape(ring, 65536, VMAP_RING_BOUNDED) == 0);
	struct vmap_shared_state state;
	vmap_shared_get_state(ring, &state);
	vmap_shared_close(ring);
	close(fd);
	printf("%llu %llu\n", (unsigned long long)state.tail, (unsigned long long)state.head);
	return 0;
}
