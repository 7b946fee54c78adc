/* SPDX-License-Identifier: MIT */
/*
 * Handing rings over: tickets, sockets and lifelines.
 *
 * Invariants:
 * I1 A socket is bound for SOCKET_MS at most, so it never keeps the mount busy for longer.
 * I2 A client holds a reference of its node, and from the hand-over until its lifeline ends a use of the mapping.
 * I3 Only the thread for sockets takes a client out of the list.
 * I4 The ring goes only to a process of the user who asked, which knows the name that nobody else was told.
 * I5 What is handed over for reading gives no way to write, unless its user may have that, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <vmap/handover.h>

#include "handover.h"
#include "lockout.h"
#include "ops.h"
#include "session.h"
#include "stream.h"
#include "watch.h"

#define SOCKET_MS 2000
#define TELL_MS 1000
#define NAME_PREFIX ".ringfs-map."

enum client_state {
	CLIENT_ASKS,   /* the ioctl waits for the socket */
	CLIENT_INVITED, /* fd listens */
	CLIENT_MAPPED, /* fd is our end of the lifeline */
	CLIENT_GONE,
};

struct rfs_client {
	struct rfs_client *next;
	enum client_state state;
	fuse_req_t req; /* while it asks */
	struct rfs_node *node;
	bool writable;
	uid_t uid;
	char name[sizeof(((struct vmap_handover_ticket *)0)->name)];
	struct rfs_node *socket_node; /* while the socket is bound; with a reference */
	uint64_t found_in; /* the directory in which the kernel has found it last */
	int ring_fd; /* what is handed over; -1 afterwards */
	int fd;
	uint64_t deadline_ms; /* of the invitation */
	bool sleeps;          /* it has asked to be woken */
	bool is_late;         /* ... twice, from different positions: the first is behind the head */
	uint64_t sleeps_at;   /* where it found the head */
	uint64_t overwritten; /* what the ring had lost when it came, and what it has told of since */
};

static uint64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

void rfs_handover_init(struct rfs_handover *handover)
{
	*handover = (struct rfs_handover){.wake_fd = -1};
	pthread_mutex_init(&handover->lock, NULL);
}

/* Others look at the state of a client under the lock; the thread for sockets alone changes it. */
static void set_state(struct rfs *fs, struct rfs_client *client, enum client_state state)
{
	pthread_mutex_lock(&fs->handover.lock);
	client->state = state;
	pthread_mutex_unlock(&fs->handover.lock);
}

static void wake_sockets_thread(const struct rfs_handover *handover)
{
	uint64_t one = 1;
	(void)!write(handover->wake_fd, &one, sizeof(one));
}

/* Bind and listen under the client's name in /.ringfs of the mount: our own mknod request comes back to us. */
static int bind_socket(const struct rfs *fs, const char *name)
{
	/* By a descriptor, since addresses of sockets are short and mountpoints may be long; closed again at once. */
	int dir = open(fs->mountpoint, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int len = snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/" RFS_CONTROL_NAME "/%s", dir, name);
	int r = len < 0 || (size_t)len >= sizeof(address.sun_path) ? -ENAMETOOLONG : 0;
	int sock = -1;
	if (r == 0) {
		sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		r = sock < 0 ? -errno : 0;
	}
	if (r == 0 && (bind(sock, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(sock, 1) < 0))
		r = -errno;
	close(dir);
	if (r < 0 && sock >= 0)
		close(sock);
	return r < 0 ? r : sock;
}

static void invite(struct rfs *fs, struct rfs_client *client)
{
	int sock = bind_socket(fs, client->name);
	if (sock < 0) {
		/* A mount with `ro` has no place for a socket, as its user knows; and one that has just ended has none. */
		if (sock != -EROFS && sock != -ENOTCONN && sock != -ECONNABORTED)
			fuse_log(FUSE_LOG_ERR, "ringfs: cannot hand over a ring: no socket in %s: %s\n", fs->mountpoint,
				 strerror(-sock));
		fuse_reply_err(client->req, sock == -EMFILE ? ENFILE : sock == -EROFS ? EROFS : EIO);
		client->req = NULL;
		set_state(fs, client, CLIENT_GONE);
		return;
	}
	struct vmap_handover_ticket ticket = {.version = VMAP_HANDOVER_VERSION};
	memcpy(ticket.name, client->name, sizeof(ticket.name));
	client->fd = sock;
	client->deadline_ms = now_ms() + SOCKET_MS;
	set_state(fs, client, CLIENT_INVITED);
	if (fuse_reply_ioctl(client->req, 0, &ticket, sizeof(ticket)) != 0)
		set_state(fs, client, CLIENT_GONE);
	client->req = NULL;
}

static int send_ring(int sock, const struct rfs_client *client, int lifeline)
{
	struct vmap_handover handover = {.version = VMAP_HANDOVER_VERSION, .writable = client->writable};
	struct iovec iov = {.iov_base = &handover, .iov_len = sizeof(handover)};
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = {0};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(2 * sizeof(int));
	int fds[2] = {client->ring_fd, lifeline};
	memcpy(CMSG_DATA(cmsg), fds, sizeof(fds));
	return sendmsg(sock, &msg, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* The client's use of the ring begins here, before it can do anything with it. */
static int begin_use(struct rfs *fs, struct rfs_client *client)
{
	struct vmap_shared *ring;
	struct rfs_node *node = client->node;
	int r = rfs_node_map(node, &ring);
	if (r < 0)
		return r;
	pthread_mutex_lock(&node->park.lock);
	node->park.n_readers += !client->writable;
	node->park.n_writers += client->writable;
	node->park.n_mapped_writers += client->writable;
	pthread_mutex_unlock(&node->park.lock);
	struct vmap_shared_state state;
	if (rfs_ring_try_enter(node)) {
		vmap_shared_get_state(ring, &state);
		client->overwritten = state.overwritten;
		rfs_ring_leave(node);
	}
	vmap_shared_ring_bell(&fs->handover.bell);
	return 0;
}

static void end_use(struct rfs *fs, struct rfs_client *client)
{
	struct rfs_node *node = client->node;
	pthread_mutex_lock(&node->park.lock);
	node->park.n_readers -= !client->writable;
	node->park.n_writers -= client->writable;
	node->park.n_mapped_writers -= client->writable;
	pthread_mutex_unlock(&node->park.lock);
	/* Readers may be at the end now. */
	rfs_lockout_wake(fs, node);
	rfs_node_unmap(node);
	vmap_shared_ring_bell(&fs->handover.bell);
}

/* From now on it is told of the end of the mount; false: that was told before. */
static bool become_mapped(struct rfs *fs, struct rfs_client *client)
{
	pthread_mutex_lock(&fs->handover.lock);
	bool ends = fs->handover.ends;
	if (!ends)
		client->state = CLIENT_MAPPED;
	pthread_mutex_unlock(&fs->handover.lock);
	return !ends;
}

/* Somebody has connected. Who is of another user is sent away, and the socket waits on; keeps I4. */
static void hand_over(struct rfs *fs, struct rfs_client *client)
{
	int sock = accept4(client->fd, NULL, NULL, SOCK_CLOEXEC);
	if (sock < 0)
		return;
	struct ucred peer;
	socklen_t len = sizeof(peer);
	int r = 0;
	int lifeline[2] = {-1, -1};
	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 || peer.uid != client->uid) {
		close(sock);
		return;
	}
	close(client->fd);
	client->fd = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, lifeline) < 0)
		r = -errno;
	if (r == 0)
		r = begin_use(fs, client);
	if (r == 0 && !become_mapped(fs, client)) {
		end_use(fs, client);
		r = -ENOTCONN;
	}
	if (r == 0) {
		client->fd = lifeline[0];
		lifeline[0] = -1;
		/* One that does not take it lets go of its end, too. */
		(void)send_ring(sock, client, lifeline[1]);
	}
	if (r < 0)
		set_state(fs, client, CLIENT_GONE);
	close(sock);
	close(client->ring_fd);
	client->ring_fd = -1;
	for (int i = 0; i < 2; i++)
		if (lifeline[i] >= 0)
			close(lifeline[i]);
}

/*
 * The kernel keeps every name it has found for as long as it has the memory, and with it the node. An older one has to be told
 * name by name, and waits for locks of their directories meanwhile, with which others may be waiting for this daemon.
 */
static void forget_socket(struct rfs *fs, uint64_t id, uint64_t found_in, const char *name)
{
	if (rfs_prune_notify(fs, &id, 1) == 0)
		return;
	(void)fuse_lowlevel_notify_inval_entry(fs->session, RFS_NODE_CONTROL, name, strlen(name));
	if (found_in != 0)
		(void)fuse_lowlevel_notify_inval_entry(fs->session, found_in, name, strlen(name));
}

/* The name is free again, and the mount idle; keeps I1. */
static void drop_socket(struct rfs *fs, struct rfs_client *client)
{
	char name[sizeof(client->name)];
	if (client->state != CLIENT_MAPPED && client->fd >= 0) {
		close(client->fd); /* which uses the name */
		client->fd = -1;
	}
	pthread_mutex_lock(&fs->handover.lock);
	struct rfs_node *node = client->socket_node;
	bool ends = fs->handover.ends;
	uint64_t found_in = client->found_in;
	client->socket_node = NULL;
	memcpy(name, client->name, sizeof(name));
	client->name[0] = '\0';
	pthread_mutex_unlock(&fs->handover.lock);
	if (!node)
		return;
	uint64_t id = node->slot.id;
	rfs_node_unref(&fs->nodes, node);
	if (!ends)
		forget_socket(fs, id, found_in, name);
}

/* It sleeps, and found the head at @position. */
static void hear_sleep(struct rfs *fs, struct rfs_client *client, uint64_t position)
{
	pthread_mutex_lock(&fs->handover.lock);
	bool is_news = !client->sleeps || client->sleeps_at != position;
	client->is_late = client->sleeps && (client->is_late || client->sleeps_at != position);
	client->sleeps = true;
	client->sleeps_at = position;
	pthread_mutex_unlock(&fs->handover.lock);
	if (is_news)
		vmap_shared_ring_bell(&fs->handover.bell);
}

/* It has missed @bytes. It may lie, but not of more than gave way since it came. */
static void hear_lost(struct rfs *fs, struct rfs_client *client, uint64_t bytes)
{
	struct vmap_shared_state state;
	if (!rfs_ring_try_enter(client->node))
		return; /* a statistic is not worth waiting for a change of shape */
	vmap_shared_get_state(client->node->ring, &state);
	uint64_t gone = state.overwritten - client->overwritten;
	bytes = bytes < gone ? bytes : gone;
	client->overwritten += bytes;
	vmap_shared_count_lost(client->node->ring, bytes);
	rfs_ring_leave(client->node);
	rfs_count(&fs->metrics.lost_bytes, bytes);
}

/* Hear what @client says. Its lifeline has ended: false. */
static bool hear(struct rfs *fs, struct rfs_client *client)
{
	/* A client that says more than it may listens to itself; others are not to wait for that. */
	for (unsigned i = 0; i < 16; i++) {
		struct vmap_handover_note note;
		ssize_t n = recv(client->fd, &note, sizeof(note), MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			return false;
		if (n < 0)
			break;
		if (n != (ssize_t)sizeof(note))
			continue;
		if (note.kind == VMAP_HANDOVER_SLEEPS)
			hear_sleep(fs, client, note.value);
		else if (note.kind == VMAP_HANDOVER_LOST && !client->writable)
			hear_lost(fs, client, note.value);
	}
	return true;
}

/* What @client does next, given what poll(2) said of its descriptor. */
static void step(struct rfs *fs, struct rfs_client *client, short events)
{
	switch (client->state) {
	case CLIENT_ASKS:
		invite(fs, client);
		if (client->state == CLIENT_GONE)
			drop_socket(fs, client);
		break;
	case CLIENT_INVITED:
		if (events & POLLIN)
			hand_over(fs, client);
		/* Also when others keep connecting; keeps I1. */
		if (client->state == CLIENT_INVITED && now_ms() >= client->deadline_ms)
			set_state(fs, client, CLIENT_GONE);
		if (client->state != CLIENT_INVITED)
			drop_socket(fs, client);
		break;
	case CLIENT_MAPPED:
		if (events != 0 && !hear(fs, client)) {
			set_state(fs, client, CLIENT_GONE);
			end_use(fs, client);
		}
		break;
	case CLIENT_GONE:
		break;
	}
}

static void free_client(struct rfs *fs, struct rfs_client *client)
{
	if (client->req)
		fuse_reply_err(client->req, ENOTCONN);
	if (client->state == CLIENT_MAPPED)
		end_use(fs, client);
	drop_socket(fs, client);
	if (client->ring_fd >= 0)
		close(client->ring_fd);
	if (client->fd >= 0)
		close(client->fd);
	rfs_node_unref(&fs->nodes, client->node);
	free(client);
}

/* Take out who is gone; keeps I3. */
static void sweep(struct rfs *fs)
{
	struct rfs_handover *handover = &fs->handover;
	struct rfs_client *gone = NULL;
	pthread_mutex_lock(&handover->lock);
	for (struct rfs_client **at = &handover->clients; *at;) {
		struct rfs_client *client = *at;
		if (client->state != CLIENT_GONE) {
			at = &client->next;
			continue;
		}
		*at = client->next;
		client->next = gone;
		gone = client;
		handover->n_clients--;
	}
	pthread_mutex_unlock(&handover->lock);
	while (gone) {
		struct rfs_client *client = gone;
		gone = client->next;
		free_client(fs, client);
	}
}

/* The clients as they are now, and what to poll of each; the number of them. */
static size_t snapshot(struct rfs_handover *handover, struct rfs_client **clients, struct pollfd *fds, int *ret_timeout)
{
	size_t n = 0;
	int timeout = -1;
	pthread_mutex_lock(&handover->lock);
	for (struct rfs_client *client = handover->clients; client && n < RFS_CLIENTS_MAX; client = client->next) {
		clients[n] = client;
		fds[n] = (struct pollfd){.fd = client->fd, .events = POLLIN};
		if (client->state == CLIENT_ASKS)
			timeout = 0;
		else if (client->state == CLIENT_INVITED && timeout < 0)
			timeout = SOCKET_MS / 20;
		n++;
	}
	pthread_mutex_unlock(&handover->lock);
	*ret_timeout = timeout;
	return n;
}

static void *run_sockets(void *arg)
{
	struct rfs *fs = arg;
	struct rfs_handover *handover = &fs->handover;
	static struct rfs_client *clients[RFS_CLIENTS_MAX]; /* one such thread in a process */
	static struct pollfd fds[RFS_CLIENTS_MAX + 1];
	for (;;) {
		int timeout;
		size_t n = snapshot(handover, clients, fds, &timeout);
		fds[n] = (struct pollfd){.fd = handover->wake_fd, .events = POLLIN};
		if (poll(fds, n + 1, timeout) < 0)
			for (size_t i = 0; i <= n; i++)
				fds[i].revents = 0;
		uint64_t count;
		if (fds[n].revents & POLLIN)
			(void)!read(handover->wake_fd, &count, sizeof(count));
		pthread_mutex_lock(&handover->lock);
		bool ends = handover->ends;
		pthread_mutex_unlock(&handover->lock);
		if (ends)
			return NULL;
		for (size_t i = 0; i < n; i++)
			step(fs, clients[i], fds[i].revents);
		sweep(fs);
	}
}

/* Under the lock. */
static int start(struct rfs *fs)
{
	struct rfs_handover *handover = &fs->handover;
	if (handover->ends)
		return -ENOTCONN;
	if (handover->running)
		return 0;
	if (handover->wake_fd < 0)
		handover->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (handover->wake_fd < 0)
		return -errno;
	/* One after the other, each for good: without the second the next hand-over tries again. */
	int r = 0;
	if (!handover->has_watch)
		r = -pthread_create(&handover->watch_thread, NULL, rfs_watch_run, fs);
	handover->has_watch = handover->has_watch || r == 0;
	if (r == 0)
		r = -pthread_create(&handover->sockets_thread, NULL, run_sockets, fs);
	handover->running = r == 0;
	return r;
}

static int make_name(char *name, size_t size)
{
	uint8_t bytes[16];
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return -EIO;
	size_t at = (size_t)snprintf(name, size, NAME_PREFIX);
	for (size_t i = 0; i < sizeof(bytes); i++)
		at += (size_t)snprintf(name + at, size - at, "%02x", bytes[i]);
	return 0;
}

/* May @uid map the ring that is open as @handle for writing (@write), by the ring's attribute? */
static bool map_allows(const struct rfs *fs, const struct rfs_handle *handle, const struct stat *st, uid_t uid, bool write)
{
	switch (rfs_ringattr_effective(vmap_shared_attributes(handle->ring), fs->options.attributes.choices,
				       RFS_RINGATTR_MAP)) {
	case RFS_MAP_NONE:
		return false;
	case RFS_MAP_RO:
		return !write;
	case RFS_MAP_RW:
		return true;
	default:
		return !write || uid == 0 || st->st_uid == uid;
	}
}

/* What @uid gets for @handle; keeps I5. */
static int open_for(const struct rfs *fs, const struct rfs_handle *handle, struct rfs_node *node, uid_t uid, int *ret_fd)
{
	struct stat st;
	int r = rfs_node_stat(node, &st);
	if (r < 0)
		return r;
	if (!handle->readable || !map_allows(fs, handle, &st, uid, handle->writable))
		return -EACCES;
	if (handle->writable)
		return rfs_node_open_file(node, O_RDWR, ret_fd);
	rfs_session_may_wait(); /* making a mount takes a moment */
	if (rfs_node_open_sealed(node, ret_fd) == 0)
		return 0;
	/* Then the file's mode is all that keeps /proc/self/fd from giving more. Its owner could change that. */
	bool may_write = (st.st_mode & (S_IWGRP | S_IWOTH)) != 0 && st.st_uid != uid;
	if (may_write && !map_allows(fs, handle, &st, uid, true))
		return -EACCES;
	return rfs_node_open_file(node, O_RDONLY, ret_fd);
}

/* Under the lock: is there a place for one more client of @uid? One user does not get all there are. */
static int check_limits(const struct rfs_handover *handover, uid_t uid)
{
	uint32_t n = 0;
	for (const struct rfs_client *client = handover->clients; client; client = client->next)
		n += client->uid == uid;
	return handover->n_clients < RFS_CLIENTS_MAX && (n < RFS_CLIENTS_PER_USER || uid == geteuid()) ? 0 : -EUSERS;
}

void rfs_handover_request(struct rfs *fs, fuse_req_t req, const struct rfs_handle *handle, uid_t uid)
{
	struct rfs_handover *handover = &fs->handover;
	struct rfs_node *node = rfs_node_get(&fs->nodes, handle->node);
	struct rfs_client *client = calloc(1, sizeof(*client));
	int r = client ? make_name(client->name, sizeof(client->name)) : -ENOMEM;
	if (r == 0)
		r = open_for(fs, handle, node, uid, &client->ring_fd);
	if (r < 0) {
		free(client);
		fuse_reply_err(req, -r);
		return;
	}
	client->state = CLIENT_ASKS;
	client->req = req;
	client->node = node;
	client->writable = handle->writable;
	client->uid = uid;
	client->fd = -1;
	rfs_node_ref(&fs->nodes, node);
	pthread_mutex_lock(&handover->lock);
	r = check_limits(handover, uid);
	if (r == 0)
		r = start(fs);
	if (r == 0) {
		client->next = handover->clients;
		handover->clients = client;
		handover->n_clients++;
	}
	pthread_mutex_unlock(&handover->lock);
	if (r == 0) {
		wake_sockets_thread(handover);
		return;
	}
	rfs_node_unref(&fs->nodes, node);
	close(client->ring_fd);
	free(client);
	fuse_reply_err(req, -r);
}

/* Under the lock. */
static struct rfs_client *find_client(struct rfs_handover *handover, const char *name)
{
	if (strncmp(name, NAME_PREFIX, sizeof(NAME_PREFIX) - 1) != 0)
		return NULL;
	struct rfs_client *client = handover->clients;
	while (client && strcmp(client->name, name) != 0)
		client = client->next;
	return client;
}

struct rfs_node *rfs_handover_find(struct rfs *fs, uint64_t directory, const char *name)
{
	pthread_mutex_lock(&fs->handover.lock);
	struct rfs_client *client = find_client(&fs->handover, name);
	struct rfs_node *node = client ? client->socket_node : NULL;
	if (node) {
		rfs_node_ref(&fs->nodes, node);
		client->found_in = directory;
	}
	pthread_mutex_unlock(&fs->handover.lock);
	return node;
}

struct rfs_node *rfs_handover_mknod(struct rfs *fs, const char *name, mode_t mode)
{
	struct rfs_node *node = NULL;
	pthread_mutex_lock(&fs->handover.lock);
	struct rfs_client *client = S_ISSOCK(mode) ? find_client(&fs->handover, name) : NULL;
	if (client && !client->socket_node && rfs_node_create_socket(&fs->nodes, &node) == 0) {
		client->socket_node = node;
		rfs_node_ref(&fs->nodes, node);
	}
	pthread_mutex_unlock(&fs->handover.lock);
	return node;
}

void rfs_handover_clients(struct rfs *fs, uint64_t node, struct rfs_node_clients *ret_clients)
{
	struct rfs_node_clients clients = {0};
	pthread_mutex_lock(&fs->handover.lock);
	for (const struct rfs_client *client = fs->handover.clients; client; client = client->next) {
		if (client->state != CLIENT_MAPPED || client->node->slot.id != node)
			continue;
		clients.writers += client->writable;
		clients.readers += !client->writable;
	}
	pthread_mutex_unlock(&fs->handover.lock);
	*ret_clients = clients;
}

/* Up to @max nodes whose rings are mapped by clients, or only those to be watched; each with a reference. */
static size_t mapped_nodes(struct rfs *fs, bool watched, struct rfs_node **ret_nodes, size_t max)
{
	size_t n = 0;
	pthread_mutex_lock(&fs->handover.lock);
	for (struct rfs_client *client = fs->handover.clients; client && n < max; client = client->next) {
		bool skip = client->state != CLIENT_MAPPED || (watched && !client->writable && !client->sleeps);
		/* One of several clients of a ring is enough. */
		for (size_t i = 0; i < n && !skip; i++)
			skip = ret_nodes[i] == client->node;
		if (skip)
			continue;
		rfs_node_ref(&fs->nodes, client->node);
		ret_nodes[n++] = client->node;
	}
	pthread_mutex_unlock(&fs->handover.lock);
	return n;
}

size_t rfs_handover_watched(struct rfs *fs, struct rfs_node **ret_nodes, size_t max)
{
	return mapped_nodes(fs, true, ret_nodes, max);
}

static bool sleeps_on(const struct rfs_client *client, const struct rfs_node *node)
{
	return client->state == CLIENT_MAPPED && client->node == node && client->sleeps;
}

bool rfs_handover_has_sleepers(struct rfs *fs, const struct rfs_node *node)
{
	bool found = false;
	pthread_mutex_lock(&fs->handover.lock);
	for (const struct rfs_client *client = fs->handover.clients; client && !found; client = client->next)
		found = sleeps_on(client, node);
	pthread_mutex_unlock(&fs->handover.lock);
	return found;
}

bool rfs_handover_wake(struct rfs *fs, const struct rfs_node *node, uint64_t head)
{
	bool found = false;
	pthread_mutex_lock(&fs->handover.lock);
	for (struct rfs_client *client = fs->handover.clients; client; client = client->next) {
		if (!sleeps_on(client, node) || (client->sleeps_at == head && !client->is_late))
			continue;
		client->sleeps = client->sleeps_at == head;
		client->is_late = false;
		found = true;
	}
	pthread_mutex_unlock(&fs->handover.lock);
	return found;
}

static bool has_no_name(const struct rfs_node *node)
{
	struct stat st;
	return fstatat(node->fd, "", &st, AT_EMPTY_PATH) == 0 && st.st_nlink == 0;
}

/*
 * @waits: for a change of shape. Otherwise it is told later, by rfs_handover_tell_again(): a ring whose shape its owner keeps changing
 * would hold up whoever removes a name in the mount, and with him all who use that directory.
 */
static void tell_clients_of(struct rfs *fs, struct rfs_node *node, bool removed, bool waits)
{
	struct vmap_shared *ring;
	if (rfs_node_map(node, &ring) < 0)
		return;
	if (waits)
		rfs_ring_enter(node);
	if (waits || rfs_ring_try_enter(node)) {
		vmap_shared_end(ring, removed);
		rfs_ring_leave(node);
	} else {
		rfs_lockout_wake(fs, node);
	}
	rfs_node_unmap(node);
}

/* Tell the clients of all mapped rings that have no name any more, or of all at the end of the mount. */
static void tell_clients(struct rfs *fs, bool at_end)
{
	struct rfs_node **nodes = malloc(RFS_CLIENTS_MAX * sizeof(struct rfs_node *));
	size_t n = nodes ? mapped_nodes(fs, false, nodes, RFS_CLIENTS_MAX) : 0;
	for (size_t i = 0; i < n; i++) {
		bool removed = has_no_name(nodes[i]) || (at_end && fs->store.is_private);
		if (removed || at_end)
			tell_clients_of(fs, nodes[i], removed, at_end);
		rfs_node_unref(&fs->nodes, nodes[i]);
	}
	free(nodes);
}

void rfs_handover_name_gone(struct rfs *fs)
{
	pthread_mutex_lock(&fs->handover.lock);
	bool nobody = fs->handover.n_clients == 0;
	pthread_mutex_unlock(&fs->handover.lock);
	if (!nobody)
		tell_clients(fs, false);
}

void rfs_handover_tell_again(struct rfs *fs)
{
	uint64_t now = now_ms();
	if (now - fs->handover.told_ms < TELL_MS)
		return;
	fs->handover.told_ms = now;
	tell_clients(fs, false);
}

void rfs_handover_end(struct rfs *fs)
{
	struct rfs_handover *handover = &fs->handover;
	pthread_mutex_lock(&handover->lock);
	handover->ends = true; /* first, so that nobody comes between: see become_mapped() */
	pthread_mutex_unlock(&handover->lock);
	tell_clients(fs, true);
	vmap_shared_ring_bell(&handover->bell);
	if (handover->wake_fd >= 0)
		wake_sockets_thread(handover);
}

void rfs_handover_finish(struct rfs *fs)
{
	struct rfs_handover *handover = &fs->handover;
	if (handover->running)
		pthread_join(handover->sockets_thread, NULL);
	if (handover->has_watch)
		pthread_join(handover->watch_thread, NULL);
	while (handover->clients) {
		struct rfs_client *client = handover->clients;
		handover->clients = client->next;
		client->req = NULL; /* the connection is gone, and with it who waited */
		free_client(fs, client);
	}
	rfs_lockout_finish(&fs->lockout);
	if (handover->wake_fd >= 0)
		close(handover->wake_fd);
	pthread_mutex_destroy(&handover->lock);
}
