/* SPDX-License-Identifier: MIT */
/*
 * map_many DIRECTORY N: maps N rings in DIRECTORY for writing, which must be there, empty and with eof=wait; has a process
 * wait in read(2) on each; appends to each once its line comes on standard input; prints how many were woken by it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vmap/shared.h>

static const char line[] = "hello\n";

static void path_of(const char *directory, int i, char *path, size_t size)
{
	snprintf(path, size, "%s/%d", directory, i);
}

static _Noreturn void read_one(const char *path)
{
	char text[64];
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));
	_exit(n == (ssize_t)strlen(line) && memcmp(text, line, (size_t)n) == 0 ? 0 : 1);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	int n = atoi(argv[2]);
	struct vmap_shared **rings = calloc((size_t)n, sizeof(*rings));
	char path[4096];
	for (int i = 0; i < n; i++) {
		path_of(argv[1], i, path, sizeof(path));
		int r = vmap_shared_attach(path, true, &rings[i]);
		if (r < 0) {
			fprintf(stderr, "%s: %s\n", path, strerror(-r));
			return 1;
		}
	}
	for (int i = 0; i < n; i++) {
		path_of(argv[1], i, path, sizeof(path));
		pid_t pid = fork();
		if (pid < 0)
			return 1;
		if (pid == 0)
			read_one(path);
	}
	int woken = 0;
	if (getchar() == EOF)
		return 1;
	for (int i = 0; i < n; i++)
		if (vmap_shared_append(rings[i], line, strlen(line)) < 0)
			return 1;
	for (int i = 0; i < n; i++) {
		int status;
		woken += wait(&status) > 0 && status == 0;
	}
	for (int i = 0; i < n; i++)
		vmap_shared_close(rings[i]);
	free(rings);
	printf("%d woken\n", woken);
	return 0;
}
