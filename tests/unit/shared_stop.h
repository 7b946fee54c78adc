/* SPDX-License-Identifier: MIT */
/* Threads that stop at a step of the library, as a process that is stopped or preempted does, until they are told. */
#ifndef TESTS_UNIT_SHARED_STOP_H
#define TESTS_UNIT_SHARED_STOP_H

#include <pthread.h>
#include <semaphore.h>

#include "helpers.h"
#include "shared/shared_priv.h"

/* A call of the library in a thread of its own. */
struct stopped {
	enum shared_fault at;
	int (*call)(struct vmap_shared *ring, void *arg);
	struct vmap_shared *ring;
	void *arg;
	int result;
	pthread_t thread;
	sem_t reached, go;
};

static _Thread_local struct stopped *stops_here;

static void stop_hook(enum shared_fault point)
{
	struct stopped *stopped = stops_here;
	if (!stopped || stopped->at != point)
		return;
	stops_here = NULL; /* once */
	sem_post(&stopped->reached);
	sem_wait(&stopped->go);
}

static void *stopped_main(void *arg)
{
	struct stopped *stopped = arg;
	stops_here = stopped;
	stopped->result = stopped->call(stopped->ring, stopped->arg);
	return NULL;
}

static void sem_must_wait(sem_t *sem)
{
	struct timespec end;
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 60;
	int r;
	do {
		r = sem_timedwait(sem, &end);
	} while (r < 0 && errno == EINTR);
	MUST(r == 0);
}

/* Returns once the call has come to @at. */
static inline void stop_at(struct stopped *stopped, enum shared_fault at, int (*call)(struct vmap_shared *, void *),
			   struct vmap_shared *ring, void *arg)
{
	shared_fault_hook = stop_hook;
	*stopped = (struct stopped){.at = at, .call = call, .ring = ring, .arg = arg};
	MUST(sem_init(&stopped->reached, 0, 0) == 0 && sem_init(&stopped->go, 0, 0) == 0);
	MUST(pthread_create(&stopped->thread, NULL, stopped_main, stopped) == 0);
	sem_must_wait(&stopped->reached);
}

/* Let it go on; its result. */
static inline int go_on(struct stopped *stopped)
{
	sem_post(&stopped->go);
	MUST(pthread_join(stopped->thread, NULL) == 0);
	sem_destroy(&stopped->reached);
	sem_destroy(&stopped->go);
	return stopped->result;
}

#endif
