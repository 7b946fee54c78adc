/* SPDX-License-Identifier: MIT */
/*
 * The client's side of vmap/handover.h against servers that do it right, wrong, late or not at all.
 *
 * Real mounts show that it works (tests/mount/map_*.sh); what a real server never does is done here, over real sockets.
 * The linker leads the library's ioctl(2) here (--wrap), where only a mounted file system would answer.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/time.h>
#include <sys/un.h>

#include <vmap/handover.h>

#include "map_helpers.h"

/* What ioctl(2) takes, as in the library. */
#ifdef __GLIBC__
typedef unsigned long ioctl_request;
#else
typedef int ioctl_request;
#endif

#define NAME "socket-under-test"
#define UNMADE ((struct vmap_shared *)(uintptr_t)0x5a5a)
enum { MAX_FDS = 5, DEADLINE_MS = 30000 };

int __wrap_ioctl(int fd, ioctl_request request, ...);

/* The answer to the ioctl; and what happens just before it. */
static struct vmap_handover_ticket ticket;
static int ioctl_error;
static void (*meanwhile)(void);

int __wrap_ioctl(int fd, ioctl_request request, ...)
{
	va_list args;
	va_start(args, request);
	struct vmap_handover_ticket *ret_ticket = va_arg(args, struct vmap_handover_ticket *);
	va_end(args);
	MUST(fd >= 0 && request == (ioctl_request)VMAP_IOC_HANDOVER);
	if (meanwhile)
		meanwhile();
	errno = ioctl_error;
	if (ioctl_error != 0)
		return -1;
	*ret_ticket = ticket;
	return 0;
}

enum conduct {
	ANSWERS,
	HANGS_UP, /* without a word */
	ENDS,     /* before it has taken the connection */
	WAITS,    /* and hangs up long after it should have answered */
};

struct server {
	struct temp_dir dir;
	char inner[200]; /* a directory in it, or the same */
	char ring[256];
	char socket[256];
	int listener;
	enum conduct conduct;
	struct vmap_handover handover;
	size_t len; /* of that */
	int fds[MAX_FDS];
	size_t n_fds;
	int lifeline; /* its own end */
	pthread_t thread;
};

static bool is_readable(int fd, int timeout_ms)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	int n;
	do {
		n = poll(&poll_fd, 1, timeout_ms);
	} while (n < 0 && errno == EINTR);
	MUST(n >= 0);
	return n > 0;
}

static void send_answer(const struct server *server, int sock)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(MAX_FDS * sizeof(int))] = {0};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)&server->handover, .iov_len = server->len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	if (server->n_fds > 0) {
		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(server->n_fds * sizeof(int));
		struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
		MUST(cmsg != NULL);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(server->n_fds * sizeof(int));
		memcpy(CMSG_DATA(cmsg), server->fds, server->n_fds * sizeof(int));
	}
	MUST(sendmsg(sock, &msg, MSG_NOSIGNAL) == (ssize_t)server->len);
}

static void *server_main(void *arg)
{
	struct server *server = arg;
	MUST(is_readable(server->listener, DEADLINE_MS));
	if (server->conduct != ENDS) {
		int sock = accept(server->listener, NULL, NULL);
		MUST(sock >= 0);
		if (server->conduct == ANSWERS)
			send_answer(server, sock);
		/* A client that has had enough ends the connection. */
		if (server->conduct == WAITS)
			(void)is_readable(sock, DEADLINE_MS / 3);
		close(sock);
	}
	close(server->listener);
	return NULL;
}

/* Where sockets are bound and looked for: addresses are short. */
static struct sockaddr_un address_in(const char *directory, int *ret_dir)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	*ret_dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	MUST(*ret_dir >= 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/" NAME, *ret_dir);
	return address;
}

static int bind_in(const char *directory, int type)
{
	int dir;
	struct sockaddr_un address = address_in(directory, &dir);
	int sock = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	MUST(sock >= 0 && bind(sock, (struct sockaddr *)&address, sizeof(address)) == 0);
	close(dir);
	return sock;
}

/* A directory with a ring, whose server will give that and one end of a lifeline, but does nothing yet. */
static struct server server_prepare(const char *inner)
{
	struct server server = {.dir = temp_dir_create(),
				.listener = -1,
				.handover = {.version = VMAP_HANDOVER_VERSION, .writable = 1},
				.len = sizeof(struct vmap_handover),
				.n_fds = 2};
	snprintf(server.inner, sizeof(server.inner), "%s%s", server.dir.path, inner);
	MUST(inner[0] == '\0' || mkdir(server.inner, 0700) == 0);
	snprintf(server.ring, sizeof(server.ring), "%s/ring", server.inner);
	snprintf(server.socket, sizeof(server.socket), "%s/" NAME, server.inner);
	int fd = open(server.ring, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	MUST(fd >= 0 && vmap_shared_format(fd, &(struct vmap_shared_options){.capacity = 65536}) == 0);
	int ends[2];
	MUST(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
	server.lifeline = ends[0];
	server.fds[0] = fd;
	server.fds[1] = ends[1];
	for (size_t i = 2; i < MAX_FDS; i++)
		server.fds[i] = ends[0];
	ticket = (struct vmap_handover_ticket){.version = VMAP_HANDOVER_VERSION, .name = NAME};
	ioctl_error = 0;
	meanwhile = NULL;
	return server;
}

static void server_start(struct server *server)
{
	server->listener = bind_in(server->inner, SOCK_SEQPACKET);
	MUST(listen(server->listener, 1) == 0);
	MUST(pthread_create(&server->thread, NULL, server_main, server) == 0);
}

/* When it has said all it says. */
static void server_join(struct server *server)
{
	MUST(pthread_join(server->thread, NULL) == 0);
	unlink(server->socket);
}

static void server_end(struct server *server)
{
	if (server->lifeline >= 0)
		close(server->lifeline);
	close(server->fds[0]);
	close(server->fds[1]);
	unlink(server->socket);
	unlink(server->ring);
	if (strcmp(server->inner, server->dir.path) != 0)
		MUST(rmdir(server->inner) == 0);
	temp_dir_remove(&server->dir);
}

/* The error, nothing returned, nothing kept: neither what was opened nor what the server gave. */
static void expect_refused(struct server *server, bool starts, int error)
{
	struct vmap_shared *ring = UNMADE;
	struct holdings before = holdings_now();
	if (starts)
		server_start(server);
	cr_expect(eq(int, vmap_shared_attach(server->ring, true, &ring), error));
	cr_expect(eq(ptr, ring, UNMADE));
	if (starts)
		server_join(server);
	struct holdings after = holdings_now();
	cr_expect(eq(sz, after.n_fds, before.n_fds));
	cr_expect(eq(sz, after.n_file_maps, before.n_file_maps));
}

static void expect_conduct(enum conduct conduct, int error)
{
	struct server server = server_prepare("");
	server.conduct = conduct;
	expect_refused(&server, true, error);
	server_end(&server);
}

/* With these descriptors, and @len bytes of the message. */
static void expect_answer(size_t len, size_t n_fds, int error)
{
	struct server server = server_prepare("");
	server.len = len;
	server.n_fds = n_fds;
	expect_refused(&server, true, error);
	server_end(&server);
}

static void expect_attached(const char *inner)
{
	struct server server = server_prepare(inner);
	struct vmap_shared *ring = UNMADE;
	server_start(&server);
	size_t n_fds = count_fds();
	cr_assert(eq(int, vmap_shared_attach(server.ring, true, &ring), 0));
	server_join(&server);
	/* The lifeline and the ring's own open file, without the listener. */
	cr_expect(eq(sz, count_fds(), n_fds + 2 - 1));
	cr_expect(eq(int, vmap_shared_status(ring), 0));
	cr_expect(eq(int, (int)ring_append(ring, 100), 100));
	cr_expect(ring_is_whole(ring));
	/* Each knows of the other's end. */
	close(server.fds[1]);
	server.fds[1] = -1;
	cr_expect(eq(int, is_readable(server.lifeline, 0), 0));
	vmap_shared_close(ring);
	char byte;
	cr_expect(eq(int, (int)recv(server.lifeline, &byte, 1, MSG_DONTWAIT), 0));
	server_end(&server);
}

Test(handover, gives_a_ring_and_a_lifeline)
{
	expect_attached("");
}

/* Longer than any address of a socket. */
Test(handover, in_a_directory_with_a_long_name)
{
	char inner[128] = "/";
	memset(inner + 1, 'd', sizeof(inner) - 2);
	expect_attached(inner);
}

static struct vmap_shared *attach_to(struct server *server, bool write)
{
	struct vmap_shared *ring = NULL;
	int given = server->fds[0];
	if (!write)
		server->fds[0] = fd_reopen(given, O_RDONLY);
	server_start(server);
	int r = vmap_shared_attach(server->ring, write, &ring);
	errno = -r;
	MUST(r == 0);
	server_join(server);
	if (!write)
		close(given);
	return ring;
}

/* Nobody else would tell them. */
Test(handover, ends_a_wait_when_the_server_ends)
{
	for (int write = 0; write < 2; write++) {
		struct server server = server_prepare("");
		struct vmap_shared *ring = attach_to(&server, write);
		cr_expect(eq(int, vmap_shared_is_writable(ring), write));
		close(server.lifeline);
		server.lifeline = -1;
		cr_expect(eq(int, vmap_shared_wait(ring, 0, DEADLINE_MS), -ENOTCONN));
		cr_expect(eq(int, vmap_shared_status(ring), -ENOTCONN));
		vmap_shared_close(ring);
		server_end(&server);
	}
}

static void expect_note(const struct server *server, uint32_t kind, uint64_t value)
{
	struct vmap_handover_note notes[2] = {{.value = 77}};
	ssize_t n = recv(server->lifeline, notes, sizeof(notes), MSG_DONTWAIT);
	cr_expect(eq(int, (int)n, (int)sizeof(notes[0])));
	cr_expect(eq(u32, notes[0].kind, kind));
	cr_expect(eq(u64, notes[0].value, value));
}

Test(handover, tells_the_server_what_it_cannot_write)
{
	struct server server = server_prepare("");
	struct vmap_shared *ring = attach_to(&server, false);
	cr_expect(eq(int, vmap_shared_wait(ring, 0, 20), -ETIMEDOUT));
	expect_note(&server, VMAP_HANDOVER_SLEEPS, 0);
	/* once for each wait */
	cr_expect(eq(int, is_readable(server.lifeline, 0), 0));
	vmap_shared_count_lost(ring, 12345);
	expect_note(&server, VMAP_HANDOVER_LOST, 12345);
	cr_expect(eq(u64, ring_state(ring).lost, 0));
	vmap_shared_close(ring);
	server_end(&server);
}

Test(handover, of_another_version_is_eproto)
{
	struct server server = server_prepare("");
	ticket.version = VMAP_HANDOVER_VERSION + 1;
	expect_refused(&server, false, -EPROTO);
	ticket.version = VMAP_HANDOVER_VERSION;
	server.handover.version = VMAP_HANDOVER_VERSION + 1;
	expect_refused(&server, true, -EPROTO);
	server_end(&server);
}

/* Only names in the directory of the ring, and names that end. */
Test(handover, with_a_ticket_that_is_no_name_is_eproto)
{
	struct server server = server_prepare("");
	strcpy(ticket.name, "../" NAME);
	expect_refused(&server, false, -EPROTO);
	memset(ticket.name, 'x', sizeof(ticket.name));
	expect_refused(&server, false, -EPROTO);
	server_end(&server);
}

Test(handover, of_more_or_fewer_descriptors_is_eproto)
{
	const size_t all = sizeof(struct vmap_handover);
	expect_answer(all, 0, -EPROTO);
	expect_answer(all, 1, -EPROTO);
	expect_answer(all, 3, -EPROTO);
	expect_answer(all, 4, -EPROTO);
	/* More than there is room for; qemu itself then keeps what it cannot hand on. */
	if (!getenv("VMAP_TEST_EMULATED"))
		expect_answer(all, 5, -EPROTO);
}

Test(handover, that_is_cut_short_is_eproto)
{
	expect_answer(sizeof(struct vmap_handover) - 1, 2, -EPROTO);
	expect_answer(1, 2, -EPROTO);
	expect_answer(0, 2, -EPROTO);
}

Test(handover, of_something_else_is_enomsg)
{
	struct server server = server_prepare("");
	MUST(ftruncate(server.fds[0], 0) == 0);
	expect_refused(&server, true, -ENOMSG);
	server_end(&server);
}

Test(handover, by_a_server_that_has_ended_is_enotconn)
{
	struct server server = server_prepare("");
	expect_refused(&server, false, -ENOTCONN); /* no socket */
	close(bind_in(server.inner, SOCK_SEQPACKET));
	expect_refused(&server, false, -ENOTCONN); /* which nobody has open */
	server_end(&server);
	expect_conduct(HANGS_UP, -ENOTCONN);
	expect_conduct(ENDS, -ENOTCONN);
}

Test(handover, over_another_kind_of_socket_is_eprototype)
{
	struct server server = server_prepare("");
	int sock = bind_in(server.inner, SOCK_STREAM);
	MUST(listen(sock, 1) == 0);
	expect_refused(&server, false, -EPROTOTYPE);
	close(sock);
	server_end(&server);
}

static const char *vanishing;

static void vanish(void)
{
	MUST(unlink(vanishing) == 0);
}

Test(handover, of_a_file_that_vanishes_is_enoent)
{
	struct server server = server_prepare("");
	vanishing = server.ring;
	meanwhile = vanish;
	expect_refused(&server, false, -ENOENT);
	server_end(&server);
}

Test(handover, that_is_refused_says_why)
{
	struct server server = server_prepare("");
	const int errors[] = {EACCES, EPERM, ENOTCONN, EIO, EBADF};
	for (size_t i = 0; i < N_OF(errors); i++) {
		ioctl_error = errors[i];
		expect_refused(&server, false, -errors[i]);
	}
	server_end(&server);
}

/* A file system of some other kind: then the file itself is looked at. */
Test(handover, that_nobody_knows_of_opens_the_file)
{
	struct server server = server_prepare("");
	const int errors[] = {ENOTTY, EINVAL, ENOSYS, EOPNOTSUPP};
	for (size_t i = 0; i < N_OF(errors); i++) {
		struct vmap_shared *ring = NULL;
		ioctl_error = errors[i];
		cr_assert(eq(int, vmap_shared_attach(server.ring, true, &ring), 0));
		cr_expect(eq(int, vmap_shared_status(ring), 0));
		cr_expect(eq(int, (int)ring_append(ring, 10), 10));
		vmap_shared_close(ring);
	}
	server_end(&server);
}

static struct rlimit all_descriptors;

/* Not one more than there are. */
static void take_descriptors(void)
{
	int lowest = open("/dev/null", O_RDONLY | O_CLOEXEC);
	MUST(lowest >= 0);
	close(lowest);
	MUST(getrlimit(RLIMIT_NOFILE, &all_descriptors) == 0);
	struct rlimit none = {.rlim_cur = (rlim_t)lowest, .rlim_max = all_descriptors.rlim_max};
	MUST(setrlimit(RLIMIT_NOFILE, &none) == 0);
}

static void expect_emfile(const char *inner)
{
	struct server server = server_prepare(inner);
	struct vmap_shared *ring = UNMADE;
	size_t n_fds = count_fds();
	meanwhile = take_descriptors;
	int r = vmap_shared_attach(server.ring, true, &ring);
	MUST(setrlimit(RLIMIT_NOFILE, &all_descriptors) == 0);
	cr_expect(eq(int, r, -EMFILE));
	cr_expect(eq(ptr, ring, UNMADE));
	cr_expect(eq(sz, count_fds(), n_fds));
	server_end(&server);
}

Test(handover, without_a_descriptor_for_the_socket_is_emfile)
{
	char inner[128] = "/";
	memset(inner + 1, 'd', sizeof(inner) - 2);
	expect_emfile("");
	expect_emfile(inner);
}

static void on_alarm(int sig)
{
	(void)sig;
}

/* As a profiler sends them; each of them interrupts what waits. */
static void send_signals(void)
{
	struct sigaction action = {.sa_handler = on_alarm};
	MUST(sigaction(SIGALRM, &action, NULL) == 0);
	struct itimerval often = {.it_interval.tv_usec = 100000, .it_value.tv_usec = 100000};
	MUST(setitimer(ITIMER_REAL, &often, NULL) == 0);
}

/* To the thread that asks alone. */
static void server_is_undisturbed(bool yes)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	MUST(pthread_sigmask(yes ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL) == 0);
}

/* The server does hang up in the end, which is -ENOTCONN. */
Test(handover, without_an_answer_is_etimedout_whatever_signals_come)
{
	struct server server = server_prepare("");
	server.conduct = WAITS;
	struct vmap_shared *ring = UNMADE;
	server_is_undisturbed(true);
	server_start(&server);
	server_is_undisturbed(false);
	send_signals();
	cr_expect(eq(int, vmap_shared_attach(server.ring, true, &ring), -ETIMEDOUT));
	MUST(setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL) == 0);
	cr_expect(eq(ptr, ring, UNMADE));
	server_join(&server);
	server_end(&server);
}

Test(handover, without_an_answer_is_etimedout)
{
	expect_conduct(WAITS, -ETIMEDOUT);
}
