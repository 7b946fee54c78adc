/* SPDX-License-Identifier: MIT */
/*
 * Buffered reading and writing over a mirrored ring.
 *
 * A reader reads ahead from a source, a writer collects for a sink; either is a descriptor or a callback.
 * What is in the buffer is always one run of memory. Nothing is lost when the other side fails: bytes that
 * were not handed on stay in the buffer, in order, to be tried again or taken out with the ring.
 *
 * EINTR is tried again at once; a callback that wants to stop gives another error. Any other failure of the
 * other side is passed on as it is, -EAGAIN too. A count that cannot be, a negative number that is no errno,
 * and a sink that takes nothing, are -EIO. Failures are noted for vmap_last_error().
 *
 * Threads: where a function says nothing else, one at a time for each reader or writer.
 */
#ifndef VMAP_BUFIO_H
#define VMAP_BUFIO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <vmap/ring.h>
#include <vmap/size.h>
#include <vmap/span.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Where a reader gets its bytes. */
struct vmap_source {
	/**
	 * Store up to @p len bytes in @p dst; the count, 0 at the end, or a negative errno.
	 * NULL: read(2) from @p fd.
	 */
	ssize_t (*read)(void *context, void *dst, size_t len);
	void *context; /* the callback's */
	int fd;
};

/** Where a writer puts its bytes. */
struct vmap_sink {
	/** Take up to @p len bytes of @p src; the count, or a negative errno. NULL: write(2) to @p fd. */
	ssize_t (*write)(void *context, const void *src, size_t len);
	/** What vmap_writer_flush() does at the end; 0 or a negative errno. NULL: nothing. */
	int (*flush)(void *context);
	void *context; /* the callbacks' */
	int fd;
};

/** A descriptor to read from; it stays the caller's and is never closed. */
static inline struct vmap_source vmap_source_fd(int fd)
{
	struct vmap_source source = {NULL, NULL, fd};
	return source;
}

/** A callback to read from. */
static inline struct vmap_source vmap_source_call(ssize_t (*read)(void *context, void *dst, size_t len), void *context)
{
	struct vmap_source source = {read, context, -1};
	return source;
}

/** A descriptor to write to; it stays the caller's and is never closed. */
static inline struct vmap_sink vmap_sink_fd(int fd)
{
	struct vmap_sink sink = {NULL, NULL, NULL, fd};
	return sink;
}

/** Callbacks to write to; @p flush may be NULL. */
static inline struct vmap_sink vmap_sink_call(ssize_t (*write)(void *context, const void *src, size_t len),
					      int (*flush)(void *context), void *context)
{
	struct vmap_sink sink = {write, flush, context, -1};
	return sink;
}

struct vmap_reader;
struct vmap_writer;

/**
 * Create a reader with a buffer of at least @p capacity bytes.
 *
 * Units:   bytes, rounded up as vmap_ring_create() does.
 * Owner:   the caller; vmap_reader_destroy() or vmap_reader_into_parts() ends it. A descriptor or a context
 *          stays the caller's and has to last as long as the reader.
 * Threads: any; the reader itself is for one thread at a time.
 * Errors:  those of vmap_ring_create().
 * Source:  BufReader::new of the crate vmap 0.6.3.
 */
VMAP_API int vmap_reader_create(struct vmap_source source, size_t capacity, struct vmap_reader **ret_reader);

/**
 * Create a reader that begins with what @p ring holds.
 *
 * Owner:   the ring goes to the reader when this succeeds, and stays the caller's when it fails.
 * Errors:  -EINVAL the ring is not bounded; -ENOMEM.
 */
VMAP_API int vmap_reader_from_parts(struct vmap_source source, struct vmap_ring *ring, struct vmap_reader **ret_reader);

/** Free @p reader and what it has read ahead; NULL is allowed. */
VMAP_API void vmap_reader_destroy(struct vmap_reader *reader);

/**
 * End @p reader and hand out what it was made of: the source, and the ring with what was read ahead.
 *
 * Owner:   the ring is the caller's. With @p ret_ring NULL it is destroyed; @p ret_source may be NULL, too.
 * Threads: the reader's one thread.
 * Source:  BufReader::into_inner of the crate, which drops what was read ahead.
 */
VMAP_API void vmap_reader_into_parts(struct vmap_reader *reader, struct vmap_source *ret_source,
				     struct vmap_ring **ret_ring);

/** Where the reader reads from. Source: BufReader::get_ref of the crate. */
VMAP_API struct vmap_source vmap_reader_source(const struct vmap_reader *reader);

/** Bytes that can be read ahead, and the longest line. */
VMAP_API size_t vmap_reader_capacity(const struct vmap_reader *reader);

/** The low-water mark, 0 at first. */
VMAP_API size_t vmap_reader_lowat(const struct vmap_reader *reader);

/**
 * Set the low-water mark: when no more bytes than that are buffered, vmap_reader_fill() and
 * vmap_reader_read() ask the source for more first. SIZE_MAX: always.
 *
 * Units:   bytes.
 * Threads: the reader's one thread.
 * Source:  BufReader::set_lowat of the crate.
 */
VMAP_API void vmap_reader_set_lowat(struct vmap_reader *reader, size_t lowat);

/**
 * What has been read ahead, as one run.
 *
 * Owner:   the reader's; valid until the next call that changes the reader.
 * Threads: the reader's one thread.
 * Source:  BufReader::buffer of the crate.
 */
VMAP_API struct vmap_span vmap_reader_buffer(const struct vmap_reader *reader);

/**
 * Ask the source for more, once, if no more than the low-water mark is buffered and there is room.
 *
 * Units:   bytes that came; 0 when the source was not asked, or is at its end. With the low-water mark at
 *          n - 1, fewer than n bytes buffered after a 0 mean the end.
 * Threads: the reader's one thread.
 * Errors:  what the source says, -EAGAIN for example; -EIO as above. What is buffered stays.
 * Source:  BufReader::fill_buf of the crate.
 */
VMAP_API ssize_t vmap_reader_fill(struct vmap_reader *reader);

/**
 * Give up the oldest @p len bytes of the buffer.
 *
 * Errors:  -EINVAL that is more than the buffer holds; nothing has changed then.
 * Source:  BufReader::consume of the crate.
 */
VMAP_API int vmap_reader_consume(struct vmap_reader *reader, size_t len);

/**
 * Read up to @p len bytes.
 *
 * With nothing buffered and a @p len of at least the capacity they go straight to @p dst. A source that has
 * none just now (-EAGAIN) does not keep back what is buffered.
 *
 * Units:   bytes; 0 at the end of the source, and for a @p len of 0.
 * Owner:   @p dst stays the caller's.
 * Threads: the reader's one thread.
 * Errors:  what the source says, before anything buffered is given, which then stays; -EIO as above;
 *          -EINVAL @p len is more than SSIZE_MAX.
 * Source:  BufReader::read of the crate.
 */
VMAP_API ssize_t vmap_reader_read(struct vmap_reader *reader, void *dst, size_t len);

/**
 * Read up to and with the next @p delimiter, without copying: one run in the buffer. At the end of the source
 * it is what is left. The source is asked only while no delimiter is buffered.
 *
 * Owner:   *ret_span is the reader's; valid until the next call that changes the reader.
 * Threads: the reader's one thread.
 * Errors:  -EMSGSIZE no delimiter in as many bytes as the buffer holds: vmap_reader_read() takes them;
 *          what the source says, and -EIO as above: the beginning stays in the buffer for the next try.
 * Source:  BufRead::read_until on a BufReader, which appends to a vector.
 */
VMAP_API int vmap_reader_take_until(struct vmap_reader *reader, uint8_t delimiter, struct vmap_span *ret_span);

/** vmap_reader_take_until() a newline. Errors: as there. Source: BufRead::read_line, which also wants UTF-8. */
VMAP_API int vmap_reader_take_line(struct vmap_reader *reader, struct vmap_span *ret_span);

/**
 * Like vmap_reader_take_until(), copied to @p dst; never a part of it.
 *
 * Units:   bytes; the result is how many were copied, the delimiter included; 0 at the end of the source.
 * Owner:   @p dst stays the caller's.
 * Threads: the reader's one thread.
 * Errors:  -EMSGSIZE it has more than @p len bytes, too: it stays in the buffer; else as
 *          vmap_reader_take_until().
 */
VMAP_API ssize_t vmap_reader_read_until(struct vmap_reader *reader, uint8_t delimiter, void *dst, size_t len);

/** vmap_reader_read_until() a newline. Errors: as there. */
VMAP_API ssize_t vmap_reader_read_line(struct vmap_reader *reader, void *dst, size_t len);

/**
 * Create a writer with a buffer of at least @p capacity bytes.
 *
 * Units:   bytes, rounded up as vmap_ring_create() does.
 * Owner:   the caller; vmap_writer_destroy(), vmap_writer_into_inner() or vmap_writer_into_parts() ends it.
 *          A descriptor or a context stays the caller's and has to last as long as the writer.
 * Threads: any; the writer itself is for one thread at a time.
 * Errors:  those of vmap_ring_create().
 * Source:  BufWriter::new of the crate.
 */
VMAP_API int vmap_writer_create(struct vmap_sink sink, size_t capacity, struct vmap_writer **ret_writer);

/**
 * Create a writer that begins with what @p ring holds, to be written first.
 *
 * Owner:   the ring goes to the writer when this succeeds, and stays the caller's when it fails.
 * Errors:  -EINVAL the ring is not bounded; -ENOMEM.
 * Source:  BufWriter::from_parts of the crate.
 */
VMAP_API int vmap_writer_from_parts(struct vmap_sink sink, struct vmap_ring *ring, struct vmap_writer **ret_writer);

/**
 * Write out what is buffered and free @p writer, whether that works or not; NULL is allowed.
 *
 * Errors:  what the sink says, and -EIO as above: what it did not take is lost. vmap_writer_into_inner()
 *          keeps it.
 * Source:  Drop of BufWriter, which says nothing.
 */
VMAP_API int vmap_writer_destroy(struct vmap_writer *writer);

/**
 * Write out what is buffered, then end @p writer and hand out its sink.
 *
 * Owner:   @p ret_sink may be NULL.
 * Threads: the writer's one thread.
 * Errors:  what the sink says, and -EIO as above. The writer then lives on with what the sink did not take: try
 *          again, or use vmap_writer_into_parts().
 * Source:  BufWriter::into_inner of the crate.
 */
VMAP_API int vmap_writer_into_inner(struct vmap_writer *writer, struct vmap_sink *ret_sink);

/**
 * End @p writer without writing, and hand out what it was made of: the sink, and the ring with what was not
 * written.
 *
 * Owner:   the ring is the caller's. With @p ret_ring NULL it is destroyed; @p ret_sink may be NULL, too.
 * Threads: the writer's one thread.
 * Source:  BufWriter::into_parts of the crate.
 */
VMAP_API void vmap_writer_into_parts(struct vmap_writer *writer, struct vmap_sink *ret_sink,
				     struct vmap_ring **ret_ring);

/** Where the writer writes to. Source: BufWriter::get_ref of the crate. */
VMAP_API struct vmap_sink vmap_writer_sink(const struct vmap_writer *writer);

/** Bytes that can be buffered. */
VMAP_API size_t vmap_writer_capacity(const struct vmap_writer *writer);

/**
 * What was not written yet, as one run.
 *
 * Owner:   the writer's; valid until the next call that changes the writer.
 * Threads: the writer's one thread.
 */
VMAP_API struct vmap_span vmap_writer_buffer(const struct vmap_writer *writer);

/**
 * Write @p len bytes: into the buffer if they fit, which is written out first if they do not. Of as many
 * bytes as the capacity or more, what the sink takes goes straight to it, in order.
 *
 * Units:   bytes; the result is how many were taken. Fewer than @p len only if @p len is above the capacity
 *          and the sink failed on the way: the next call says why.
 * Owner:   @p src stays the caller's.
 * Threads: the writer's one thread.
 * Errors:  what the sink says, and -EIO as above: nothing of @p src was taken; -EINVAL @p len is more than
 *          SSIZE_MAX.
 * Source:  BufWriter::write of the crate, which puts a write that fills the buffer exactly before what is in it.
 */
VMAP_API ssize_t vmap_writer_write(struct vmap_writer *writer, const void *src, size_t len);

/**
 * Write all @p len bytes.
 *
 * Errors:  as vmap_writer_write(). If @p len is at most the capacity, nothing was taken then; of more, a part
 *          may have been: vmap_writer_write() says how much.
 */
VMAP_API int vmap_writer_write_all(struct vmap_writer *writer, const void *src, size_t len);

/**
 * Write out what is buffered, then let the sink flush.
 *
 * Threads: the writer's one thread.
 * Errors:  what the sink says, and -EIO as above. What it did not take stays in the buffer.
 * Source:  BufWriter::flush of the crate.
 */
VMAP_API int vmap_writer_flush(struct vmap_writer *writer);

#ifdef __cplusplus
}
#endif
#endif
