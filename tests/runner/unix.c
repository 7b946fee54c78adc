/* SPDX-License-Identifier: MIT */
/* A process for a test on POSIX systems: fork, which also works where an emulator runs this program. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner.h"

void runner_limit_time(double seconds)
{
	alarm((unsigned)seconds + 1);
}

void runner_take_over(int argc, char **argv)
{
	(void)argc;
	(void)argv;
}

static void must(bool condition, const char *what)
{
	if (condition)
		return;
	perror(what);
	abort();
}

int runner_run_apart(const struct runner_test *test, char *said, size_t len)
{
	int fds[2];
	must(pipe(fds) == 0, "pipe");
	fflush(stdout);
	pid_t child = fork();
	must(child >= 0, "fork");
	if (child == 0) {
		must(dup2(fds[1], STDOUT_FILENO) >= 0 && dup2(fds[1], STDERR_FILENO) >= 0, "dup2");
		close(fds[0]);
		close(fds[1]);
		int status = runner_run_here(test);
		fflush(stdout);
		_exit(status);
	}
	close(fds[1]);
	size_t used = 0;
	char more[4096];
	ssize_t n;
	while ((n = read(fds[0], more, sizeof(more))) > 0)
		for (ssize_t i = 0; i < n && used + 1 < len; i++)
			said[used++] = more[i];
	said[used] = '\0';
	close(fds[0]);
	int status;
	must(waitpid(child, &status, 0) == child, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}
