/* SPDX-License-Identifier: MIT */
/* Start and end of the daemon: options, checks, store, mount, loop, and the way back. */
#include <errno.h>
#include <fuse_lowlevel.h>
#include <mntent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <syslog.h>
#include <unistd.h>

#include "fs.h"
#include "ops.h"
#include "session.h"

static int mount_error(const char *mountpoint, const char *why)
{
	fprintf(stderr, "ringfs: mountpoint %s: %s\n", mountpoint, why);
	return RFS_EXIT_FAILURE;
}

/* Is a ringfs the topmost mount on @path, an absolute one without links? */
static bool is_ringfs(const char *path)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	bool found = false;
	if (!mounts)
		return false;
	for (const struct mntent *m = getmntent(mounts); m; m = getmntent(mounts))
		if (strcmp(m->mnt_dir, path) == 0)
			found = strcmp(m->mnt_type, "fuse.ringfs") == 0;
	endmntent(mounts);
	return found;
}

/* *ret_path is the mountpoint, absolute and without links, malloc'ed. */
static int check_mountpoint(const char *mountpoint, char **ret_path)
{
	struct stat st;
	struct statvfs vfs; /* asks the daemon of a mount, where stat may be answered from memory */
	char *path = realpath(mountpoint, NULL);
	const char *why = NULL;
	if (!path || stat(path, &st) < 0 || statvfs(path, &vfs) < 0)
		why = errno == ENOENT ? "no such directory" :
		      errno == ENOTCONN ? "a dead FUSE mount is there; unmount it first, with fusermount3 -uz" : strerror(errno);
	else if (!S_ISDIR(st.st_mode))
		why = "not a directory";
	else if (is_ringfs(path))
		why = "a ringfs is mounted there already";
	else if (rfs_store_is_at(path))
		why = "is a store of rings: expected the directory to mount it on (ringfs SOURCE MOUNTPOINT)";
	if (why) {
		free(path);
		return mount_error(mountpoint, why);
	}
	*ret_path = path;
	return 0;
}

/* libfuse calls itself "fuse" where the user has only heard of ringfs. */
__attribute__((format(printf, 2, 0)))
static void log_to_stderr(enum fuse_log_level level, const char *format, va_list args)
{
	(void)level;
	if (strncmp(format, "fuse: ", 6) == 0) {
		fputs("ringfs: ", stderr);
		format += 6;
	}
	vfprintf(stderr, format, args);
}

__attribute__((format(printf, 2, 0)))
static void log_to_syslog(enum fuse_log_level level, const char *format, va_list args)
{
	vsyslog((int)level, format, args); /* the same numbers */
}

/* Each known file is a descriptor, each open ring another. */
static void raise_limits(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int serve(struct rfs *fs)
{
	if (fuse_daemonize(fs->options.foreground) != 0)
		return RFS_EXIT_FAILURE;
	if (!fs->options.foreground) {
		openlog("ringfs", LOG_PID, LOG_DAEMON);
		fuse_set_log_func(log_to_syslog);
	}
	rfs_prune_start(fs);
	int r = rfs_session_run(fs);
	rfs_prune_finish(fs);
	rfs_handover_end(fs);
	rfs_locks_abandon(&fs->locks, &fs->nodes, -ENOTCONN);
	rfs_park_abandon(fs, ENOTCONN);
	if (r < 0)
		fuse_log(FUSE_LOG_ERR, "ringfs: %s\n", strerror(-r));
	return r < 0 ? RFS_EXIT_FAILURE : 0;
}

/* The store is open; mount, serve, and take down what was put up. */
static int mount_and_serve(struct rfs *fs, struct fuse_args *args, const char *mountpoint, bool *ret_mounted)
{
	int r = RFS_EXIT_FAILURE;
	if (rfs_nodes_init(&fs->nodes, fs->store.root_fd) < 0) {
		fprintf(stderr, "ringfs: out of memory\n");
		return r;
	}
	rfs_handles_init(&fs->handles);
	rfs_views_init(&fs->views);
	rfs_park_users_init(&fs->park_users);
	rfs_locks_init(&fs->locks, rfs_lock_done);
	rfs_handover_init(&fs->handover);
	rfs_lockout_init(&fs->lockout);
	fs->session = fuse_session_new(args, &rfs_ops, sizeof(rfs_ops), fs);
	if (!fs->session) {
		r = RFS_EXIT_USAGE; /* libfuse has named the option */
		rfs_handover_finish(fs);
		goto out;
	}
	if (fuse_session_mount(fs->session, mountpoint) == 0) {
		*ret_mounted = true;
		r = serve(fs);
		fuse_session_unmount(fs->session);
	}
	rfs_handover_finish(fs); /* the connection is cut: whoever waited for an answer of ours has one */
	fuse_session_destroy(fs->session);
out:
	rfs_handles_finish(&fs->handles);
	rfs_nodes_finish(&fs->nodes);
	rfs_views_finish(&fs->views);
	rfs_park_users_finish(&fs->park_users);
	rfs_locks_finish(&fs->locks);
	return r;
}

static int run(struct rfs *fs, struct fuse_args *args)
{
	char *mountpoint;
	int r = check_mountpoint(fs->options.mountpoint, &mountpoint);
	if (r != 0)
		return r;
	r = rfs_store_open(&fs->store, fs->options.store, fs->options.attributes.capacity);
	if (r == 0 && rfs_store_contains(&fs->store, mountpoint)) {
		fprintf(stderr, "ringfs: mountpoint %s: %s is inside the store %s\n", fs->options.mountpoint, mountpoint,
			fs->store.path);
		rfs_store_close(&fs->store, true);
		r = RFS_EXIT_FAILURE;
	}
	if (r == 0) {
		bool mounted = false;
		fs->mountpoint = mountpoint;
		r = mount_and_serve(fs, args, mountpoint, &mounted);
		rfs_store_close(&fs->store, !mounted);
	}
	free(mountpoint);
	return r;
}

int main(int argc, char *argv[])
{
	struct fuse_args args = FUSE_ARGS_INIT(argc, argv);
	struct rfs *fs = calloc(1, sizeof(*fs));
	if (!fs)
		return RFS_EXIT_FAILURE;
	fuse_set_log_func(log_to_stderr);
	int r = rfs_options_parse(&args, &fs->options);
	if (r == 0 && fs->options.show_help) {
		rfs_print_help("ringfs");
	} else if (r == 0 && fs->options.show_version) {
		printf("ringfs %s\nlibfuse %s\n", RINGFS_VERSION, fuse_pkgversion());
	} else if (r == 0) {
		umask(0); /* the kernel has applied the program's */
		raise_limits();
		rfs_session_block_signals();
		vmap_shared_guard(); /* a ring that somebody cuts short is EIO for that ring */
		r = run(fs, &args);
	}
	rfs_options_finish(&fs->options);
	fuse_opt_free_args(&args);
	free(fs);
	return r;
}
