/* SPDX-License-Identifier: MIT */
/*
 * A ring whose header somebody else writes into between any two calls. The input is a list of operations: what is
 * stored where, and what is called.
 *
 * What holds: every call ends, with a result or one of the documented errors, and touches nothing outside its mapping
 * (the sanitizers' part).
 */
#include <stdint.h>

#include "../unit/helpers.h"
#include "shared/layout_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t left;
};

static uint64_t take(struct input *input, size_t n)
{
	uint64_t value = 0;
	for (; n > 0 && input->left > 0; n--, input->left--)
		value = value << 8 | *input->data++;
	return value;
}

/* Values that limits are made of, and whatever the input has. */
static uint64_t take_value(struct input *input, uint64_t capacity)
{
	const uint64_t values[] = {0, 1, capacity - 1, capacity, capacity + 1, 1u << 31, (uint64_t)1 << 32, INT64_MAX - 1,
				   INT64_MAX, (uint64_t)1 << 63, UINT64_MAX - 1, UINT64_MAX};
	enum { N = sizeof(values) / sizeof(values[0]) };
	uint64_t pick = take(input, 1);
	return pick < N ? values[pick] : pick < 128 ? take(input, 2) : take(input, 8);
}

static void expect_documented(const char *call, ssize_t r)
{
	static const int documented[] = {
		EAGAIN, EPIPE, ERANGE, EBADMSG, ESTALE, EIO, EBUSY, EMSGSIZE, EFBIG, EINVAL, EIDRM, ESHUTDOWN, ETIMEDOUT,
		EACCES, ENOSPC, ENOMSG, EPROTO, EOPNOTSUPP, EUSERS, ENOMEM,
	};
	if (r >= 0)
		return;
	for (size_t i = 0; i < sizeof(documented) / sizeof(documented[0]); i++)
		if (r == -documented[i])
			return;
	fprintf(stderr, "%s gave %zd\n", call, r);
	abort();
}

/* Store into a word that is in use, or anywhere in the header, and now and then into the geometry line. */
static void scribble(struct input *input, int fd, uint64_t header, uint64_t capacity)
{
	static const uint16_t words[] = {
		offsetof(struct shared_header, wlock), offsetof(struct shared_header, intent),
		offsetof(struct shared_header, head), offsetof(struct shared_header, floor),
		offsetof(struct shared_header, data_seq), offsetof(struct shared_header, state),
		offsetof(struct shared_header, spoilt), offsetof(struct shared_header, line_tail),
		offsetof(struct shared_header, mtime_ns), offsetof(struct shared_header, moved_head),
		offsetof(struct shared_header, tail), offsetof(struct shared_header, space_seq),
		offsetof(struct shared_header, data_waiters), offsetof(struct shared_header, overwritten),
	};
	enum { N = sizeof(words) / sizeof(words[0]) };
	uint64_t pick = take(input, 1);
	uint64_t value = take_value(input, capacity);
	if (pick < 2 * N) {
		file_put(fd, header + words[pick % N], &value, pick < N ? 8 : 4);
	} else if (pick < 248) {
		file_put(fd, header + 128 + take(input, 2) % (4096 - 128 - 8), &value, 8);
	} else if (pick < 250) {
		/* A ring of another size, for which the file is long enough. */
		MUST(ftruncate(fd, (off_t)(file_size(fd) + capacity)) == 0);
		file_put64(fd, AT_CAPACITY, (1 + value % 4) * 65536);
		header_seal(fd);
	} else {
		file_put(fd, 8 + take(input, 1) % (AT_CRC32C - 8 - 7), &value, pick % 2 ? 1 : 8);
		header_seal(fd);
	}
}

/* A lock that names the caller's own handle is waited for: for a second, where the call does not say how long. */
static void free_own_lock(int fd, uint64_t header)
{
	uint32_t word;
	file_get(fd, header + offsetof(struct shared_header, wlock), &word, sizeof(word));
	if ((word & SHARED_LOCK_OWNER) == 1)
		file_put(fd, header + offsetof(struct shared_header, wlock), &(uint32_t){0}, sizeof(word));
}

static void call(struct input *input, struct vmap_shared *ring, struct vmap_shared *reader, int fd, uint64_t *cursor)
{
	static uint8_t bytes[8 * 65536];
	struct vmap_shared_state state;
	const void *span;
	void *room;
	uint64_t what = take(input, 1) % 18;
	size_t len = (size_t)(take(input, 2) * 5);
	uint64_t capacity = (1 + len % 4) * 65536;
	enum vmap_ring_policy policy = len % 3 == 0 ? VMAP_RING_BOUNDED : VMAP_RING_OVERWRITE;
	switch (what) {
	case 0:
		expect_documented("append", vmap_shared_append_within(ring, bytes, len, 0));
		break;
	case 1:
		expect_documented("read", vmap_shared_read(len % 2 ? ring : reader, cursor, bytes, len));
		break;
	case 2:
		expect_documented("read_line", vmap_shared_read_line(len % 2 ? ring : reader, cursor, bytes, len));
		break;
	case 3: {
		ssize_t n = vmap_shared_peek(reader, cursor, &span);
		expect_documented("peek", n);
		if (n > 0)
			memcpy(bytes, span, (size_t)n < sizeof(bytes) ? (size_t)n : sizeof(bytes));
		expect_documented("check", vmap_shared_check(reader, *cursor));
		break;
	}
	case 4:
		expect_documented("seek", vmap_shared_seek(reader, (enum vmap_seek)(len % 5), take_value(input, capacity), cursor));
		break;
	case 5:
		(void)vmap_shared_oldest(reader, len % 2 ? VMAP_ALIGN_LINE : VMAP_ALIGN_BYTE);
		break;
	case 6:
		vmap_shared_get_state(len % 2 ? ring : reader, &state);
		if (state.tail > state.head || state.head - state.tail > state.capacity)
			abort();
		break;
	case 7:
		vmap_shared_get_state(ring, &state);
		expect_documented("consume", vmap_shared_consume(ring, len % 2 ? state.tail : *cursor, len));
		break;
	case 8: {
		int r = vmap_shared_reserve(ring, len, 0, &room);
		expect_documented("reserve", r);
		if (r == 0) {
			memset(room, 'r', len);
			expect_documented("commit", vmap_shared_commit(ring, len / 2));
		}
		break;
	}
	case 9:
		expect_documented("clear", vmap_shared_clear(ring));
		break;
	case 10:
		expect_documented("wait", vmap_shared_wait(len % 2 ? ring : reader, *cursor, 0));
		break;
	case 11:
		expect_documented("wait_room", vmap_shared_wait_room(ring, len, 0));
		break;
	case 12:
		expect_documented("reshape", vmap_shared_reshape(ring, capacity, policy));
		break;
	case 13:
		expect_documented("revoke", vmap_shared_revoke(ring));
		break;
	case 14:
		expect_documented("set_attributes", vmap_shared_set_attributes(ring, len));
		break;
	case 15:
		expect_documented("probe", vmap_shared_probe(fd, &state));
		break;
	case 16:
		expect_documented("reattach", vmap_shared_reattach(ring));
		expect_documented("reattach", vmap_shared_reattach(reader));
		break;
	default: {
		struct vmap_shared *other = NULL;
		int r = len % 2 ? vmap_shared_open(fd, &other) : vmap_shared_open_serve(fd, &other);
		expect_documented("open", r);
		vmap_shared_close(other);
	}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { MAX_CALLS = 200 };
	struct input input = {.data = data, .left = size};
	uint64_t shape = take(&input, 1), capacity = (1 + shape % 4) * 65536, cursor = 0;
	int fd = ring_fd_with(capacity, shape & 64 ? INT64_MAX - 100000 : 0,
			      shape & 128 ? VMAP_RING_BOUNDED : VMAP_RING_OVERWRITE);
	char path[32];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int read_only = open(path, O_RDONLY | O_CLOEXEC);
	MUST(read_only >= 0);
	struct vmap_shared *ring = ring_map(fd), *reader = ring_map(read_only);
	MUST(ring_append(ring, 30000) == 30000);
	for (int i = 0; i < MAX_CALLS && input.left > 0; i++) {
		uint64_t header = file_get64(fd, AT_DATA_OFFSET) - VMAP_SHARED_HEADER_SIZE;
		/* The geometry line may be anybody's. */
		if (header > file_size(fd) - VMAP_SHARED_HEADER_SIZE)
			header = 0;
		if (take(&input, 1) % 2)
			scribble(&input, fd, header, capacity);
		free_own_lock(fd, header);
		free_own_lock(fd, 0);
		call(&input, ring, reader, fd, &cursor);
	}
	vmap_shared_close(ring);
	vmap_shared_close(reader);
	close(read_only);
	close(fd);
	return 0;
}
