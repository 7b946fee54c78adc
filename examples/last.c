/* SPDX-License-Identifier: MIT */
/*
 * The end of the standard input, whole lines, in as much memory as was asked for: last BYTES <FILE
 *
 * Shows an overwrite ring: writing never fails, the oldest bytes give way, and what is left is one run.
 *
 *     cc last.c $(pkg-config --cflags --libs vmap) -o last
 */
#include <stdio.h>
#include <stdlib.h>

#include <vmap/vmap.h>

static int complain(void)
{
	struct vmap_error error = vmap_last_error();
	char text[200];
	vmap_error_describe(&error, text, sizeof(text));
	fprintf(stderr, "last: %s\n", text);
	return 1;
}

int main(int argc, char **argv)
{
	char bytes[4096];
	size_t len;
	struct vmap_ring *ring;
	if (argc != 2) {
		fprintf(stderr, "usage: last BYTES\n");
		return 2;
	}
	if (vmap_ring_create(strtoul(argv[1], NULL, 10), VMAP_RING_OVERWRITE, &ring) < 0)
		return complain();
	while ((len = fread(bytes, 1, sizeof(bytes), stdin)) > 0)
		vmap_ring_write_all(ring, bytes, len);
	if (vmap_ring_overwritten(ring) > 0)
		vmap_ring_take_line(ring); /* its beginning may be gone */
	struct vmap_span rest = vmap_ring_readable(ring);
	fwrite(rest.data, 1, rest.len, stdout);
	vmap_ring_destroy(ring);
	return 0;
}
