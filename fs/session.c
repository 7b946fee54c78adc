/* SPDX-License-Identifier: MIT */
/*
 * One leader, followers behind it.
 *
 * One thread at a time, the leader, waits for the kernel. What can be answered at once it answers
 * itself and stays the leader: the next request finds a thread that is awake with warm caches, where
 * libfuse's loop wakes another thread for each request (measured: half the time per write). Only what
 * may wait (a disk) or copies a lot makes the leader pass its place on before it starts.
 *
 * Invariants:
 * I1 Who holds the baton, and nobody else, reads requests.
 * I2 A request that can wait for anything but memory is never handled with the baton in hand.
 */
#include <errno.h>
#include <fuse_lowlevel.h>
#include <linux/fuse.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "session.h"

/* Requests that may wait for a disk at one time, and one leader. */
#define N_WORKERS 10
/* More bytes than this are copied without the baton. */
#define QUICK_BYTES (128u << 10)

struct session {
	struct rfs *fs;
	pthread_mutex_t baton;
	pthread_t workers[N_WORKERS];
	int n_workers;
	int done_fd; /* eventfd: a worker has seen the end */
	_Atomic int error; /* why, 0 for unmounted */
};

static pthread_key_t buffer_key;
static pthread_once_t buffer_once = PTHREAD_ONCE_INIT;

struct buffer {
	size_t size;
	uint8_t bytes[];
};

static void make_buffer_key(void)
{
	pthread_key_create(&buffer_key, free);
}

uint8_t *rfs_session_buffer(size_t size)
{
	pthread_once(&buffer_once, make_buffer_key);
	struct buffer *buffer = pthread_getspecific(buffer_key);
	if (!buffer || buffer->size < size) {
		free(buffer);
		buffer = malloc(sizeof(*buffer) + size);
		pthread_setspecific(buffer_key, buffer);
		if (!buffer)
			return NULL;
		buffer->size = size;
	}
	return buffer->bytes;
}

/* May the leader answer this itself? Keeps I2. */
static bool is_quick(const struct rfs *fs, const struct fuse_buf *buf)
{
	const struct fuse_in_header *in = buf->mem;
	if (buf->size < sizeof(*in) || buf->size > QUICK_BYTES)
		return false;
	switch (in->opcode) {
	case FUSE_INTERRUPT:
		return true;
	case FUSE_FSYNC:
	case FUSE_FSYNCDIR:
		return false;
	case FUSE_RELEASE:
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
		return false; /* the last user of a deleted ring frees its pages: half a second for some gigabytes */
	case FUSE_READ: {
		const struct fuse_read_in *read_in = (const void *)(in + 1);
		return fs->store.in_memory && buf->size >= sizeof(*in) + sizeof(*read_in) &&
		       read_in->size <= QUICK_BYTES;
	}
	default:
		return fs->store.in_memory;
	}
}

static void *work(void *arg)
{
	struct session *s = arg;
	struct fuse_session *se = s->fs->session;
	struct fuse_buf buf = {.mem = NULL};
	for (;;) {
		pthread_mutex_lock(&s->baton); /* keeps I1 */
		int r;
		bool quick = true;
		while (quick) {
			r = fuse_session_exited(se) ? 0 : fuse_session_receive_buf(se, &buf);
			if (r == -EINTR)
				continue;
			if (r <= 0)
				break;
			quick = is_quick(s->fs, &buf);
			if (quick)
				fuse_session_process_buf(se, &buf);
		}
		if (r <= 0) {
			fuse_session_exit(se);
			pthread_mutex_unlock(&s->baton);
			/* The kernel's word for a connection that was aborted, by umount -f for one. */
			if (r < 0 && r != -ECONNABORTED)
				atomic_store(&s->error, r);
			break;
		}
		pthread_mutex_unlock(&s->baton);
		fuse_session_process_buf(se, &buf);
	}
	free(buf.mem);
	uint64_t one = 1;
	(void)!write(s->done_fd, &one, sizeof(one));
	return NULL;
}

static void end_signals(sigset_t *ret_set)
{
	sigemptyset(ret_set);
	sigaddset(ret_set, SIGINT);
	sigaddset(ret_set, SIGTERM);
	sigaddset(ret_set, SIGHUP);
}

static void on_wake(int sig)
{
	(void)sig; /* its arrival ends a read */
}

void rfs_session_block_signals(void)
{
	sigset_t set;
	end_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a ring too large for RLIMIT_FSIZE is EFBIG for its program, not our end */
	sigaction(SIGUSR1, &(struct sigaction){.sa_handler = on_wake}, NULL);
}

/*
 * Whichever worker is the leader must be woken from its read, and a signal that comes just before the read
 * is lost: so all that are left get one, again and again, until they have ended.
 */
static void join_workers(const struct session *s)
{
	for (int i = 0; i < s->n_workers;) {
		struct timespec until;
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 10000000;
		if (until.tv_nsec >= 1000000000) {
			until.tv_sec++;
			until.tv_nsec -= 1000000000;
		}
		for (int j = i; j < s->n_workers; j++)
			pthread_kill(s->workers[j], SIGUSR1);
		if (pthread_timedjoin_np(s->workers[i], NULL, &until) == 0)
			i++;
	}
}

/* Until a signal comes or a worker has seen the end. */
static void wait_for_end(const struct session *s, int signal_fd)
{
	struct pollfd fds[2] = {{.fd = signal_fd, .events = POLLIN}, {.fd = s->done_fd, .events = POLLIN}};
	while (poll(fds, 2, -1) < 0 && errno == EINTR)
		;
}

int rfs_session_run(struct rfs *fs)
{
	struct session s = {.fs = fs};
	int r = 0;
	sigset_t set;
	end_signals(&set);
	int signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (signal_fd < 0)
		return -errno;
	s.done_fd = eventfd(0, EFD_CLOEXEC);
	if (s.done_fd < 0) {
		r = -errno;
		goto out_signal;
	}
	pthread_mutex_init(&s.baton, NULL);
	int n_workers = fs->options.single_thread ? 1 : N_WORKERS;
	while (r == 0 && s.n_workers < n_workers) {
		r = -pthread_create(&s.workers[s.n_workers], NULL, work, &s);
		s.n_workers += r == 0;
	}
	/* Fewer threads than wished for are still a working mount. */
	if (s.n_workers > 0) {
		r = 0;
		wait_for_end(&s, signal_fd);
	}
	fuse_session_exit(fs->session);
	join_workers(&s);
	pthread_mutex_destroy(&s.baton);
	close(s.done_fd);
	if (r == 0)
		r = atomic_load(&s.error);
out_signal:
	close(signal_fd);
	return r;
}
