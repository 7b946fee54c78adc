/* SPDX-License-Identifier: MIT */
/*
 * A number in a file, one more each time: counter FILE
 *
 * Shows a file map: the file is made and gets its size on the way, and the number is read and written with
 * its bounds checked.
 *
 *     cc counter.c $(pkg-config --cflags --libs vmap) -o counter
 */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include <vmap/vmap.h>

static int complain(const char *path)
{
	struct vmap_error error = vmap_last_error();
	char text[200];
	vmap_error_describe(&error, text, sizeof(text));
	fprintf(stderr, "counter: %s: %s\n", path, text);
	return 1;
}

int main(int argc, char **argv)
{
	struct vmap_options options = {
		.write = true,
		.create = true,
		.resize = vmap_extent_min(sizeof(uint64_t)),
		.len = vmap_extent_exact(sizeof(uint64_t)),
	};
	struct vmap_map *map;
	int fd;
	uint64_t count = 0;
	if (argc != 2) {
		fprintf(stderr, "usage: counter FILE\n");
		return 2;
	}
	if (vmap_open(argv[1], &options, &map, &fd) < 0)
		return complain(argv[1]);
	int r = vmap_span_read_volatile_u64(vmap_map_span(map), 0, &count);
	if (r == 0)
		r = vmap_span_write_volatile_u64(vmap_map_span_mut(map), 0, count + 1);
	if (r == 0)
		r = vmap_flush(map, fd, VMAP_FLUSH_SYNC);
	if (r < 0)
		complain(argv[1]);
	else
		printf("%" PRIu64 "\n", count + 1);
	vmap_close(map);
	close(fd);
	return r < 0;
}
