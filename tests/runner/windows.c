/* SPDX-License-Identifier: MIT */
/* A process for a test on Windows, which has no fork: this program again, with the test's name. */
#include <fcntl.h>
#include <io.h>
#include <process.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "runner.h"

enum { SPAWN_TRIES = 5 };

static const char one[] = "--one";

static DWORD WINAPI end_late(void *milliseconds)
{
	Sleep((DWORD)(uintptr_t)milliseconds);
	fputs("timed out\n", stderr);
	TerminateProcess(GetCurrentProcess(), 124);
	return 0;
}

void runner_limit_time(double seconds)
{
	HANDLE thread = CreateThread(NULL, 0, end_late, (void *)(uintptr_t)(seconds * 1000), 0, NULL);
	if (!thread)
		abort();
	CloseHandle(thread);
}

static void must(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "%s failed, error %lu\n", what, GetLastError());
	abort();
}

void runner_take_over(int argc, char **argv)
{
	/* A test that crashes shall not wait for somebody to press a button. */
	SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
	_setmode(STDOUT_FILENO, _O_BINARY);
	_setmode(STDERR_FILENO, _O_BINARY);
	if (argc != 4 || strcmp(argv[1], one) != 0)
		return;
	for (struct runner_test *test = runner_first(); test; test = runner_next(test))
		if (strcmp(test->suite, argv[2]) == 0 && strcmp(test->name, argv[3]) == 0) {
			int status = runner_run_here(test);
			fflush(stdout);
			_exit(status);
		}
	abort();
}

int runner_run_apart(const struct runner_test *test, char *said, size_t len)
{
	char program[MAX_PATH];
	must(GetModuleFileNameA(NULL, program, sizeof(program)) < sizeof(program), "GetModuleFileName");
	int fds[2];
	must(_pipe(fds, 1 << 16, _O_BINARY | _O_NOINHERIT) == 0, "_pipe");
	fflush(stdout);
	int out = _dup(STDOUT_FILENO);
	int err = _dup(STDERR_FILENO);
	must(out >= 0 && err >= 0 && _dup2(fds[1], STDOUT_FILENO) == 0 && _dup2(fds[1], STDERR_FILENO) == 0, "_dup2");
	const char *const arguments[] = {"test", one, test->suite, test->name, NULL};
	intptr_t child = -1;
	/* Wine now and then fails to start a process (ERROR_INTERNAL_ERROR), before anything of it has run. */
	for (int try = 0; child == -1 && try < SPAWN_TRIES; try++)
		child = _spawnv(_P_NOWAIT, program, arguments);
	_dup2(out, STDOUT_FILENO);
	_dup2(err, STDERR_FILENO);
	_close(out);
	_close(err);
	_close(fds[1]);
	must(child != -1, "_spawnv");
	size_t used = 0;
	char more[4096];
	int n;
	while ((n = _read(fds[0], more, sizeof(more))) > 0)
		for (int i = 0; i < n && used + 1 < len; i++)
			said[used++] = more[i];
	said[used] = '\0';
	_close(fds[0]);
	int status;
	must(_cwait(&status, child, 0) == child, "_cwait");
	return status;
}
