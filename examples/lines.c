/* SPDX-License-Identifier: MIT */
/*
 * The longest line of the standard input, with its number: lines <FILE
 *
 * Shows a buffered reader: each line is one run in the buffer, and none is copied that is not kept.
 *
 *     cc lines.c $(pkg-config --cflags --libs vmap) -o lines
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vmap/vmap.h>

enum { LONGEST_LINE = 1 << 20 };

static int complain(void)
{
	struct vmap_error error = vmap_last_error();
	char text[200];
	vmap_error_describe(&error, text, sizeof(text));
	fprintf(stderr, "lines: %s\n", text);
	return 1;
}

int main(void)
{
	struct vmap_reader *reader;
	struct vmap_span line;
	unsigned long number = 0;
	unsigned long longest_number = 0;
	size_t longest_len = 0;
	char *longest = malloc(LONGEST_LINE);
	if (!longest || vmap_reader_create(vmap_source_fd(0), LONGEST_LINE, &reader) < 0)
		return complain();
	int r;
	while ((r = vmap_reader_take_line(reader, &line)) == 0 && line.len > 0) {
		number++;
		if (line.len > longest_len) {
			longest_number = number;
			longest_len = line.len;
			memcpy(longest, line.data, line.len);
		}
	}
	if (r == -EMSGSIZE)
		fprintf(stderr, "lines: line %lu is longer than %d bytes\n", number + 1, LONGEST_LINE);
	else if (r < 0)
		complain();
	vmap_reader_destroy(reader);
	printf("%lu: ", longest_number);
	fwrite(longest, 1, longest_len, stdout);
	free(longest);
	return r < 0;
}
