/* SPDX-License-Identifier: MIT */
/*
 * A ring in a file or memfd that any number of processes map, read and append to at once.
 *
 * A 64 KiB header, then the bytes; docs/FORMAT.md has both. It is what ringfs keeps behind each of its files. The
 * ring is mapped mirrored, positions are free-running byte counts below 2^63 that live in the header, so a ring that
 * is closed and opened again, or whose processes were killed at any instruction, goes on where it was.
 *
 * A handle (struct vmap_shared) is for one process: any number of its threads use it at once, except where a function
 * says otherwise, but not a child after fork(2). Every process, or thread that likes, opens its own. Handles of the
 * same ring in other processes never count as "others" below: all of this may be done beside them.
 *
 * Threads: as said here, where a function says nothing else.
 *
 * Writers take a lock in the ring for some nanoseconds. One that is killed with it holds up the others until the
 * kernel has closed its files and for 2 ms more at most: so often they ask it whether the owner lives. One that is
 * stopped (SIGSTOP, a debugger) just then holds up the others, which give up with -EBUSY after a second; ringfs locks
 * it out then. Readers never wait for anybody, and a handle from a read-only descriptor reads from read-only memory.
 *
 * Errors that every function on a handle can have: -ESTALE the ring was given another shape (capacity, policy):
 * vmap_shared_reattach() finds it; -EIO its file was cut short under it; -EBADMSG its header is damaged, as only a
 * process that writes past this library can do. Functions that write, of a handle that cannot: -EACCES; else,
 * -EIDRM the ring has lost its last name, or -ESHUTDOWN who served it has ended, both as vmap_shared_end() said.
 */
#ifndef VMAP_SHARED_H
#define VMAP_SHARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <vmap/ring.h>
#include <vmap/size.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Capacities are multiples of this: every page size in use, and what Windows maps by. */
#define VMAP_SHARED_UNIT ((uint64_t)65536)
/** The largest capacity: 16 TiB, so that header, both halves and guards fit into 47 bits of addresses. */
#define VMAP_SHARED_CAPACITY_MAX ((uint64_t)1 << 44)
/** No position exceeds this: file offsets are signed. */
#define VMAP_SHARED_POSITION_MAX ((uint64_t)INT64_MAX)
/** Bytes of the header in front of the data in the file. */
#define VMAP_SHARED_HEADER_SIZE ((uint64_t)65536)

/** What counts as the oldest readable place of a ring. */
enum vmap_align {
	VMAP_ALIGN_BYTE, /* the tail: the oldest byte */
	VMAP_ALIGN_LINE, /* the oldest whole line: the tail, if a line starts there, else behind the next '\n' */
};

struct vmap_shared;

struct vmap_shared_options {
	uint64_t capacity;            /* bytes; rounded up to VMAP_SHARED_UNIT */
	enum vmap_ring_policy policy; /* 0 is VMAP_RING_OVERWRITE */
	uint64_t attributes;          /* see vmap_shared_attributes() */
	uint64_t start;               /* position of the first byte, 0 but for tests of large positions */
};

/** A snapshot; each word is right by itself, together they are from one moment only while nobody appends. */
struct vmap_shared_state {
	uint64_t head;        /* position of the next byte to be written */
	uint64_t tail;        /* position of the oldest readable byte; of a bounded ring, of the next to be consumed */
	uint64_t floor;       /* position of the last clear */
	uint64_t capacity;    /* bytes */
	enum vmap_ring_policy policy;
	uint64_t attributes;  /* see vmap_shared_attributes() */
	uint64_t generation;  /* grows with each change of capacity, policy or attributes */
	uint64_t overwritten; /* bytes that gave way to newer ones since the ring was created */
	uint64_t lost;        /* bytes that readers missed so, as counted by vmap_shared_count_lost() */
	uint64_t dropped;     /* appends that were given up, as counted by vmap_shared_count_dropped() */
	uint64_t records;     /* appends since the ring was created */
	uint64_t bytes;       /* bytes appended since then */
	uint64_t mtime_ns;    /* time of the last append or clear since the epoch; strictly grows */
	uint32_t steals;      /* times that a writer was found to have died with the lock */
};

/** Where a cursor is to go. */
enum vmap_seek {
	VMAP_SEEK_OLDEST,      /* the oldest readable byte */
	VMAP_SEEK_OLDEST_LINE, /* the oldest whole line, see vmap_shared_oldest() */
	VMAP_SEEK_NEWEST,      /* the head: only what is appended from now on */
	VMAP_SEEK_POSITION,    /* a position */
};

/**
 * Round a capacity up to what a shared ring can have.
 *
 * Units:   bytes.
 * Errors:  0 when @p capacity is 0 or more than VMAP_SHARED_CAPACITY_MAX.
 */
VMAP_API uint64_t vmap_shared_round_capacity(uint64_t capacity);

/**
 * Write the header of an empty ring into an empty file or memfd and give the file its size.
 *
 * Only the header's first block is allocated; pages of the data are reserved before they are first
 * written (see vmap_shared_append()).
 *
 * Units:   bytes.
 * Owner:   @p fd stays the caller's, open for reading and writing.
 * Threads: any; nobody else may use the file yet.
 * Errors:  -EACCES @p fd is not open for reading and writing; -EINVAL a capacity of 0, @p start out of
 *          range, an unknown policy, or @p fd is open with O_APPEND; -EFBIG a capacity above the maximum or one
 *          that the file system cannot have; -EEXIST the file is not empty; -ENOSPC, -EDQUOT, -EIO, -EBADF, -ENOMEM,
 *          -EPERM (a sealed memfd) as the system says. The file is empty again after an error.
 */
VMAP_API int vmap_shared_format(int fd, const struct vmap_shared_options *options);

/**
 * Make a ring in anonymous memory that nobody can shorten: its descriptor (vmap_shared_fd()) is for other processes,
 * by inheritance or SCM_RIGHTS. It keeps its capacity for ever: -EPERM of vmap_shared_reshape().
 *
 * Units:   bytes; all the memory is taken now.
 * Owner:   the caller, until vmap_shared_close().
 * Errors:  as vmap_shared_format() and vmap_shared_open(); -ENOTSUP where the system has no such memory.
 */
VMAP_API int vmap_shared_create(const struct vmap_shared_options *options, struct vmap_shared **ret_ring);

/**
 * Map the ring in @p fd, for reading if it is open for reading only, else for both.
 *
 * A handle that can write takes one of 64 places in the ring while it is open.
 *
 * Units:   none.
 * Owner:   the caller, until vmap_shared_close(); @p fd stays the caller's and may be closed (the ring opens the file
 *          once more through /proc; where it cannot, @p fd must be the only use of its open file).
 * Threads: any.
 * Errors:  -ENOMSG the file is no ring (other magic, or too short for one); -EPROTO made by a newer version or a
 *          machine of other byte order; -EBADMSG damaged (checksum, geometry, size of the file or
 *          positions are impossible); -EOPNOTSUPP a policy or feature this version does not have, a
 *          system without locks for open files, or pages that do not fit the capacity; -EUSERS 64 handles that can
 *          write are open; -EACCES @p fd is not open for reading; -EINVAL it is open for writing with O_APPEND;
 *          -EOVERFLOW more than this process can address; -EFBIG more than 64 GiB and than its file system has;
 *          -ENOMEM, -EMFILE, -EIO, -EBADF, -EPERM (a sealed memfd) as
 *          the system says.
 */
VMAP_API int vmap_shared_open(int fd, struct vmap_shared **ret_ring);

/**
 * Map the ring at @p path: a file on a mount of ringfs, which hands the ring over, or a ring's own file.
 *
 * On a mount the rights are those of an open(2) for reading, or for reading and writing with @p write, and what the
 * ring's attribute `map` allows. The file itself is not kept open, so the mount can be unmounted meanwhile.
 *
 * Owner:   the caller, until vmap_shared_close().
 * Threads: any. Takes a few round trips to the server; two seconds at most if that does not answer.
 * Errors:  as open(2) and vmap_shared_open(), among them -ENOENT, -EACCES, -ENOTCONN the mount's daemon has gone;
 *          -EACCES also when `map` forbids it; -EUSERS also when the server hands out no more; -EROFS a mount of
 *          ringfs that is read-only; -ETIMEDOUT; -EPROTO a server of another version; -ENOMSG what is there is no ring.
 */
VMAP_API int vmap_shared_attach(const char *path, bool write, struct vmap_shared **ret_ring);

/**
 * What a negative result of these functions says of a ring, in a few words, for messages: "was given another shape".
 *
 * Owner:   static text; of another error the system's words for it, as strerror(3).
 * Threads: any.
 */
VMAP_API const char *vmap_shared_strerror(int result);

/**
 * What has become of the ring: 0 it is open.
 *
 * Threads: any. A system call for handles of vmap_shared_attach().
 * Errors:  -ESTALE, -EIDRM, -ESHUTDOWN, -EIO as above; -ENOTCONN the server that has handed it over has gone without a
 *          word, killed perhaps. The ring itself works on then, for all who have it mapped.
 */
VMAP_API int vmap_shared_status(const struct vmap_shared *ring);

/**
 * Map the ring as it is now, after -ESTALE. Cursors stay right.
 *
 * Threads: no other thread uses @p ring meanwhile, nor any span of it afterwards.
 * Errors:  as vmap_shared_open(). The handle is as it was then.
 */
VMAP_API int vmap_shared_reattach(struct vmap_shared *ring);

/** The handle's own descriptor of the ring's file. Owner: the handle. Errors: none. */
VMAP_API int vmap_shared_fd(const struct vmap_shared *ring);

/** Whether the handle can append and change. */
VMAP_API bool vmap_shared_is_writable(const struct vmap_shared *ring);

/**
 * Turn the signal of a file that was cut short under a mapping, or has no room for a page, into -EIO of that ring.
 *
 * Without it SIGBUS ends the process. It installs a handler for SIGBUS once, for all rings of the process; faults
 * elsewhere go to the handler that was there before.
 *
 * Threads: any; before others change the handling of SIGBUS.
 * Errors:  as sigaction(2).
 */
VMAP_API int vmap_shared_guard(void);

/** Unmap and free @p ring; NULL is allowed. No other thread may use it any more. */
VMAP_API void vmap_shared_close(struct vmap_shared *ring);

/**
 * Read the state of the ring in @p fd without mapping it.
 *
 * Owner:   @p fd stays the caller's, open for reading.
 * Threads: any.
 * Errors:  as vmap_shared_open(), except -EACCES, -EMFILE and -EUSERS.
 */
VMAP_API int vmap_shared_probe(int fd, struct vmap_shared_state *ret_state);

/** What becomes of new bytes when the ring is full. Threads: as all but vmap_shared_reshape(). */
VMAP_API enum vmap_ring_policy vmap_shared_policy(const struct vmap_shared *ring);

/** The state of a mapped ring. Threads: any. */
VMAP_API void vmap_shared_get_state(const struct vmap_shared *ring, struct vmap_shared_state *ret_state);

/**
 * Append @p len bytes as one contiguous run. In an overwrite ring the oldest bytes give way; a bounded ring
 * takes all of them or none.
 *
 * A run longer than the capacity counts in full and leaves its last bytes; it passes through the ring, so
 * readers may see earlier parts of it on the way, and a writer that is killed may leave such a part. Pages are reserved first, so
 * a full disk is an error here and never a signal later.
 *
 * Units:   bytes; the result is @p len.
 * Owner:   @p src stays the caller's.
 * Threads: any number, beside any number of readers.
 * Errors:  -EAGAIN not enough room in a bounded ring now; -EMSGSIZE more than its capacity; -EBUSY another writer
 *          has held the lock for a second; -ENOSPC, -EDQUOT, -EIO the pages cannot be reserved; -EFBIG the position limit
 *          is reached; -EINVAL @p len is more than SSIZE_MAX. Nothing was appended then; but after -ESTALE the run may
 *          be in the ring, if this writer was stopped for so long that it was locked out.
 */
VMAP_API ssize_t vmap_shared_append(struct vmap_shared *ring, const void *src, size_t len);

/** The same, with as long as @p lock_ns nanoseconds behind another writer; 0 does not sleep. Errors: as there. */
VMAP_API ssize_t vmap_shared_append_within(struct vmap_shared *ring, const void *src, size_t len, uint64_t lock_ns);

/**
 * Take the lock and @p len bytes of room, to be filled in place: no copy is made.
 *
 * All other writers wait until vmap_shared_commit(), so fill it at once and call nothing that can block. The oldest
 * bytes of an overwrite ring give way here already.
 *
 * Units:   bytes, at most the capacity; one run of memory. @p lock_ns as vmap_shared_append_within().
 * Owner:   *ret_span is writable until the commit, which must follow.
 * Threads: one reservation of a handle at a time; any thread may commit it.
 * Errors:  as vmap_shared_append(); -EMSGSIZE more than the capacity; -EINVAL @p len is 0.
 */
VMAP_API int vmap_shared_reserve(struct vmap_shared *ring, size_t len, uint64_t lock_ns, void **ret_span);

/**
 * Publish the first @p len bytes of the reservation, or give it up with 0.
 *
 * Threads: as vmap_shared_reserve().
 * Errors:  -EINVAL nothing is reserved, or less than @p len; -ESTALE as vmap_shared_append().
 */
VMAP_API int vmap_shared_commit(struct vmap_shared *ring, size_t len);

/**
 * Copy up to @p len bytes at *cursor into @p dst and advance *cursor.
 *
 * What is copied is exactly what was appended at those positions: bytes that were overwritten while they
 * were copied are never returned. Nothing is consumed: in a bounded ring this looks ahead.
 *
 * Units:   bytes; *cursor is a position.
 * Owner:   @p dst stays the caller's; its contents beyond the result are undefined.
 * Threads: any number of readers beside any number of writers; one cursor per reader. Never blocks.
 * Errors:  -EAGAIN nothing newer than *cursor; -EPIPE overrun (or consumed by somebody else): *cursor was
 *          older than the tail and now stands at the tail; -ERANGE *cursor is beyond the head. Once all was read,
 *          -EIDRM or -ESHUTDOWN instead of -EAGAIN, also for handles that cannot write.
 * Source:  the overrun contract follows /dev/kmsg; the check after the copy Aeron's broadcast receiver.
 */
VMAP_API ssize_t vmap_shared_read(const struct vmap_shared *ring, uint64_t *cursor, void *dst, size_t len);

/**
 * Copy from *cursor up to and including the next '\n', at most @p len bytes, and advance *cursor.
 *
 * Units:   bytes; the result ends in '\n' unless @p len or the head came first.
 * Owner:   @p dst stays the caller's; its contents beyond the result are undefined.
 * Threads: as vmap_shared_read().
 * Errors:  as vmap_shared_read().
 */
VMAP_API ssize_t vmap_shared_read_line(const struct vmap_shared *ring, uint64_t *cursor, void *dst, size_t len);

/**
 * All bytes from *cursor to the head as one run of the ring's own memory: no copy is made.
 *
 * Writers go on meanwhile: what the span shows counts only if vmap_shared_check() returns 0 for *cursor after it was
 * used, and must be taken for garbage until then. Move the cursor by as much as was used.
 *
 * Units:   bytes; the result is the length of the span.
 * Owner:   *ret_span is the ring's, read-only, valid until reattach or close.
 * Threads: as vmap_shared_read().
 * Errors:  as vmap_shared_read().
 */
VMAP_API ssize_t vmap_shared_peek(const struct vmap_shared *ring, uint64_t *cursor, const void **ret_span);

/** Were the bytes from position @p cursor on untouched until now? Errors: -EPIPE no; -ESTALE, -EIO. */
VMAP_API int vmap_shared_check(const struct vmap_shared *ring, uint64_t cursor);

/**
 * Set *ret_cursor.
 *
 * Threads: any.
 * Errors:  -ERANGE @p position is beyond the head; -EPIPE it is overwritten, and *ret_cursor the oldest byte;
 *          -EINVAL an unknown @p whence.
 */
VMAP_API int vmap_shared_seek(const struct vmap_shared *ring, enum vmap_seek whence, uint64_t position,
			      uint64_t *ret_cursor);

/**
 * Wait until something was appended at or after @p cursor.
 *
 * A handle that can write sleeps until it is woken. One that cannot has no way to say so in the ring: it looks again
 * after 0.1 ms, and then asks the server that has handed the ring over to be woken. Where there is none, it looks ever
 * less often, up to every 8 ms.
 *
 * Units:   milliseconds; negative: for ever. Returns 0 also when the head is below @p cursor.
 * Threads: any number.
 * Errors:  -ETIMEDOUT; -ESTALE, -EIDRM, -ESHUTDOWN, -ENOTCONN, -EIO as vmap_shared_status() when there is nothing more
 *          to wait for.
 */
VMAP_API int vmap_shared_wait(struct vmap_shared *ring, uint64_t cursor, int timeout_ms);

/**
 * Wait until a bounded ring has room for @p len bytes. Another writer may take it first.
 *
 * Units:   bytes, milliseconds; negative: for ever. An overwrite ring has room at once.
 * Threads: any number.
 * Errors:  -EMSGSIZE more than the capacity, of either kind; else as vmap_shared_wait().
 */
VMAP_API int vmap_shared_wait_room(struct vmap_shared *ring, size_t len, int timeout_ms);

/** A ring and what its head and tail were: for who waits for many at once. */
struct vmap_shared_place {
	struct vmap_shared *ring;
	uint64_t head;
	uint64_t tail;
};
/** Rings that can be waited for at once. */
#define VMAP_SHARED_WATCH_MAX ((size_t)63)

/** Note where @p ring is now. Threads: any. */
VMAP_API void vmap_shared_watch(struct vmap_shared *ring, struct vmap_shared_place *ret_place);

/**
 * Sleep until one of @p n rings has another head or tail than was noted, or *@p bell is no longer @p bell_seen.
 *
 * Units:   milliseconds; negative: as long as it likes, 100 ms at most. May return early; who called looks itself.
 * Threads: any number. @p bell is rung by vmap_shared_ring_bell().
 * Errors:  -EINVAL more than VMAP_SHARED_WATCH_MAX; -EACCES one cannot be written.
 */
VMAP_API int vmap_shared_wait_any(const struct vmap_shared_place *places, size_t n, const uint32_t *bell,
				  uint32_t bell_seen, int timeout_ms);

/**
 * Wake all that sleep in vmap_shared_wait(), also those that could not say so: for servers. They look again.
 *
 * Threads: any. Does nothing with a handle that cannot write.
 */
VMAP_API void vmap_shared_wake_readers(struct vmap_shared *ring);

/** Change *@p bell and wake who sleeps on it. Threads: any. */
VMAP_API void vmap_shared_ring_bell(uint32_t *bell);

/**
 * The position of the oldest byte or of the oldest whole line.
 *
 * With VMAP_ALIGN_LINE the tail is searched forward for a line start, at most VMAP_SHARED_LINE_MAX bytes
 * and only where bytes were overwritten (behind a clear the tail is a line start). Where no line starts
 * in that stretch, the tail is the answer: the end of an endless line is better than nothing. Writers that
 * overwrite faster than can be searched get a later line start as the answer, at worst the head.
 *
 * Units:   a position between the tail and the head at some moment of the call.
 * Threads: any, beside any number of writers. Never blocks.
 */
VMAP_API uint64_t vmap_shared_oldest(const struct vmap_shared *ring, enum vmap_align align);

/** Bytes that vmap_shared_oldest() searches for a line start: the longest write ringfs keeps in one run. */
#define VMAP_SHARED_LINE_MAX ((uint64_t)1 << 20)

/**
 * Consume @p len bytes of a bounded ring from position @p from, which must be the tail still.
 *
 * A consumer reads at the tail, uses what it read, and then consumes it; of several that read the same bytes
 * one succeeds.
 *
 * Units:   bytes; @p from is a position.
 * Threads: any number, beside any number of writers.
 * Errors:  -EPIPE somebody else has consumed from there; -EBUSY the ring is changing its shape, for a moment; -EINVAL
 *          beyond the head, or not a bounded ring.
 */
VMAP_API int vmap_shared_consume(struct vmap_shared *ring, uint64_t from, size_t len);

/**
 * How many of the bytes from @p from to @p to, which a reader did not get to, were overwritten: those that were cleared are
 * not lost.
 *
 * Units:   bytes; positions, @p from at most @p to.
 * Threads: any.
 */
VMAP_API uint64_t vmap_shared_lost_between(const struct vmap_shared *ring, uint64_t from, uint64_t to);

/**
 * Count @p bytes as missed by a reader, in the ring's own statistics. A handle that cannot write has the server count them
 * that has handed the ring over; without one they are not counted.
 *
 * Threads: any.
 */
VMAP_API void vmap_shared_count_lost(struct vmap_shared *ring, uint64_t bytes);

/** Count an append as given up because the ring was full. Threads: any. */
VMAP_API void vmap_shared_count_dropped(struct vmap_shared *ring);

/**
 * Change capacity and policy of a ring that may hold bytes; positions go on.
 *
 * Growing keeps all bytes, shrinking an overwrite ring the newest. The bytes are copied to a free part of the
 * same file, so for a moment the file holds them twice, and it never becomes shorter, though it gives back the pages
 * of what is not used; a kill leaves the old ring or the new one. Other handles get
 * -ESTALE and find the new shape with vmap_shared_reattach().
 *
 * Units:   bytes; rounded up as in vmap_shared_format().
 * Threads: no other thread uses @p ring meanwhile, nor any span of it afterwards.
 * Errors:  -EINVAL a capacity of 0 or an unknown policy; -EFBIG above the maximum, or more than the file system
 *          allows; -EBUSY a bounded ring holds more than @p capacity, or another writer has held the lock for a second, or
 *          been changing shape or attributes for so long; -ENOSPC, -EDQUOT, -ENOMEM, -EIO, -EPERM (a sealed
 *          memfd) as the system says. The ring is as it was then.
 */
VMAP_API int vmap_shared_reshape(struct vmap_shared *ring, uint64_t capacity, enum vmap_ring_policy policy);

/**
 * Lock out whoever holds the lock and lives but does not go on: the ring moves to another part of its file.
 *
 * What that writer stores later goes where nobody looks, and it is told -ESTALE. As all do who have the ring mapped,
 * it can come back with vmap_shared_reattach().
 *
 * It may go on in the very moment: then what it appends is in the ring or it is told -ESTALE, and bytes that it
 * overwrites meanwhile are not kept.
 *
 * A ring whose header is damaged begins anew, empty, whether anybody has the lock or not; so does one that is empty
 * and has less than a capacity left below VMAP_SHARED_POSITION_MAX. It begins above all positions that were written, as
 * far as can be: old cursors are overrun (-EPIPE), or beyond the head (-ERANGE) if they came from damaged positions.
 *
 * Threads: as vmap_shared_reshape().
 * Errors:  as vmap_shared_reshape(); -EBUSY for a second somebody else has been changing shape or attributes: who has
 *          stopped in that cannot be locked out; -EPERM a damaged ring of vmap_shared_create(), which cannot move.
 */
VMAP_API int vmap_shared_revoke(struct vmap_shared *ring);

/**
 * Wait until no other writer has the lock, for as long as @p lock_ns nanoseconds.
 *
 * Threads: any.
 * Errors:  -EBUSY one still has: vmap_shared_revoke() would lock it out.
 */
VMAP_API int vmap_shared_wait_writer(struct vmap_shared *ring, uint64_t lock_ns);

/**
 * Be the one who says when the ring ends for all who have it mapped; whoever was before has ended.
 *
 * Threads: no other thread uses @p ring meanwhile.
 * Errors:  none but those that all have.
 */
VMAP_API int vmap_shared_serve(struct vmap_shared *ring);

/**
 * vmap_shared_open() and vmap_shared_serve() in one, for who is the ring's only server: it finds a place also when others
 * have all 64, and opens a ring whose positions are damaged, to begin it anew.
 *
 * A server has others to serve: where others wait a second for who changes shape or attributes, it waits 20 ms.
 *
 * Units:   none.
 * Owner:   as vmap_shared_open().
 * Threads: any.
 * Errors:  as vmap_shared_open(), but for -EUSERS; -EACCES also when @p fd is open for reading only.
 */
VMAP_API int vmap_shared_open_serve(int fd, struct vmap_shared **ret_ring);

/**
 * Tell all other handles that the ring has lost its last name (@p removed: -EIDRM), or that who serves it is about to
 * end (-ESHUTDOWN). It goes on working for this handle, which must have called vmap_shared_serve().
 *
 * Another process that is changing the shape may write over it, and be killed before this handle finds the new one: who
 * serves on calls it again now and then.
 *
 * Threads: any.
 */
VMAP_API void vmap_shared_end(struct vmap_shared *ring, bool removed);

/**
 * A word that is kept with the ring for its owner; libvmap does not look into it.
 *
 * Threads: any.
 */
VMAP_API uint64_t vmap_shared_attributes(const struct vmap_shared *ring);

/**
 * Replace that word; a kill leaves the old or the new one.
 *
 * Threads: any.
 * Errors:  -EBUSY another writer has held the lock for a second, or been changing the shape for so long; -ENOSPC,
 *          -EDQUOT, -EIO as the system says.
 */
VMAP_API int vmap_shared_set_attributes(struct vmap_shared *ring, uint64_t attributes);

/**
 * Drop all bytes: the tail moves up to the head, positions go on. Reserved pages stay reserved.
 *
 * Threads: any.
 * Errors:  -EBUSY another writer has held the lock for a second; -EBADMSG its header is damaged: it stays so, and
 *          vmap_shared_revoke() begins the ring anew.
 */
VMAP_API int vmap_shared_clear(struct vmap_shared *ring);

/**
 * Set the time of the last change, as utimensat(2) does; later appends are later than this.
 *
 * Units:   nanoseconds since the epoch.
 * Threads: any.
 * Errors:  -EBUSY another writer has held the lock for a second.
 */
VMAP_API int vmap_shared_set_mtime(struct vmap_shared *ring, uint64_t mtime_ns);

/**
 * Bring everything appended so far to stable storage.
 *
 * Threads: any; blocks as long as the disk takes.
 * Errors:  -EIO, -ENOSPC, -EDQUOT as fsync(2).
 */
VMAP_API int vmap_shared_sync(struct vmap_shared *ring);

#ifdef __cplusplus
}
#endif
#endif
