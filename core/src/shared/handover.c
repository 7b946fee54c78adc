/* SPDX-License-Identifier: MIT */
/*
 * The client's side of vmap/handover.h: from a path in a mount to a mapped ring.
 *
 * Invariants:
 * I1 Nothing of the mount stays open: it can be unmounted while the ring is mapped.
 * I2 Every wait for the server is bounded.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <vmap/handover.h>

#include "shared_priv.h"

#define ANSWER_MS 2000

/* What ioctl(2) takes, of which the system looks at 32 bits. */
#ifdef __GLIBC__
typedef unsigned long ioctl_request;
#else
typedef int ioctl_request;
#endif

/* The server's answer in @msg: two descriptors, or none. */
static int take_descriptors(struct msghdr *msg, int fds[2])
{
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);
	if (!cmsg || cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
		return -EPROTO;
	size_t n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	int got[4];
	memcpy(got, CMSG_DATA(cmsg), (n < 4 ? n : 4) * sizeof(int));
	if (n == 2) {
		fds[0] = got[0];
		fds[1] = got[1];
		return 0;
	}
	for (size_t i = 0; i < n && i < 4; i++)
		close(got[i]);
	return -EPROTO;
}

static int receive(int sock, struct vmap_handover *ret_handover, int fds[2])
{
	struct pollfd poll_fd = {.fd = sock, .events = POLLIN};
	uint64_t start = vmap_os_monotonic_ns();
	uint64_t gone_ms = 0;
	int n_ready;
	do {
		n_ready = poll(&poll_fd, 1, ANSWER_MS - (int)gone_ms);
		gone_ms = (vmap_os_monotonic_ns() - start) / 1000000;
	} while (n_ready < 0 && errno == EINTR && gone_ms < ANSWER_MS); /* keeps I2, whatever signals come */
	if (n_ready <= 0)
		return n_ready < 0 && errno != EINTR ? -errno : -ETIMEDOUT;
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(4 * sizeof(int))] = {0};
	struct vmap_handover handover;
	struct iovec iov = {.iov_base = &handover, .iov_len = sizeof(handover)};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	if (n < 0)
		return errno == ECONNRESET ? -ENOTCONN : -errno; /* the server has ended before it saw us */
	if (n == 0 && !CMSG_FIRSTHDR(&msg))
		return -ENOTCONN; /* it has ended since, or does not know us */
	int r = take_descriptors(&msg, fds);
	if (r == 0 && ((size_t)n < sizeof(handover) || handover.version != VMAP_HANDOVER_VERSION)) {
		close(fds[0]);
		close(fds[1]);
		r = -EPROTO;
	}
	if (r == 0)
		*ret_handover = handover;
	return r;
}

/* Connect to the socket @name in the directory of @path, whatever the length of that. */
static int connect_beside(const char *path, const char *name)
{
	char *real = realpath(path, NULL);
	if (!real)
		return -errno;
	*strrchr(real, '/') = '\0';
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int len = snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", real, name);
	int dir = -1;
	int r = 0;
	int sock = -1;
#ifdef O_PATH
	/* Addresses of sockets are short. Only then, for not everybody has /proc. */
	if ((size_t)len >= sizeof(address.sun_path)) {
		dir = open(real, O_PATH | O_DIRECTORY | O_CLOEXEC);
		r = dir < 0 ? -errno : 0;
		len = snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", dir, name);
	}
#endif
	free(real);
	if (r == 0 && (size_t)len >= sizeof(address.sun_path))
		r = -ENAMETOOLONG;
	if (r == 0) {
		sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
		r = sock < 0 ? -errno : 0;
	}
	while (r == 0 && connect(sock, (struct sockaddr *)&address, sizeof(address)) < 0)
		if (errno != EINTR) /* no socket, or nobody behind it: the server has gone */
			r = errno == ENOENT || errno == ECONNREFUSED ? -ENOTCONN : -errno;
	if (dir >= 0)
		close(dir);
	if (r < 0 && sock >= 0)
		close(sock);
	return r < 0 ? r : sock;
}

/* The ring behind @fd, which is the file at @path in a mount, if it is that. -ENOTTY it is not. */
static int ask_server(int fd, const char *path, int *ret_fd, int *ret_lifeline)
{
	struct vmap_handover_ticket ticket = {0};
	if (ioctl(fd, (ioctl_request)VMAP_IOC_HANDOVER, &ticket) < 0)
		return -errno;
	if (ticket.version != VMAP_HANDOVER_VERSION || !memchr(ticket.name, '\0', sizeof(ticket.name)) ||
	    strchr(ticket.name, '/'))
		return -EPROTO;
	int sock = connect_beside(path, ticket.name);
	if (sock < 0)
		return sock;
	struct vmap_handover handover;
	int fds[2] = {-1, -1};
	int r = receive(sock, &handover, fds);
	close(sock);
	if (r < 0)
		return r;
	*ret_fd = fds[0];
	*ret_lifeline = fds[1];
	return 0;
}

int vmap_shared_attach(const char *path, bool write, struct vmap_shared **ret_ring)
{
	/* Nonblocking, or a FIFO would hold us here, only to be refused. */
	int file = open(path, (write ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (file < 0)
		return -errno;
	int fd = -1;
	int lifeline = -1;
	int r = ask_server(file, path, &fd, &lifeline);
	if (r == -ENOTTY || r == -EINVAL || r == -ENOSYS || r == -EOPNOTSUPP)
		r = vmap_shared_open(file, ret_ring); /* no file of a server: perhaps a ring itself */
	else if (r == 0)
		r = vmap_shared_open(fd, ret_ring);
	close(file); /* keeps I1 */
	if (fd >= 0)
		close(fd);
	if (r == 0)
		(*ret_ring)->lifeline = lifeline;
	else if (lifeline >= 0)
		close(lifeline);
	return r;
}

int shared_check_lifeline(const struct vmap_shared *ring)
{
	char byte;
	if (ring->lifeline < 0)
		return 0;
	ssize_t n = recv(ring->lifeline, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) ? -ENOTCONN : 0;
}

static bool tell_server(const struct vmap_shared *ring, enum vmap_handover_kind kind, uint64_t value)
{
	struct vmap_handover_note note = {.kind = (uint32_t)kind, .value = value};
	return ring->lifeline >= 0 &&
	       send(ring->lifeline, &note, sizeof(note), MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof(note);
}

bool shared_ask_to_be_woken(const struct vmap_shared *ring, uint64_t cursor)
{
	return tell_server(ring, VMAP_HANDOVER_SLEEPS, cursor);
}

void shared_tell_lost(const struct vmap_shared *ring, uint64_t bytes)
{
	(void)tell_server(ring, VMAP_HANDOVER_LOST, bytes);
}

int vmap_shared_status(const struct vmap_shared *ring)
{
	int r = shared_check_state(ring);
	return r < 0 ? r : shared_check_lifeline(ring);
}
