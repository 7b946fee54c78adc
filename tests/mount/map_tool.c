/* SPDX-License-Identifier: MIT */
/*
 * map_tool: does with a mapped ring what the lines on standard input say. Each is answered by a line: "ok", a space and
 * a value (bytes in hexadecimal), or the name of an errno. The cursor is at 0 after attach.
 *
 *   attach ro|rw PATH    close    reattach    status    guard    sync
 *   append TEXT|* N      "*" N times; a newline is not added
 *   reserve N            commit N
 *   read N               consume N    seek oldest|newest|POSITION    wait MS    room N MS
 *   state                head tail capacity generation
 *   reshape CAPACITY     keeping the policy
 *   fd                   the number of the ring's descriptor here
 *   churn N ro|rw PATH   attach and close, N times
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vmap/shared.h>

#define ROOM ((size_t)1 << 20)

/* No search for leaks at the end: the case that ends kills us, and a search that is killed is a report. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
	return 1;
}

static struct vmap_shared *ring;
static uint64_t cursor;
static void *span;
static char bytes[ROOM];

static int answer(long r)
{
	if (r < 0)
		printf("%s\n", strerrorname_np((int)-r));
	else
		printf("ok %ld\n", r);
	return 0;
}

static int answer_bytes(ssize_t n)
{
	if (n < 0)
		return answer(n);
	printf("ok ");
	for (ssize_t i = 0; i < n; i++)
		printf("%02x", (unsigned char)bytes[i]);
	return putchar('\n');
}

static int answer_state(void)
{
	struct vmap_shared_state s;
	vmap_shared_get_state(ring, &s);
	return printf("ok %llu %llu %llu %llu\n", (unsigned long long)s.head, (unsigned long long)s.tail,
		      (unsigned long long)s.capacity, (unsigned long long)s.generation);
}

static int attach(const char *how, const char *path)
{
	cursor = 0;
	return vmap_shared_attach(path, strcmp(how, "rw") == 0, &ring);
}

static void close_ring(void)
{
	vmap_shared_close(ring);
	ring = NULL;
}

static int churn(long n, const char *how, const char *path)
{
	int r = 0;
	for (long i = 0; i < n && r == 0; i++) {
		r = attach(how, path);
		close_ring();
	}
	return r;
}

static int seek(const char *where)
{
	if (strcmp(where, "oldest") == 0)
		return vmap_shared_seek(ring, VMAP_SEEK_OLDEST, 0, &cursor);
	if (strcmp(where, "newest") == 0)
		return vmap_shared_seek(ring, VMAP_SEEK_NEWEST, 0, &cursor);
	return vmap_shared_seek(ring, VMAP_SEEK_POSITION, strtoull(where, NULL, 10), &cursor);
}

static ssize_t append(char *text)
{
	size_t len = strlen(text);
	if (text[0] == '*') {
		len = strtoul(text + 1, NULL, 10);
		memset(bytes, '*', len);
		text = bytes;
	}
	return vmap_shared_append(ring, text, len);
}

/* What needs a ring. */
static int use(const char *verb, char *rest)
{
	size_t n = strtoul(rest, &rest, 10) % ROOM;
	if (strcmp(verb, "reattach") == 0)
		return answer(vmap_shared_reattach(ring));
	if (strcmp(verb, "status") == 0)
		return answer(vmap_shared_status(ring));
	if (strcmp(verb, "reshape") == 0)
		return answer(vmap_shared_reshape(ring, n, vmap_shared_policy(ring)));
	if (strcmp(verb, "sync") == 0)
		return answer(vmap_shared_sync(ring));
	if (strcmp(verb, "reserve") == 0)
		return answer(vmap_shared_reserve(ring, n, 0, &span));
	if (strcmp(verb, "commit") == 0) {
		memset(span, '+', n);
		return answer(vmap_shared_commit(ring, n));
	}
	if (strcmp(verb, "read") == 0)
		return answer_bytes(vmap_shared_read(ring, &cursor, bytes, n));
	if (strcmp(verb, "consume") == 0)
		return answer(vmap_shared_consume(ring, cursor - n, n));
	if (strcmp(verb, "wait") == 0)
		return answer(vmap_shared_wait(ring, cursor, (int)n));
	if (strcmp(verb, "room") == 0)
		return answer(vmap_shared_wait_room(ring, n, atoi(rest)));
	if (strcmp(verb, "state") == 0)
		return answer_state();
	if (strcmp(verb, "fd") == 0)
		return answer(vmap_shared_fd(ring));
	return answer(-ENOSYS);
}

static int obey(char *line)
{
	char *rest = line;
	const char *verb = strsep(&rest, " ");
	rest = rest ? rest : line + strlen(line);
	if (strcmp(verb, "guard") == 0)
		return answer(vmap_shared_guard());
	if (strcmp(verb, "attach") == 0) {
		const char *how = strsep(&rest, " ");
		return answer(attach(how, rest));
	}
	if (strcmp(verb, "churn") == 0) {
		long n = atol(strsep(&rest, " "));
		const char *how = strsep(&rest, " ");
		return answer(churn(n, how, rest));
	}
	if (strcmp(verb, "close") == 0)
		close_ring();
	else if (strcmp(verb, "append") == 0)
		return answer(append(rest));
	else if (strcmp(verb, "seek") == 0)
		return answer(seek(rest));
	else
		return use(verb, rest);
	return answer(0);
}

int main(void)
{
	static char line[ROOM];
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		obey(line);
	}
	close_ring();
	return 0;
}
