/* SPDX-License-Identifier: MIT */
/* The text of the control files; Prometheus's text format for the counters. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "session.h"

/* Directories in directories that are looked at; far beyond what anybody has. */
#define DEPTH_MAX 64u

static const char *const opcode_names[RFS_N_OPCODES] = {
	[0] = "other",
	[FUSE_LOOKUP] = "lookup",
	[FUSE_FORGET] = "forget",
	[FUSE_GETATTR] = "getattr",
	[FUSE_SETATTR] = "setattr",
	[FUSE_READLINK] = "readlink",
	[FUSE_SYMLINK] = "symlink",
	[FUSE_MKNOD] = "mknod",
	[FUSE_MKDIR] = "mkdir",
	[FUSE_UNLINK] = "unlink",
	[FUSE_RMDIR] = "rmdir",
	[FUSE_RENAME] = "rename",
	[FUSE_LINK] = "link",
	[FUSE_OPEN] = "open",
	[FUSE_READ] = "read",
	[FUSE_WRITE] = "write",
	[FUSE_STATFS] = "statfs",
	[FUSE_RELEASE] = "release",
	[FUSE_FSYNC] = "fsync",
	[FUSE_SETXATTR] = "setxattr",
	[FUSE_GETXATTR] = "getxattr",
	[FUSE_LISTXATTR] = "listxattr",
	[FUSE_REMOVEXATTR] = "removexattr",
	[FUSE_FLUSH] = "flush",
	[FUSE_INIT] = "init",
	[FUSE_OPENDIR] = "opendir",
	[FUSE_READDIR] = "readdir",
	[FUSE_RELEASEDIR] = "releasedir",
	[FUSE_FSYNCDIR] = "fsyncdir",
	[FUSE_GETLK] = "getlk",
	[FUSE_SETLK] = "setlk",
	[FUSE_SETLKW] = "setlkw",
	[FUSE_ACCESS] = "access",
	[FUSE_CREATE] = "create",
	[FUSE_INTERRUPT] = "interrupt",
	[FUSE_DESTROY] = "destroy",
	[FUSE_IOCTL] = "ioctl",
	[FUSE_POLL] = "poll",
	[FUSE_BATCH_FORGET] = "batch_forget",
	[FUSE_FALLOCATE] = "fallocate",
	[FUSE_RENAME2] = "rename2",
	[FUSE_LSEEK] = "lseek",
	[FUSE_COPY_FILE_RANGE] = "copy_file_range",
	[FUSE_SYNCFS] = "syncfs",
};

void rfs_metrics_request(struct rfs_metrics *metrics, uint32_t opcode, uint64_t ns)
{
	unsigned bucket = 0;
	for (uint64_t limit = 10000; bucket < RFS_N_LATENCIES - 1 && ns > limit; limit *= 10)
		bucket++;
	unsigned i = opcode < RFS_N_OPCODES && opcode_names[opcode] ? opcode : 0;
	rfs_count(&metrics->requests[i], 1);
	rfs_count(&metrics->request_ns[i], ns);
	rfs_count(&metrics->latency[bucket], 1);
}

static void print_head(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP ringfs_%s %s\n# TYPE ringfs_%s %s\n", name, help, name, type);
}

static void print_counter(FILE *out, const char *name, const char *type, const char *help, uint64_t value)
{
	print_head(out, name, type, help);
	fprintf(out, "ringfs_%s %" PRIu64 "\n", name, value);
}

static void print_seconds(FILE *out, uint64_t ns)
{
	fprintf(out, "%" PRIu64 ".%09" PRIu64 "\n", ns / 1000000000u, ns % 1000000000u);
}

static void print_requests(FILE *out, struct rfs_metrics *m)
{
	print_head(out, "requests_total", "counter", "Requests of the kernel, by kind.");
	for (unsigned i = 0; i < RFS_N_OPCODES; i++)
		if (atomic_load(&m->requests[i]) > 0)
			fprintf(out, "ringfs_requests_total{kind=\"%s\"} %" PRIu64 "\n", opcode_names[i],
				atomic_load(&m->requests[i]));
	print_head(out, "requests_handling_seconds_total", "counter",
		   "Time spent on them, by kind; waiting for bytes, room or locks does not count.");
	for (unsigned i = 0; i < RFS_N_OPCODES; i++) {
		if (atomic_load(&m->requests[i]) == 0)
			continue;
		fprintf(out, "ringfs_requests_handling_seconds_total{kind=\"%s\"} ", opcode_names[i]);
		print_seconds(out, atomic_load(&m->request_ns[i]));
	}
	static const char *const limits[RFS_N_LATENCIES] = {"0.00001", "0.0001", "0.001", "0.01", "0.1", "1", "+Inf"};
	uint64_t n = 0, ns = 0;
	print_head(out, "request_latency_seconds", "histogram", "How long each request was handled.");
	for (unsigned i = 0; i < RFS_N_LATENCIES; i++) {
		n += atomic_load(&m->latency[i]);
		fprintf(out, "ringfs_request_latency_seconds_bucket{le=\"%s\"} %" PRIu64 "\n", limits[i], n);
	}
	for (unsigned i = 0; i < RFS_N_OPCODES; i++)
		ns += atomic_load(&m->request_ns[i]);
	fprintf(out, "ringfs_request_latency_seconds_sum ");
	print_seconds(out, ns);
	fprintf(out, "ringfs_request_latency_seconds_count %" PRIu64 "\n", n);
}

/* One ring of the mount, as the metrics know it. */
struct ring_facts {
	char *path; /* from the mount's root, escaped as a label */
	struct vmap_shared_state state;
	struct rfs_node_users users;
};

struct ring_list {
	struct rfs *fs;
	const struct rfs_asker *asker;
	struct ring_facts *rings;
	size_t n, room;
};

/* The length of the character of UTF-8 at @text, 0 if there is none: too long a form, a surrogate, a stray byte. */
static size_t character_len(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	if (p[0] < 0x80)
		return 1;
	size_t len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	uint32_t c = p[0] & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3fu);
	}
	static const uint32_t smallest[] = {[2] = 0x80, [3] = 0x800, [4] = 0x10000};
	bool is_one = p[0] >= 0xc2 && p[0] <= 0xf4 && c >= smallest[len] && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
	return is_one ? len : 0;
}

/* @dir and @name as the value of a label; malloc'ed. One byte that is no UTF-8 makes the whole text unreadable to Prometheus. */
static char *label_of(const char *dir, const char *name)
{
	char *text = malloc(strlen(dir) + strlen("\\\\xff") * strlen(name) + 2);
	if (!text)
		return NULL;
	char *p = stpcpy(text, dir);
	if (p != text)
		*p++ = '/';
	for (size_t len; *name; name += len) {
		len = character_len(name);
		if (*name == '\\' || *name == '"' || *name == '\n') {
			*p++ = '\\';
			*p++ = *name == '\n' ? 'n' : *name;
		} else if (len > 0) {
			p = mempcpy(p, name, len);
		} else {
			p += sprintf(p, "\\\\x%02x", (unsigned char)*name);
			len = 1;
		}
	}
	*p = '\0';
	return text;
}

/* Takes over @path_fd and @path. What cannot be read is left out: reading it says so. */
static void add_ring(struct ring_list *list, int path_fd, const struct stat *st, char *path)
{
	struct rfs_node *node;
	struct ring_facts facts = {.path = path};
	/* By its node, whose lock keeps a chmod from being undone by our opening the file. */
	if (rfs_node_find(&list->fs->nodes, path_fd, st, &node) < 0) {
		free(path);
		return;
	}
	if (list->n == list->room) {
		size_t room = list->room ? 2 * list->room : 64;
		struct ring_facts *rings = realloc(list->rings, room * sizeof(*rings));
		if (!rings)
			goto out;
		list->rings = rings;
		list->room = room;
	}
	rfs_ring_enter(node);
	int r = rfs_node_ring_state(node, &facts.state);
	rfs_ring_leave(node);
	if (r < 0)
		goto out;
	rfs_node_users(node, &facts.users);
	list->rings[list->n++] = facts;
	path = NULL;
out:
	free(path);
	rfs_node_unref(&list->fs->nodes, node);
}

/* Could who asks list such a directory? The groups it has beside its own count for nothing here. */
static bool may_list(const struct rfs_asker *asker, const struct stat *dir)
{
	if (asker->uid == 0 || asker->uid == geteuid())
		return true;
	mode_t rights = dir->st_uid == asker->uid ? dir->st_mode >> 6 : dir->st_gid == asker->gid ? dir->st_mode >> 3 : dir->st_mode;
	return (rights & (S_IROTH | S_IXOTH)) == (S_IROTH | S_IXOTH);
}

static void list_dir(struct ring_list *list, int dir_fd, const char *path, unsigned depth)
{
	int fd;
	DIR *dir = depth > 0 && rfs_store_open_dir(dir_fd, &fd) == 0 ? fdopendir(fd) : NULL;
	if (!dir)
		return;
	for (const struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		struct stat st;
		int entry_fd;
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 || strcmp(e->d_name, RFS_CONTROL_NAME) == 0 ||
		    rfs_store_walk(dirfd(dir), e->d_name, &entry_fd, &st) < 0)
			continue;
		char *label = label_of(path, e->d_name);
		if (label && S_ISREG(st.st_mode)) {
			add_ring(list, entry_fd, &st, label);
			continue;
		}
		if (label && S_ISDIR(st.st_mode) && may_list(list->asker, &st))
			list_dir(list, entry_fd, label, depth - 1);
		free(label);
		close(entry_fd);
	}
	closedir(dir);
}

static void print_rings(FILE *out, const struct ring_list *list)
{
#define RING_METRIC(name, type, help, value)                                                                          \
	print_head(out, name, type, help);                                                                            \
	for (size_t i = 0; i < list->n; i++) {                                                                        \
		const struct ring_facts *ring = &list->rings[i];                                                      \
		fprintf(out, "ringfs_" name "{ring=\"%s\"} %" PRIu64 "\n", ring->path, (uint64_t)(value));              \
	}
	RING_METRIC("ring_capacity_bytes", "gauge", "Bytes the ring holds when full.", ring->state.capacity)
	RING_METRIC("ring_held_bytes", "gauge", "Bytes that can be read now.", ring->state.head - ring->state.tail)
	RING_METRIC("ring_head_bytes", "gauge", "Position of the next byte to be written.", ring->state.head)
	RING_METRIC("ring_written_bytes_total", "counter", "Bytes written to the ring.", ring->state.bytes)
	RING_METRIC("ring_records_total", "counter", "Writes to the ring.", ring->state.records)
	RING_METRIC("ring_overwritten_bytes_total", "counter", "Bytes that gave way to newer ones.", ring->state.overwritten)
	RING_METRIC("ring_lost_bytes_total", "counter", "Bytes overwritten before a reader came to them.", ring->state.lost)
	RING_METRIC("ring_dropped_records_total", "counter", "Writes that a full ring refused.", ring->state.dropped)
	RING_METRIC("ring_readers", "gauge", "Open files that may read it.", ring->users.readers)
	RING_METRIC("ring_writers", "gauge", "Open files that may write it.", ring->users.writers)
	RING_METRIC("ring_waiting", "gauge", "Reads and writes that wait.", ring->users.waiting)
#undef RING_METRIC
}

static void print_metrics(FILE *out, struct rfs *fs, const struct rfs_asker *asker)
{
	struct rfs_metrics *m = &fs->metrics;
	struct ring_list list = {.fs = fs, .asker = asker};
	list_dir(&list, fs->store.root_fd, "", DEPTH_MAX);
	print_counter(out, "views_opened_total", "counter", "Opens that got an inode of their own.",
		      atomic_load(&m->views_opened));
	print_counter(out, "canonical_fallbacks_total", "counter",
		      "Opens that had to share the ring's own inode.", atomic_load(&m->canonical_fallbacks));
	print_counter(out, "writes_total", "counter", "Write requests that succeeded.", atomic_load(&m->writes));
	print_counter(out, "written_bytes_total", "counter", "Bytes appended to rings.", atomic_load(&m->written_bytes));
	print_counter(out, "reads_total", "counter", "Read requests on rings.", atomic_load(&m->reads));
	print_counter(out, "read_bytes_total", "counter", "Bytes read from rings.", atomic_load(&m->read_bytes));
	print_counter(out, "lost_bytes_total", "counter", "Bytes overwritten before a sequential reader came to them.",
		      atomic_load(&m->lost_bytes));
	print_counter(out, "nodes", "gauge", "Files, directories and readers the kernel holds.",
		      rfs_nodes_count(&fs->nodes));
	print_counter(out, "handles", "gauge", "Open files and directories.", rfs_handles_count(&fs->handles));
	print_counter(out, "rings", "gauge", "Names of rings on the mount, in directories that who asks could list.", list.n);
	print_requests(out, m);
	print_rings(out, &list);
	for (size_t i = 0; i < list.n; i++)
		free(list.rings[i].path);
	free(list.rings);
}

/* Who waits for the metrics, or has his turn. */
#define WAITING_MAX 64
static struct {
	pthread_mutex_t lock; /* guards the rest */
	pthread_mutex_t turn;
	uid_t uids[WAITING_MAX];
	unsigned n;
} waiting = {.lock = PTHREAD_MUTEX_INITIALIZER, .turn = PTHREAD_MUTEX_INITIALIZER};

static int begin_waiting(uid_t uid)
{
	enum { PER_USER = 4 }; /* but for the daemon's own: others are not to wait for more */
	unsigned n = 0;
	pthread_mutex_lock(&waiting.lock);
	for (unsigned i = 0; i < waiting.n; i++)
		n += waiting.uids[i] == uid;
	bool may = waiting.n < WAITING_MAX && (n < PER_USER || uid == geteuid());
	if (may)
		waiting.uids[waiting.n++] = uid;
	pthread_mutex_unlock(&waiting.lock);
	return may ? 0 : -EBUSY;
}

static void end_waiting(uid_t uid)
{
	pthread_mutex_lock(&waiting.lock);
	unsigned i = 0;
	while (waiting.uids[i] != uid)
		i++;
	waiting.uids[i] = waiting.uids[--waiting.n];
	pthread_mutex_unlock(&waiting.lock);
}

/*
 * Looks at every ring, one thread after the other: a crowd that asks takes one processor, and never so many workers that
 * others get none. -EBUSY: too many wait.
 */
static int print_metrics_in_turn(FILE *out, struct rfs *fs, const struct rfs_asker *asker)
{
	int r = begin_waiting(asker->uid);
	if (r < 0)
		return r;
	rfs_session_may_wait();
	pthread_mutex_lock(&waiting.turn);
	print_metrics(out, fs, asker);
	pthread_mutex_unlock(&waiting.turn);
	end_waiting(asker->uid);
	return 0;
}

int rfs_control_text(struct rfs *fs, uint64_t node, const struct rfs_asker *asker, char **ret_text, size_t *ret_len)
{
	char *text = NULL;
	size_t len;
	int r = 0;
	FILE *out = open_memstream(&text, &len);
	if (!out)
		return -ENOMEM;
	if (node == RFS_NODE_VERSION)
		fprintf(out, "ringfs %s\n", RINGFS_VERSION);
	else
		r = print_metrics_in_turn(out, fs, asker);
	if (fclose(out) != 0 && r == 0)
		r = -ENOMEM;
	if (r < 0) {
		free(text);
		return r;
	}
	*ret_text = text;
	*ret_len = len;
	return 0;
}
