/* SPDX-License-Identifier: MIT */
/*
 * open_many PATH COUNT: so many threads that open it for reading, once each.
 *
 * Prints "started" when all are about to, and in the end how many could and how many were told ESTALE.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *path;
static _Atomic unsigned started, opened, stale;

static void *open_one(void *ignored)
{
	atomic_fetch_add(&started, 1);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		atomic_fetch_add(&opened, 1);
	else if (errno == ESTALE)
		atomic_fetch_add(&stale, 1);
	if (fd >= 0)
		close(fd);
	return ignored;
}

int main(int argc, char *argv[])
{
	if (argc != 3) {
		fprintf(stderr, "usage: open_many PATH COUNT\n");
		return 2;
	}
	path = argv[1];
	size_t count = strtoul(argv[2], NULL, 10);
	pthread_t *threads = calloc(count, sizeof(*threads));
	pthread_attr_t attr;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	if (!threads)
		return 1;
	for (size_t i = 0; i < count; i++) {
		if (pthread_create(&threads[i], &attr, open_one, NULL) != 0) {
			perror("pthread_create");
			return 1;
		}
	}
	while (atomic_load(&started) < count)
		usleep(1000);
	printf("started\n");
	fflush(stdout);
	for (size_t i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	printf("%u opened, %u ESTALE\n", opened, stale);
	free(threads);
	return 0;
}
