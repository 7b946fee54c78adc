/* SPDX-License-Identifier: MIT */
/*
 * stress_views MOUNT SECONDS: opens for reading from many threads, beside callers of stat and writers.
 *
 * Every open must succeed, show the st_ino of its path and start with a whole line. On a slow machine it goes on for as long
 * as it takes to have enough of each. Prints the number of opens and exits 0, or prints the first failure and exits 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { N_RINGS = 4, N_OPENERS = 24, N_STATTERS = 9, N_WRITERS = 6, LINE = 100, ENOUGH = 2400 };

static char paths[N_RINGS][4096];
static ino_t numbers[N_RINGS];
static atomic_bool stop_all;
static atomic_ullong n_opened, n_statted, n_written;
static pthread_mutex_t failure_lock = PTHREAD_MUTEX_INITIALIZER;
static char failure[512];

static void report(const char *what, const char *path, const char *why)
{
	pthread_mutex_lock(&failure_lock);
	if (failure[0] == '\0')
		snprintf(failure, sizeof(failure), "%s %.300s: %s", what, path, why);
	pthread_mutex_unlock(&failure_lock);
	atomic_store(&stop_all, true);
}

static void make_line(char line[LINE + 1], int writer, unsigned long n)
{
	int len = snprintf(line, LINE + 1, "writer %d line %012lu ", writer, n);
	memset(line + len, 'a' + writer, (size_t)(LINE - 1 - len));
	line[LINE - 1] = '\n';
	line[LINE] = '\0';
}

static bool is_line(const char *line)
{
	int writer;
	unsigned long n;
	char wanted[LINE + 1];
	if (sscanf(line, "writer %d line %lu ", &writer, &n) != 2 || writer < 0 || writer >= N_WRITERS)
		return false;
	make_line(wanted, writer, n);
	return memcmp(line, wanted, LINE) == 0;
}

static void open_once(int ring, bool whole)
{
	char text[20 * LINE + 1];
	struct stat st;
	int fd = open(paths[ring], O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		report("open", paths[ring], strerror(errno));
		return;
	}
	atomic_fetch_add(&n_opened, 1);
	if (fstat(fd, &st) < 0)
		report("fstat", paths[ring], strerror(errno));
	else if (st.st_ino != numbers[ring])
		report("fstat", paths[ring], "another st_ino than the path's");
	if (whole) {
		ssize_t n = read(fd, text, sizeof(text) - 1);
		if (n < 0) {
			report("read", paths[ring], strerror(errno));
		} else {
			text[n] = '\0';
			for (ssize_t at = 0; at + LINE <= n; at += LINE)
				if (!is_line(text + at))
					report("read", paths[ring], "a line is torn");
		}
	}
	if (close(fd) < 0)
		report("close", paths[ring], strerror(errno));
}

static void *open_many(void *arg)
{
	unsigned n = (unsigned)(uintptr_t)arg;
	while (!atomic_load(&stop_all)) {
		open_once((int)(n % N_RINGS), n % 3 == 0);
		n++;
	}
	return NULL;
}

static void *stat_many(void *arg)
{
	unsigned n = (unsigned)(uintptr_t)arg;
	struct stat st;
	while (!atomic_load(&stop_all)) {
		int ring = (int)(n++ % N_RINGS);
		if (stat(paths[ring], &st) < 0)
			report("stat", paths[ring], strerror(errno));
		else if (st.st_ino != numbers[ring])
			report("stat", paths[ring], "st_ino has changed");
		else if (st.st_size > 65536)
			report("stat", paths[ring], "larger than its capacity");
		atomic_fetch_add(&n_statted, 1);
	}
	return NULL;
}

static void *write_many(void *arg)
{
	int writer = (int)(intptr_t)arg;
	char line[LINE + 1];
	int fd = -1;
	for (unsigned long n = 0; !atomic_load(&stop_all); n++) {
		int ring = (int)((n / 16) % N_RINGS);
		if (n % 16 == 0) {
			if (fd >= 0)
				close(fd);
			fd = open(paths[ring], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
			if (fd < 0) {
				report("open for writing", paths[ring], strerror(errno));
				return NULL;
			}
		}
		make_line(line, writer, n);
		ssize_t done = write(fd, line, LINE);
		if (done != LINE)
			report("write", paths[ring], done < 0 ? strerror(errno) : "short");
		atomic_fetch_add(&n_written, 1);
	}
	close(fd);
	return NULL;
}

static bool is_enough(void)
{
	return atomic_load(&n_opened) >= ENOUGH && atomic_load(&n_statted) >= ENOUGH && atomic_load(&n_written) >= ENOUGH;
}

int main(int argc, char **argv)
{
	pthread_t threads[N_OPENERS + N_STATTERS + N_WRITERS];
	int n_threads = 0;
	if (argc != 3)
		return 2;
	for (int i = 0; i < N_RINGS; i++) {
		struct stat st;
		snprintf(paths[i], sizeof(paths[i]), "%s/ring-%d", argv[1], i);
		int fd = open(paths[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
		if (fd < 0 || fstat(fd, &st) < 0) {
			fprintf(stderr, "FAIL: create %s: %s\n", paths[i], strerror(errno));
			return 1;
		}
		numbers[i] = st.st_ino;
		close(fd);
	}
	for (int i = 0; i < N_OPENERS; i++)
		if (pthread_create(&threads[n_threads++], NULL, open_many, (void *)(intptr_t)i) != 0)
			return 1;
	for (int i = 0; i < N_STATTERS; i++)
		if (pthread_create(&threads[n_threads++], NULL, stat_many, (void *)(intptr_t)i) != 0)
			return 1;
	for (int i = 0; i < N_WRITERS; i++)
		if (pthread_create(&threads[n_threads++], NULL, write_many, (void *)(intptr_t)i) != 0)
			return 1;
	struct timespec pause = {.tv_nsec = 20000000}, now, start;
	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		nanosleep(&pause, NULL);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (!atomic_load(&stop_all) && (now.tv_sec - start.tv_sec < atoi(argv[2]) || !is_enough()));
	atomic_store(&stop_all, true);
	for (int i = 0; i < n_threads; i++)
		pthread_join(threads[i], NULL);
	if (failure[0] != '\0') {
		fprintf(stderr, "FAIL: %s\n", failure);
		return 1;
	}
	fprintf(stderr, "beside them %llu stats and %llu writes\n", (unsigned long long)atomic_load(&n_statted),
		(unsigned long long)atomic_load(&n_written));
	printf("%llu\n", (unsigned long long)atomic_load(&n_opened));
	return 0;
}
