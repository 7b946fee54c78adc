/* SPDX-License-Identifier: MIT */
/*
 * block_many EMPTY READERS FULL WRITERS: so many processes that read from the one ring and write to the other, each by a
 * file it has opened itself.
 *
 * Prints "started" when all are on their way. When its input ends it kills them all, waits for them and prints how
 * many were asleep in their read or write, interruptibly, before, and how many have died of the signal.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void block(const char *path, int writes)
{
	char byte = 'x';
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	int fd = open(path, (writes ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
	if (fd < 0)
		_exit(1);
	ssize_t n = writes ? write(fd, &byte, 1) : read(fd, &byte, 1);
	_exit(n < 0 ? 2 : 3);
}

/* The letter that ps shows. */
static char state_of(pid_t pid)
{
	char path[64], text[512];
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	FILE *file = fopen(path, "re");
	if (!file)
		return '?';
	size_t n = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[n] = '\0';
	const char *end = strrchr(text, ')');
	return end && end[1] ? end[2] : '?';
}

int main(int argc, char *argv[])
{
	if (argc != 5) {
		fprintf(stderr, "usage: block_many EMPTY READERS FULL WRITERS\n");
		return 2;
	}
	size_t readers = strtoul(argv[2], NULL, 10);
	size_t count = readers + strtoul(argv[4], NULL, 10);
	pid_t *pids = calloc(count, sizeof(*pids));
	if (!pids)
		return 1;
	for (size_t i = 0; i < count; i++) {
		pids[i] = fork();
		if (pids[i] < 0) {
			perror("fork");
			return 1;
		}
		if (pids[i] == 0)
			block(argv[i < readers ? 1 : 3], i >= readers);
	}
	printf("started\n");
	fflush(stdout);
	char ignored;
	while (read(STDIN_FILENO, &ignored, 1) > 0)
		;
	size_t asleep = 0, killed = 0;
	for (size_t i = 0; i < count; i++)
		asleep += state_of(pids[i]) == 'S';
	for (size_t i = 0; i < count; i++)
		kill(pids[i], SIGKILL);
	for (size_t i = 0; i < count; i++) {
		int status;
		if (waitpid(pids[i], &status, 0) == pids[i] && WIFSIGNALED(status))
			killed++;
	}
	printf("%zu asleep, %zu killed\n", asleep, killed);
	free(pids);
	return 0;
}
