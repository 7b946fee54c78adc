/* SPDX-License-Identifier: MIT */
/*
 * What the tests need of a POSIX system: files without a name, what a process holds, limits.
 *
 * system_windows.h has the same names. What a system cannot do returns false or -1, and the test that
 * needs it is skipped.
 */
#ifndef TESTS_UNIT_SYSTEM_UNIX_H
#define TESTS_UNIT_SYSTEM_UNIX_H

#include <dirent.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <vmap/error.h>

/* Where the tests expect what only some systems say. */
#define OPERATION_MAP_WITHOUT_RIGHT VMAP_OPERATION_MAP_FILE
#define ERROR_READ_OF_DIRECTORY EISDIR
#define ERROR_BELOW_A_FILE ENOTDIR
#define CODE_OF_NO_PATH ENOENT
#define EXEC_CAN_BE_ADDED true /* to the rights of pages that were mapped without it */

static inline size_t system_page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* Whether the system's own code belongs to that error. */
static inline bool system_code_fits(struct vmap_error error)
{
	return error.system_code == -error.result;
}

static inline const char *system_text(int code)
{
	return strerror(code);
}

static inline int memfd_empty(void)
{
	int fd = memfd_create("ring-under-test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	MUST(fd >= 0);
	return fd;
}

/* An unnamed file with @len bytes, open for reading and writing. */
static inline int unnamed_file(const void *bytes, size_t len)
{
	int fd = memfd_create("file-under-test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	MUST(fd >= 0);
	MUST(write(fd, bytes, len) == (ssize_t)len);
	return fd;
}

/* The same file, opened once more with @flags. */
static inline int fd_reopen(int fd, int flags)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int other = open(path, flags | O_CLOEXEC);
	MUST(other >= 0);
	return other;
}

static inline int null_open(int flags)
{
	return open("/dev/null", flags | O_CLOEXEC);
}

/* A file whose disk is full; -1 where there is none. */
static inline int full_open(void)
{
	return open("/dev/full", O_WRONLY | O_CLOEXEC);
}

/* Root is bound by no file's mode, so become somebody else; false where that cannot be. */
static inline bool user_is_bound_by_modes(const char *read_only)
{
	if (geteuid() != 0)
		return true;
	if (seteuid(65534) < 0)
		return false;
	/* Where the way to it is closed to others, nothing can be told by it. */
	if (faccessat(AT_FDCWD, read_only, R_OK, AT_EACCESS) == 0)
		return true;
	MUST(seteuid(0) == 0);
	return false;
}

static inline void user_is_free_again(void)
{
	MUST(seteuid(getuid()) == 0);
}

static inline bool pipe_is_empty(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	return poll(&poll_fd, 1, 0) == 0;
}

static inline int directory_open(void)
{
	return open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static inline int socket_open(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static inline bool fifo_create(const char *path)
{
	return mkfifo(path, 0600) == 0;
}

static inline bool fd_is_inherited(int fd)
{
	return (fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0;
}

static inline bool fd_waits(int fd)
{
	return (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0;
}

/* Neither written nor longer from now on. */
static inline bool fd_seal(int fd)
{
	return fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW) == 0;
}

/* Bytes for which the file has room on the disk. */
static inline uint64_t fd_allocated(int fd)
{
	struct stat st;
	MUST(fstat(fd, &st) == 0);
	return (uint64_t)st.st_blocks * 512;
}

static inline size_t count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	MUST(dir != NULL);
	size_t n = 0;
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* Mappings of this process whose line in /proc/self/maps holds @word. */
static inline size_t count_maps(const char *word)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	MUST(maps != NULL);
	char line[4096];
	size_t n = 0;
	while (fgets(line, sizeof(line), maps))
		n += strstr(line, word) != NULL;
	fclose(maps);
	return n;
}

/* Whether valgrind checks what is handed to system calls. */
static inline bool under_memcheck(void)
{
	return count_maps("vgpreload_memcheck") > 0;
}

/* More address space than any process has; what asks for it twice gets ENOMEM. */
#define TOO_MUCH_SPACE ((size_t)1 << (sizeof(size_t) == 8 ? 46 : 30))

/* Whether that is so: valgrind answers for the kernel, and with EINVAL. */
static inline bool space_ends_with_enomem(void)
{
	void *p = mmap(NULL, 2 * TOO_MUCH_SPACE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return errno == ENOMEM;
	munmap(p, 2 * TOO_MUCH_SPACE);
	return false;
}

/*
 * Address space in use, in bytes: sees reservations that the kernel merges into one line. Under an emulator
 * it would be the emulator's, and is nothing.
 */
static inline uint64_t address_space(void)
{
	if (getenv("VMAP_TEST_EMULATED"))
		return 0;
	FILE *statm = fopen("/proc/self/statm", "re");
	MUST(statm != NULL);
	unsigned long long n_pages = 0;
	MUST(fscanf(statm, "%llu", &n_pages) == 1);
	fclose(statm);
	return n_pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Whether the page at @address can be written, found out without a signal; the byte there stays. */
static inline bool can_be_written(const void *address)
{
	int pipe_fds[2];
	MUST(pipe(pipe_fds) == 0);
	MUST(write(pipe_fds[1], address, 1) == 1);
	ssize_t n = read(pipe_fds[0], (void *)(uintptr_t)address, 1);
	MUST(n == 1 || errno == EFAULT);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	return n == 1;
}

/* The number behind @word in a file of /proc. */
static inline size_t proc_number(const char *path, const char *word)
{
	FILE *file = fopen(path, "re");
	MUST(file != NULL);
	char line[4096];
	size_t number = 0;
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, word, strlen(word)) == 0)
			number = strtoul(line + strlen(word), NULL, 10);
	fclose(file);
	return number;
}

/* Kilobytes that this process has locked. */
static inline size_t locked_kib(void)
{
	return proc_number("/proc/self/status", "VmLck:");
}

/* Sanitizers swallow mlock: skip what needs it to work. */
static inline bool lock_works(void)
{
	size_t len = (size_t)sysconf(_SC_PAGESIZE);
	void *base = mmap(NULL, len, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(base != MAP_FAILED);
	size_t before = locked_kib();
	bool works = mlock(base, len) < 0 || locked_kib() != before;
	munmap(base, len);
	return works;
}

/* The rights in /proc/self/maps of the page at @address, "rw-s" for example. */
static inline void rights_at(const void *address, char rights[5])
{
	/* Without a stream, whose buffer may be put where the page was. */
	static char maps[1 << 20];
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	MUST(fd >= 0);
	size_t len = 0;
	ssize_t n;
	while ((n = read(fd, maps + len, sizeof(maps) - 1 - len)) > 0)
		len += (size_t)n;
	MUST(n == 0);
	close(fd);
	maps[len] = '\0';
	strcpy(rights, "none");
	for (const char *line = maps; *line; line = strchr(line, '\n') + 1) {
		unsigned long start;
		unsigned long end;
		char found[5];
		MUST(sscanf(line, "%lx-%lx %4s", &start, &end, found) == 3);
		if (start <= (uintptr_t)address && (uintptr_t)address < end)
			strcpy(rights, found);
	}
}

/* Whether rights_at() sees a page; qemu's /proc/self/maps leaves pages out that are larger than the host's. */
static inline bool rights_are_shown(void)
{
	void *base = mmap(NULL, 5, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	MUST(base != MAP_FAILED);
	char rights[5];
	rights_at(base, rights);
	munmap(base, 5);
	return strcmp(rights, "r--s") == 0;
}

/* What a process holds; equal before and after whatever gives all back. */
struct holdings {
	size_t n_fds;
	size_t n_file_maps; /* of files under test, of shared memory, of memory shared with children */
	size_t virtual_kib;
};

static inline struct holdings holdings_now(void)
{
	struct holdings now = {0};
	now.n_fds = count_fds();
	/* Under an emulator that would be the emulator's, and valgrind takes more as it likes. */
	bool is_ours = !getenv("VMAP_TEST_EMULATED") && !under_memcheck();
	now.virtual_kib = is_ours ? proc_number("/proc/self/status", "VmSize:") : 0;
	if (!rights_are_shown())
		return now;
	FILE *maps = fopen("/proc/self/maps", "re");
	MUST(maps != NULL);
	char line[4096];
	while (fgets(line, sizeof(line), maps))
		now.n_file_maps += strstr(line, "under-test") || strstr(line, "vmap-test.") ||
				   strstr(line, "memfd:vmap") || strstr(line, "/dev/shm/vmap-") ||
				   strstr(line, "/dev/zero");
	fclose(maps);
	return now;
}

/* Whether the system says why it does not map that file for writing at a fixed place; qemu may say anything. */
static inline bool fixed_map_says_why(int read_only_fd)
{
	size_t len = system_page_size();
	void *base = mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(base != MAP_FAILED);
	void *again = mmap(base, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, read_only_fd, 0);
	bool works = again == MAP_FAILED && errno == EACCES;
	munmap(base, len);
	return works;
}

/* Whether advice about no memory is refused: qemu takes any. */
static inline bool advice_is_checked(void)
{
	size_t len = system_page_size();
	void *base = mmap(NULL, len, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(base != MAP_FAILED && munmap(base, len) == 0);
	return posix_madvise(base, len, POSIX_MADV_RANDOM) != 0;
}

/* Address space to be in the way with; NULL if there is none. */
static inline void *space_take(size_t len)
{
	void *base = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return base == MAP_FAILED ? NULL : base;
}

static inline void space_give_back(void *base, size_t len)
{
	munmap(base, len);
}

/* Calls @body with no descriptor to be had; false where the system has no such limit. */
static inline bool without_descriptors(int (*body)(void *), void *arg, int *ret_result)
{
	struct rlimit limit;
	MUST(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	struct rlimit none = {.rlim_cur = 0, .rlim_max = limit.rlim_max};
	MUST(setrlimit(RLIMIT_NOFILE, &none) == 0);
	*ret_result = body(arg);
	MUST(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	return true;
}

/* Calls @body in a child process that has this one's memory; false where there is none. */
static inline bool in_child(void (*body)(void *), void *arg)
{
	pid_t child = fork();
	MUST(child >= 0);
	if (child == 0) {
		body(arg);
		_exit(0);
	}
	MUST(waitpid(child, NULL, 0) == child);
	return true;
}

/* From now on this process may lock @len bytes; false where nobody can say so. */
static inline bool limit_locking(size_t len)
{
	/* Root may lock as much as it likes; this number is nobody's on every system. */
	if (geteuid() == 0 && setuid(65534) < 0)
		return false;
	struct rlimit rlimit = {.rlim_cur = (rlim_t)len, .rlim_max = (rlim_t)len};
	return setrlimit(RLIMIT_MEMLOCK, &rlimit) == 0;
}

#endif
