/* SPDX-License-Identifier: MIT */
/*
 * The store on disk or in memory.
 *
 * Invariants:
 * I1 A directory that was neither empty nor a store before is left untouched.
 * I2 One daemon at a time: the marker is locked from before the first change until the end.
 * I3 A ring gets its name last, after its header and owner are in place. All else is made by its owner.
 * I4 Who uses the mount has no way to the backing files but through it: a user who could truncate one that
 *    is mapped would end the daemon.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "options.h"
#include "store.h"

#define MARKER_PATH RFS_CONTROL_NAME "/store"
#define RINGS_PATH RFS_CONTROL_NAME "/rings"
#define ZFS_SUPER_MAGIC 0x2fc12fc1
#define BCACHEFS_SUPER_MAGIC 0xca451a4e
#define MARKER_TEXT "ringfs store 1\n"

/* The magic link of a descriptor: what *at calls without AT_EMPTY_PATH need. */
struct fd_path {
	char text[32];
};

static struct fd_path fd_path(int fd)
{
	struct fd_path path;
	snprintf(path.text, sizeof(path.text), "/proc/self/fd/%d", fd);
	return path;
}

static int store_error(const char *path, const char *why)
{
	fprintf(stderr, "ringfs: store %s: %s\n", path, why);
	return RFS_EXIT_FAILURE;
}

/* Is there anything in the directory besides our own and what a fresh file system has? */
static bool is_empty(int dir_fd)
{
	bool empty = true;
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	for (struct dirent *e = readdir(dir); e && empty; e = readdir(dir))
		empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
			strcmp(e->d_name, "lost+found") == 0 || strcmp(e->d_name, RFS_CONTROL_NAME) == 0;
	closedir(dir);
	return empty;
}

/* Lock the marker, and check what it says; one that says nothing is ours, made by somebody who was killed. */
static int claim_marker(const struct rfs_store *store)
{
	if (flock(store->lock_fd, LOCK_EX | LOCK_NB) < 0)
		return store_error(store->path, errno == EWOULDBLOCK ? "already used by another ringfs" : strerror(errno));
	char text[sizeof(MARKER_TEXT)] = "";
	ssize_t n = pread(store->lock_fd, text, sizeof(text) - 1, 0);
	if (n == 0) {
		n = write(store->lock_fd, MARKER_TEXT, strlen(MARKER_TEXT));
		if (n == (ssize_t)strlen(MARKER_TEXT))
			return 0;
		return store_error(store->path, n < 0 ? strerror(errno) : strerror(ENOSPC));
	}
	if (n < 0)
		return store_error(store->path, strerror(errno));
	if (strcmp(text, MARKER_TEXT) != 0)
		return store_error(store->path, "of another version or damaged (" MARKER_PATH ")");
	return 0;
}

/* What somebody put in the place of our own is not followed, opened or replaced. */
static int foreign(const struct rfs_store *store, const char *what)
{
	char why[80];
	snprintf(why, sizeof(why), "damaged (%s)", what);
	return store_error(store->path, why);
}

/* Open the marker, or make it in a store that is being made. */
static int open_marker(struct rfs_store *store, int dir_fd)
{
	/* Not waiting for the writer of a FIFO. */
	int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	struct stat st;
	int fd = openat(dir_fd, MARKER_PATH, flags);
	if (fd < 0 && errno == ENOENT) {
		if (!is_empty(dir_fd))
			return store_error(store->path, "neither empty nor a ringfs store"); /* keeps I1 */
		fd = openat(dir_fd, MARKER_PATH, flags | O_CREAT, 0600);
	}
	if (fd < 0 && errno != EISDIR && errno != ELOOP && errno != ENXIO)
		return store_error(store->path, strerror(errno));
	store->lock_fd = fd;
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return foreign(store, MARKER_PATH " is no regular file");
	return 0;
}

/*
 * Open or make what is ours in the directory. A kill at any point leaves something that the next start
 * completes: the directory, then the marker, then its text, then the directory of the rings.
 */
static int open_control(struct rfs_store *store, int dir_fd)
{
	struct stat st;
	int r = fstatat(dir_fd, RFS_CONTROL_NAME, &st, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
	if (r == -ENOENT) {
		if (!is_empty(dir_fd))
			return store_error(store->path, "neither empty nor a ringfs store"); /* keeps I1 */
		/* Nobody else enters: others come to the rings through the mount, never past it (keeps I4). */
		store->is_new = mkdirat(dir_fd, RFS_CONTROL_NAME, 0700) == 0;
		r = store->is_new || errno == EEXIST ? 0 : -errno;
	} else if (r == 0 && !S_ISDIR(st.st_mode)) {
		return foreign(store, RFS_CONTROL_NAME " is no directory");
	}
	if (r < 0)
		return store_error(store->path, strerror(-r));
	r = open_marker(store, dir_fd);
	if (r == 0)
		r = claim_marker(store);
	if (r != 0)
		return r;
	if (mkdirat(dir_fd, RINGS_PATH, 0755) < 0 && errno != EEXIST)
		return store_error(store->path, strerror(errno));
	store->root_fd = openat(dir_fd, RINGS_PATH, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (store->root_fd < 0 && errno == ENOTDIR)
		return foreign(store, RINGS_PATH " is no directory");
	return store->root_fd < 0 ? store_error(store->path, strerror(errno)) : 0;
}

/* Can rings be made here at all? The first thing that touches the store. */
static int check_usable(const struct rfs_store *store, int dir_fd)
{
	struct statfs fs;
	if (fstatfs(dir_fd, &fs) < 0)
		return store_error(store->path, strerror(errno));
	/* There a page that is written again may find the disk full, whatever was reserved: a signal, no error. */
	if (fs.f_type == BTRFS_SUPER_MAGIC || fs.f_type == ZFS_SUPER_MAGIC || fs.f_type == BCACHEFS_SUPER_MAGIC)
		return store_error(store->path, "on a copy-on-write file system, which cannot keep room for rings");
	int fd = openat(dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0) {
		close(fd);
		return 0;
	}
	/* Could be made, had it room: the rings that are there need none, and in a new store we shall see. */
	if (errno == ENOSPC || errno == EDQUOT)
		return 0;
	if (errno == EOPNOTSUPP || errno == EISDIR)
		return store_error(store->path, "its file system cannot hold rings (no O_TMPFILE)");
	if (errno == EACCES || errno == EPERM)
		return store_error(store->path, "not writable");
	return store_error(store->path, errno == EROFS ? "on a read-only file system" : strerror(errno));
}

static int check_capacity(const struct rfs_store *store, int dir_fd, uint64_t capacity)
{
	struct statvfs vfs;
	if (fstatvfs(dir_fd, &vfs) < 0)
		return store_error(store->path, strerror(errno));
	uint64_t total = (uint64_t)vfs.f_blocks * vfs.f_frsize;
	/* A file system without a size says 0. */
	if (total != 0 && capacity > total) {
		fprintf(stderr, "ringfs: size %llu: larger than the store %s can ever hold (%llu bytes)\n",
			(unsigned long long)capacity, store->path, (unsigned long long)total);
		return RFS_EXIT_FAILURE;
	}
	return 0;
}

static int make_private(struct rfs_store *store)
{
	const char *parents[] = {"/dev/shm", getenv("XDG_RUNTIME_DIR")};
	for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]); i++) {
		char *path = NULL;
		if (!parents[i] || asprintf(&path, "%s/ringfs-XXXXXX", parents[i]) < 0)
			continue;
		if (mkdtemp(path)) {
			store->path = path;
			store->is_private = true;
			return 0;
		}
		free(path);
	}
	fprintf(stderr,
		"ringfs: no place for a store in memory (/dev/shm, $XDG_RUNTIME_DIR): %s; name a directory as SOURCE\n",
		strerror(errno));
	return RFS_EXIT_FAILURE;
}

static bool is_in_memory(int fd)
{
	struct statfs fs;
	return fstatfs(fd, &fs) == 0 && (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC);
}

static int open_checked(struct rfs_store *store, uint64_t capacity)
{
	int dir_fd = open(store->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0)
		return store_error(store->path, strerror(errno));
	store->in_memory = is_in_memory(dir_fd);
	store->privileged = geteuid() == 0;
	int r = check_usable(store, dir_fd);
	if (r == 0)
		r = check_capacity(store, dir_fd, capacity);
	if (r == 0)
		r = open_control(store, dir_fd); /* keeps I2 */
	close(dir_fd);
	return r;
}

int rfs_store_open(struct rfs_store *store, const char *path, uint64_t capacity)
{
	*store = (struct rfs_store){.root_fd = -1, .lock_fd = -1};
	pthread_mutex_init(&store->defaults_lock, NULL);
	int r = 0;
	if (path) {
		store->path = realpath(path, NULL);
		if (!store->path)
			return store_error(path, errno == ENOENT ? "no such directory" : strerror(errno));
	} else {
		r = make_private(store);
	}
	if (r == 0)
		r = open_checked(store, capacity);
	if (r != 0)
		rfs_store_close(store, true);
	return r;
}

bool rfs_store_is_at(const char *path)
{
	struct stat st;
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool found = fd >= 0 && fstatat(fd, MARKER_PATH, &st, AT_SYMLINK_NOFOLLOW) == 0;
	if (fd >= 0)
		close(fd);
	return found;
}

bool rfs_store_contains(const struct rfs_store *store, const char *path)
{
	size_t n = strlen(store->path);
	return strncmp(path, store->path, n) == 0 && (path[n] == '\0' || path[n] == '/' || n == 1);
}

static DIR *open_listing(int parent_fd, const char *name)
{
	int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

static bool is_dots(const struct dirent *e)
{
	return strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
}

/* Remove @name if it is no directory, or an empty one. */
static bool remove_one(int parent_fd, const char *name)
{
	return unlinkat(parent_fd, name, 0) == 0 || unlinkat(parent_fd, name, AT_REMOVEDIR) == 0;
}

/*
 * Remove the directory @name of @top_fd with what is in it, whatever modes its owner gave to directories; those in it that
 * are not empty get a number in @top_fd for a name, from *next on. False: nothing could be done.
 */
static bool flatten(int top_fd, const char *name, unsigned *next)
{
	bool progress = false;
	(void)fchmodat(top_fd, name, 0700, 0);
	DIR *dir = open_listing(top_fd, name);
	if (!dir)
		return false;
	for (const struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		char number[16];
		if (is_dots(e))
			continue;
		bool done = remove_one(dirfd(dir), e->d_name);
		if (!done)
			(void)fchmodat(dirfd(dir), e->d_name, 0700, 0);
		while (!done) {
			snprintf(number, sizeof(number), "%u", (*next)++);
			done = renameat2(dirfd(dir), e->d_name, top_fd, number, RENAME_NOREPLACE) == 0;
			if (!done && errno != EEXIST)
				break;
		}
		progress = progress || done;
	}
	closedir(dir);
	return unlinkat(top_fd, name, AT_REMOVEDIR) == 0 || progress;
}

/* Remove the directory @path and all below it, however many levels there are. Best effort. */
static void remove_tree(const char *path)
{
	unsigned next = 0;
	for (bool progress = true; progress;) {
		DIR *top = open_listing(AT_FDCWD, path);
		progress = false;
		if (!top)
			break;
		for (const struct dirent *e = readdir(top); e; e = readdir(top))
			if (!is_dots(e) && (remove_one(dirfd(top), e->d_name) || flatten(dirfd(top), e->d_name, &next)))
				progress = true;
		closedir(top);
	}
	rmdir(path);
}

void rfs_store_close(struct rfs_store *store, bool discard)
{
	if (store->is_private) {
		remove_tree(store->path);
	} else if (discard && store->is_new) {
		int dir_fd = open(store->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		unlinkat(dir_fd, RINGS_PATH, AT_REMOVEDIR);
		unlinkat(dir_fd, MARKER_PATH, 0);
		unlinkat(dir_fd, RFS_CONTROL_NAME, AT_REMOVEDIR);
		close(dir_fd);
	}
	if (store->lock_fd >= 0)
		close(store->lock_fd);
	if (store->root_fd >= 0)
		close(store->root_fd);
	free(store->path);
	*store = (struct rfs_store){.root_fd = -1, .lock_fd = -1};
}

int rfs_store_open_error(void)
{
	return errno == EMFILE ? -ENFILE : -errno;
}

int rfs_store_walk(int parent_fd, const char *name, int *ret_fd, struct stat *ret_stat)
{
	int fd = openat(parent_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return rfs_store_open_error();
	int r = rfs_store_stat(fd, ret_stat);
	if (r < 0) {
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

int rfs_store_stat(int path_fd, struct stat *ret_stat)
{
	return fstatat(path_fd, "", ret_stat, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

/* Our own looking at a file is no access by a user of the mount: the time of that is what utimensat(2) made it. */
static int open_unseen(const char *path, int access)
{
	/* Nonblocking, for a process that has the file mapped may have a lease on it, too. */
	int flags = access | O_CLOEXEC | O_NONBLOCK;
	int fd = open(path, flags | O_NOATIME);
	return fd < 0 && errno == EPERM ? open(path, flags) : fd;
}

int rfs_store_open_ring(int path_fd, int access, int *ret_fd)
{
	struct fd_path path = fd_path(path_fd);
	int fd = open_unseen(path.text, access);
	if (fd < 0 && errno == EACCES) {
		/* Our own file with a mode that shuts out its owner (0444, 0200): the mount's users are bound by
		 * the mode, the daemon that keeps the bytes for them is not. */
		struct stat st;
		int r = rfs_store_stat(path_fd, &st);
		if (r < 0)
			return r;
		if (chmod(path.text, (st.st_mode & 07777) | 0600) < 0)
			return -EACCES;
		fd = open_unseen(path.text, access);
		r = fd < 0 ? rfs_store_open_error() : 0;
		if (chmod(path.text, st.st_mode & 07777) < 0 && r == 0)
			r = -errno;
		if (r < 0) {
			if (fd >= 0)
				close(fd);
			return r;
		}
	}
	if (fd < 0)
		return errno == EAGAIN ? -EBUSY : rfs_store_open_error();
	*ret_fd = fd;
	return 0;
}

int rfs_store_open_sealed(int path_fd, int *ret_fd)
{
	int tree = open_tree(path_fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0)
		return -errno;
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
	int r = mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0 ? -errno : 0;
	if (r == 0)
		r = rfs_store_open_ring(tree, O_RDONLY, ret_fd);
	close(tree);
	return r;
}

int rfs_store_open_dir(int path_fd, int *ret_fd)
{
	int fd = openat(path_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return rfs_store_open_error();
	*ret_fd = fd;
	return 0;
}

/* The group of what is made in a setgid directory is the directory's: the kernel has set it already. */
static gid_t group_for(int parent_fd, const struct rfs_creator *creator)
{
	struct stat st;
	if (rfs_store_stat(parent_fd, &st) == 0 && (st.st_mode & S_ISGID))
		return (gid_t)-1;
	return creator->gid;
}

static void act_as_ourselves(const struct rfs_store *store)
{
	if (!store->privileged)
		return;
	setfsuid(geteuid());
	setfsgid(getegid());
	prctl(PR_SET_DUMPABLE, 1); /* another number for files takes that away */
}

/*
 * Until act_as_ourselves(), what this thread makes is @creator's from the first moment: a daemon that is killed leaves nobody
 * a directory that is not his. Whether he may, the kernel has looked at, and by groups that we do not know: so the thread keeps
 * its capabilities. Where it cannot, hand_over() alone must do.
 */
static void act_as(const struct rfs_store *store, const struct rfs_creator *creator)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct capabilities[_LINUX_CAPABILITY_U32S_3];
	if (!store->privileged || syscall(SYS_capget, &header, capabilities) < 0)
		return;
	setfsgid(creator->gid);
	setfsuid(creator->uid);
	if (syscall(SYS_capset, &header, capabilities) < 0)
		act_as_ourselves(store);
}

/* See to it that what was just made at @name is its creator's; take it away again if it cannot be. */
static int hand_over(const struct rfs_store *store, int parent_fd, const char *name, const struct rfs_creator *creator,
		     int unlink_flags)
{
	if (!store->privileged)
		return 0;
	if (fchownat(parent_fd, name, creator->uid, group_for(parent_fd, creator), AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	int r = -errno;
	unlinkat(parent_fd, name, unlink_flags);
	return r;
}

static bool is_removed(int path_fd)
{
	struct stat st;
	return rfs_store_stat(path_fd, &st) == 0 && st.st_nlink == 0;
}

int rfs_store_create_ring(const struct rfs_store *store, int parent_fd, const char *name,
			  const struct rfs_creator *creator, const struct rfs_ringattr *attr)
{
	struct vmap_shared_options options = {
		.capacity = attr->capacity,
		.policy = (enum vmap_ring_policy)rfs_ringattr_choice(attr->choices, RFS_RINGATTR_POLICY),
		.attributes = attr->choices,
	};
	int fd = openat(parent_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0) {
		int error = rfs_store_open_error();
		/* Of a directory that was removed (with the store, past the mount) ext4 says this. */
		return error == -EPERM && is_removed(parent_fd) ? -ENOENT : error;
	}
	int r = vmap_shared_format(fd, &options);
	if (r == 0 && store->privileged && fchown(fd, creator->uid, group_for(parent_fd, creator)) < 0)
		r = -errno;
	/* After the change of owner, which clears bits. */
	if (r == 0 && fchmod(fd, creator->mode & 07777) < 0)
		r = -errno;
	if (r == 0 && linkat(AT_FDCWD, fd_path(fd).text, parent_fd, name, AT_SYMLINK_FOLLOW) < 0)
		r = -errno; /* keeps I3 */
	close(fd);
	return r;
}

int rfs_store_create_dir(const struct rfs_store *store, int parent_fd, const char *name,
			 const struct rfs_creator *creator)
{
	act_as(store, creator); /* keeps I3 */
	int r = mkdirat(parent_fd, name, creator->mode & 07777) < 0 ? -errno : 0;
	act_as_ourselves(store);
	return r < 0 ? r : hand_over(store, parent_fd, name, creator, AT_REMOVEDIR);
}

int rfs_store_create_special(const struct rfs_store *store, int parent_fd, const char *name,
			     const struct rfs_creator *creator)
{
	act_as(store, creator); /* keeps I3 */
	int r = mknodat(parent_fd, name, creator->mode, 0) < 0 ? -errno : 0;
	act_as_ourselves(store);
	return r < 0 ? r : hand_over(store, parent_fd, name, creator, 0);
}

int rfs_store_create_symlink(const struct rfs_store *store, int parent_fd, const char *name,
			     const struct rfs_creator *creator, const char *target)
{
	act_as(store, creator); /* keeps I3 */
	int r = symlinkat(target, parent_fd, name) < 0 ? -errno : 0;
	act_as_ourselves(store);
	return r < 0 ? r : hand_over(store, parent_fd, name, creator, 0);
}

int rfs_store_link(int path_fd, int parent_fd, const char *name)
{
	return linkat(AT_FDCWD, fd_path(path_fd).text, parent_fd, name, AT_SYMLINK_FOLLOW) < 0 ? -errno : 0;
}

int rfs_store_chmod(int path_fd, mode_t mode)
{
	return chmod(fd_path(path_fd).text, mode & 07777) < 0 ? -errno : 0;
}

int rfs_store_chown(int path_fd, uid_t uid, gid_t gid)
{
	return fchownat(path_fd, "", uid, gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

int rfs_store_utimens(int path_fd, const struct timespec times[2])
{
	/* utimensat() of glibc refuses AT_EMPTY_PATH with a NULL path only; "" works since Linux 5.8. */
	return utimensat(path_fd, "", times, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}
