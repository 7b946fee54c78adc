/* SPDX-License-Identifier: MIT */
/* Signals that end a verb: noted, so that what it has begun is finished first. And time, for verbs that wait. */
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "ctl.h"

static volatile sig_atomic_t stop_signal;

static void note_stop(int number)
{
	stop_signal = number;
	alarm(1); /* a call that began to wait just now is interrupted, too */
}

static void wake_again(int number)
{
	(void)number;
	alarm(1);
}

void ctl_stop_begin(bool ignore_interrupts)
{
	static const int numbers[] = {SIGHUP, SIGINT, SIGTERM};
	/* Without SA_RESTART: what waits is to end. The second of a kind finds the default. */
	struct sigaction stop = {.sa_handler = note_stop, .sa_flags = (int)SA_RESETHAND};
	struct sigaction wake = {.sa_handler = wake_again};
	sigaction(SIGALRM, &wake, NULL);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct sigaction before;
		if (numbers[i] == SIGINT && ignore_interrupts)
			signal(SIGINT, SIG_IGN);
		else if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			sigaction(numbers[i], &stop, NULL);
	}
}

int ctl_stop_signal(void)
{
	return stop_signal;
}

void ctl_stop_raise(void)
{
	if (stop_signal == 0)
		return;
	signal(stop_signal, SIG_DFL);
	raise(stop_signal);
}

void ctl_stop_nap(unsigned ms)
{
	struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
	if (stop_signal == 0)
		nanosleep(&time, NULL);
}

uint64_t ctl_now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
