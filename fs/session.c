/* SPDX-License-Identifier: MIT */
/*
 * Two leaders, followers behind them.
 *
 * Two threads at a time, the leaders, wait for the kernel. What can be answered at once a leader answers
 * itself and stays one: the next request finds a thread with warm caches, where libfuse's loop hands its place on
 * and makes more threads. Only what may wait (a disk) or copies a lot makes a leader pass its place on before it
 * starts.
 *
 * Why two: the kernel wakes a thread where it ran last, if that processor is idle. A single leader and a program
 * that writes stay on two processors for ever, which fall asleep in turn (measured on a virtual machine with two:
 * 35 us a write). Of two leaders, which it wakes in turn, one comes to where the program runs (15 us).
 *
 * Invariants:
 * I1 Who holds a baton, and nobody else, reads requests.
 * I2 A request that can wait for anything but memory is never handled with a baton in hand.
 * I3 Who waits for a resize or a disk leaves at least one thread that leads or follows, up to N_WORKERS_MAX.
 * I4 Of those no user has more than USER_WORKERS_MAX that wait, nor has what the kernel sends by itself: what comes beyond that is
 *    held until one of them is done. So one user's crowd does not keep all others waiting, however large it is.
 */
#include <errno.h>
#include <fuse_lowlevel.h>
#include <linux/fuse.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "session.h"

/* Those that a mount begins with. */
#define N_WORKERS 10
/* With those that are made when all others wait for a resize or a disk: a crowd around one ring must not stop the others. */
#define N_WORKERS_MAX 512
/* Of these, those that may wait for the requests of one user. */
#define USER_WORKERS_MAX 128
/* Requests that are held take memory, which is not to be had for the asking. */
#define HELD_BYTES_MAX (64u << 20)
#define N_LEADERS 2u
/* More bytes than this are copied without a baton. */
#define QUICK_BYTES (128u << 10)

/* Whose a request is: a user's id, or one of these. */
#define OURS (-1)   /* the daemon's user */
#define KERNELS (-2) /* what comes when files are closed, forgotten or given up, of whomever */

struct worker {
	struct session *session;
	pthread_t thread;
	int64_t whose; /* the request that it handles; */
	bool waits;    /* under the session's lock, for others, as is whose while it is true */
};

/* A request that is held. */
struct held {
	struct held *next;
	int64_t whose;
	size_t size;
	_Alignas(struct fuse_in_header) uint8_t bytes[];
};

struct session {
	struct rfs *fs;
	uid_t own_uid;
	sem_t batons; /* N_LEADERS of them */
	_Atomic int n_followers; /* those that wait for one */
	pthread_mutex_t lock; /* guards the rest */
	struct worker workers[N_WORKERS_MAX];
	int n_workers;
	_Atomic int n_waiting; /* workers that do */
	struct held *held, **held_end; /* in the order in which they came */
	size_t held_bytes;
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

/* May a leader answer this itself? Keeps I2. */
static bool is_quick(const struct rfs *fs, const struct fuse_buf *buf)
{
	const struct fuse_in_header *in = buf->mem;
	if (buf->size < sizeof(*in) || buf->size > QUICK_BYTES)
		return false;
	switch (in->opcode) {
	case FUSE_INTERRUPT:
	case FUSE_RELEASE: /* who has closed is no reader or writer any more for what comes next */
		return true;
	case FUSE_FSYNC:
	case FUSE_FSYNCDIR:
	case FUSE_SETXATTR: /* a resize copies a whole ring */
		return false;
	case FUSE_OPEN:
		return fs->store.in_memory && in->nodeid != RFS_NODE_METRICS; /* which looks at every ring */
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

/* Of whose batons this thread holds one, and which worker it is. */
static _Thread_local struct session *leads;
static _Thread_local struct worker *self;

static void *work(void *arg);

static int add_worker(struct session *s)
{
	pthread_mutex_lock(&s->lock);
	int r = -EAGAIN;
	if (s->n_workers < N_WORKERS_MAX) {
		struct worker *worker = &s->workers[s->n_workers];
		worker->session = s;
		r = -pthread_create(&worker->thread, NULL, work, worker);
	}
	s->n_workers += r == 0;
	pthread_mutex_unlock(&s->lock);
	return r;
}

static void take_baton(struct session *s)
{
	atomic_fetch_add(&s->n_followers, 1);
	while (sem_wait(&s->batons) < 0)
		; /* a signal */
	atomic_fetch_sub(&s->n_followers, 1);
	leads = s;
}

static void pass_baton(void)
{
	struct session *s = leads;
	leads = NULL;
	if (s)
		sem_post(&s->batons);
}

void rfs_session_rdlock(pthread_rwlock_t *lock)
{
	if (pthread_rwlock_tryrdlock(lock) == 0)
		return;
	rfs_session_may_wait(); /* keeps I2 */
	pthread_rwlock_rdlock(lock);
}

void rfs_ring_follow(struct rfs_node *node)
{
	pthread_rwlock_unlock(&node->shape_lock);
	rfs_session_may_wait(); /* keeps I2 */
	pthread_rwlock_wrlock(&node->shape_lock);
	rfs_node_follow(node);
	pthread_rwlock_unlock(&node->shape_lock);
	rfs_session_rdlock(&node->shape_lock);
}

void rfs_session_lock(pthread_mutex_t *lock)
{
	if (pthread_mutex_trylock(lock) == 0)
		return;
	pass_baton(); /* keeps I2 */
	pthread_mutex_lock(lock);
}

void rfs_session_may_wait(void)
{
	struct session *s = self ? self->session : NULL;
	pass_baton();
	if (s && !self->waits) {
		pthread_mutex_lock(&s->lock);
		self->waits = true;
		s->n_waiting++;
		pthread_mutex_unlock(&s->lock);
	}
	/* Keeps I3. One too many now and then does no harm, and without more memory the others wait with us. */
	if (s && atomic_load(&s->n_followers) == 0 && !s->fs->options.single_thread)
		(void)add_worker(s);
}

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int64_t whose_is(const struct session *s, const struct fuse_in_header *in)
{
	switch (in->opcode) {
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return KERNELS;
	default:
		return in->uid == s->own_uid ? OURS : (int64_t)in->uid;
	}
}

static uint64_t unique_of(const void *request)
{
	const struct fuse_in_header *in = request;
	return in->unique;
}

static void refuse(const struct session *s, uint64_t unique, int error)
{
	struct fuse_out_header out = {.len = sizeof(out), .error = -error, .unique = unique};
	(void)!write(fuse_session_fd(s->fs->session), &out, sizeof(out));
}

/* Under the lock: a copy of @buf, in line; NULL: there is no room. */
static struct held *add_held(struct session *s, const struct fuse_buf *buf, int64_t whose)
{
	struct held *held = NULL;
	if (whose == KERNELS || buf->size <= HELD_BYTES_MAX - s->held_bytes)
		held = malloc(sizeof(*held) + buf->size);
	if (!held)
		return NULL;
	held->next = NULL;
	held->whose = whose;
	held->size = buf->size;
	memcpy(held->bytes, buf->mem, buf->size);
	*s->held_end = held;
	s->held_end = &held->next;
	s->held_bytes += whose == KERNELS ? 0 : buf->size;
	return held;
}

/* Do so many wait for @whose requests that this one is held, or refused? Keeps I4. */
static bool hold(struct session *s, const struct fuse_buf *buf, int64_t whose)
{
	int n = 0;
	if (whose == OURS || atomic_load(&s->n_waiting) < USER_WORKERS_MAX)
		return false;
	pthread_mutex_lock(&s->lock);
	for (int i = 0; i < s->n_workers; i++)
		n += s->workers[i].waits && s->workers[i].whose == whose;
	bool is_crowd = n >= USER_WORKERS_MAX;
	bool is_held = is_crowd && add_held(s, buf, whose);
	pthread_mutex_unlock(&s->lock);
	if (!is_crowd || is_held)
		return is_held;
	if (whose == KERNELS)
		return false; /* which takes no refusal */
	refuse(s, unique_of(buf->mem), ENOMEM);
	return true;
}

/* Under the lock: the first that is held and @whose, or @unique if that is not 0; NULL: none is. */
static struct held *take_held(struct session *s, int64_t whose, uint64_t unique)
{
	struct held **at = &s->held;
	while (*at && (unique == 0 ? (*at)->whose != whose : unique_of((*at)->bytes) != unique))
		at = &(*at)->next;
	struct held *held = *at;
	if (!held)
		return NULL;
	*at = held->next;
	if (s->held_end == &held->next)
		s->held_end = at;
	s->held_bytes -= held->whose == KERNELS ? 0 : held->size;
	return held;
}

/* An interrupt of a request that is held: its program does not wait for its turn. */
static bool interrupt_held(struct session *s, const struct fuse_buf *buf)
{
	const struct fuse_in_header *in = buf->mem;
	const struct fuse_interrupt_in *interrupt = (const void *)(in + 1);
	if (in->opcode != FUSE_INTERRUPT || buf->size < sizeof(*in) + sizeof(*interrupt))
		return false;
	pthread_mutex_lock(&s->lock);
	struct held *held = take_held(s, 0, interrupt->unique);
	pthread_mutex_unlock(&s->lock);
	if (held)
		refuse(s, interrupt->unique, EINTR);
	free(held);
	return held != NULL;
}

/* The request of this thread is done. The one that was held for it, which is to be freed, or NULL. */
static struct held *next_held(struct session *s)
{
	if (!self->waits)
		return NULL;
	pthread_mutex_lock(&s->lock);
	self->waits = false;
	s->n_waiting--;
	struct held *held = take_held(s, self->whose, 0);
	pthread_mutex_unlock(&s->lock);
	return held;
}

static void handle_request(struct session *s, const struct fuse_buf *buf)
{
	uint32_t opcode = buf->size >= sizeof(struct fuse_in_header) ? ((struct fuse_in_header *)buf->mem)->opcode : 0;
	uint64_t start = now_ns();
	fuse_session_process_buf(s->fs->session, buf);
	rfs_metrics_request(&s->fs->metrics, opcode, now_ns() - start);
}

static void *work(void *arg)
{
	self = arg;
	struct session *s = self->session;
	struct fuse_session *se = s->fs->session;
	struct fuse_buf buf = {.mem = NULL};
	int r;
	do {
		take_baton(s); /* keeps I1 */
		do {
			r = fuse_session_exited(se) ? 0 : fuse_session_receive_buf(se, &buf);
			if (r <= 0)
				continue;
			int64_t whose = whose_is(s, buf.mem);
			if (interrupt_held(s, &buf) || hold(s, &buf, whose))
				continue;
			self->whose = whose;
			bool quick = is_quick(s->fs, &buf);
			if (!quick && s->fs->store.in_memory)
				pass_baton();
			else if (!quick)
				rfs_session_may_wait();
			handle_request(s, &buf);
			for (struct held *held; (held = next_held(s));) {
				handle_request(s, &(struct fuse_buf){.size = held->size, .mem = held->bytes});
				free(held);
			}
		} while (leads && (r > 0 || r == -EINTR));
	} while (r > 0);
	fuse_session_exit(se);
	pass_baton();
	/* The kernel's word for a connection that was aborted, by umount -f for one. */
	if (r < 0 && r != -ECONNABORTED)
		atomic_store(&s->error, r);
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

static int count_workers(struct session *s)
{
	pthread_mutex_lock(&s->lock);
	int n = s->n_workers;
	pthread_mutex_unlock(&s->lock);
	return n;
}

/*
 * Whichever workers are leaders must be woken from their reads, and a signal that comes just before the read
 * is lost: so all that are left get one, again and again, until they have ended.
 */
static void join_workers(struct session *s)
{
	/* Who makes another one has not ended yet, so none is missed. */
	for (int i = 0, n = count_workers(s); i < n; n = count_workers(s)) {
		struct timespec until;
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 10000000;
		if (until.tv_nsec >= 1000000000) {
			until.tv_sec++;
			until.tv_nsec -= 1000000000;
		}
		for (int j = i; j < n; j++)
			pthread_kill(s->workers[j].thread, SIGUSR1);
		if (pthread_timedjoin_np(s->workers[i].thread, NULL, &until) == 0)
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
	struct session s = {.fs = fs, .own_uid = geteuid(), .held_end = &s.held};
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
	sem_init(&s.batons, 0, N_LEADERS);
	pthread_mutex_init(&s.lock, NULL);
	int n_workers = fs->options.single_thread ? 1 : N_WORKERS;
	for (int i = 0; r == 0 && i < n_workers; i++)
		r = add_worker(&s);
	/* Fewer threads than wished for are still a working mount. */
	if (count_workers(&s) > 0) {
		r = 0;
		wait_for_end(&s, signal_fd);
	}
	fuse_session_exit(fs->session);
	join_workers(&s);
	while (s.held) {
		struct held *held = s.held;
		s.held = held->next;
		free(held);
	}
	sem_destroy(&s.batons);
	pthread_mutex_destroy(&s.lock);
	close(s.done_fd);
	if (r == 0)
		r = atomic_load(&s.error);
out_signal:
	close(signal_fd);
	return r;
}
