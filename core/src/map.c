/* SPDX-License-Identifier: MIT */
/*
 * Maps of files and of anonymous memory.
 *
 * Invariants:
 * I1 [base, base + base_len) is what was mapped, in whole pages of page_size bytes, base on a boundary of the
 *    allocation granularity; [data, data + len) lies inside it, and len is at least 1.
 * I2 writable says what the pages allow now; it can be true only where may_write is.
 * I3 The options are checked before the first call that changes anything.
 * I4 No descriptor of the caller outlives a call here.
 */
#include <errno.h>
#include <stdlib.h>

#include <vmap/map.h>

#include "error_priv.h"
#include "os/os_priv.h"

struct vmap_map {
	uint8_t *data;
	size_t len;
	void *base;
	size_t base_len;
	size_t page_size; /* what can be protected, advised, locked and unmapped apart */
	enum vmap_protect access; /* what the options asked for, before read_only */
	bool anonymous;
	bool may_write;
	bool writable;
};

static const struct vmap_options default_options;

static bool extent_is_valid(struct vmap_extent extent)
{
	switch (extent.kind) {
	case VMAP_EXTENT_END:
	case VMAP_EXTENT_EXACT:
	case VMAP_EXTENT_MIN:
	case VMAP_EXTENT_MAX:
		return true;
	}
	return false;
}

static int check_options(const struct vmap_options *options, enum vmap_operation operation)
{
	if (!extent_is_valid(options->len) || !extent_is_valid(options->resize))
		return vmap_error_input(operation, VMAP_INPUT_OPTIONS, -EINVAL);
	return 0;
}

/* For the functions that resize a file. */
static int check_file_options(const struct vmap_options *options, enum vmap_operation operation)
{
	int r = check_options(options, operation);
	/* END and MAX give no file more than it has. */
	bool grows = options->resize.kind == VMAP_EXTENT_EXACT || options->resize.kind == VMAP_EXTENT_MIN;
	if (r == 0 && grows && options->resize.size > INT64_MAX)
		r = vmap_error_input(VMAP_OPERATION_RESIZE_FILE, VMAP_INPUT_OVERFLOW, -EFBIG);
	return r;
}

static enum vmap_protect options_access(const struct vmap_options *options)
{
	if (options->copy)
		return VMAP_PROTECT_READ_COPY;
	return options->write ? VMAP_PROTECT_READ_WRITE : VMAP_PROTECT_READ_ONLY;
}

/* Wrap what was mapped, @len bytes behind @offset; on error it is unmapped. */
static int map_create(void *base, size_t offset, size_t len, size_t page_size, const struct vmap_options *options,
		      enum vmap_operation operation, struct vmap_map **ret_map)
{
	int r;
	size_t base_len = vmap_round_up(offset + len, page_size);
	struct vmap_map *map = calloc(1, sizeof(*map));
	if (!map) {
		r = vmap_error_system(operation, ENOMEM);
		goto err_unmap;
	}
	map->data = (uint8_t *)base + offset;
	map->len = len;
	map->base = base;
	map->base_len = base_len;
	map->page_size = page_size;
	map->access = options_access(options);
	map->anonymous = operation == VMAP_OPERATION_MAP_ANONYMOUS;
	map->may_write = map->access != VMAP_PROTECT_READ_ONLY;
	map->writable = map->may_write;
	if (options->read_only) {
		r = vmap_map_make_read_only(map);
		if (r < 0)
			goto err_free;
	}
	*ret_map = map;
	return 0;

err_free:
	free(map);
err_unmap:
	vmap_os_unmap(base, base_len);
	return r;
}

/* Truncate and resize the file as the options say; *size is its size before and after. */
static int resize_file(int fd, const struct vmap_options *options, uint64_t *size)
{
	int r;
	if (options->truncate && *size > 0) {
		r = vmap_os_file_resize(fd, 0);
		if (r < 0)
			return r;
		*size = 0;
	}
	struct vmap_extent resize = options->resize;
	bool needed = resize.kind == VMAP_EXTENT_EXACT || (resize.kind == VMAP_EXTENT_MIN && *size < resize.size) ||
		      (resize.kind == VMAP_EXTENT_MAX && *size > resize.size);
	if (!needed)
		return 0;
	r = vmap_os_file_resize(fd, resize.size);
	if (r < 0)
		return r;
	*size = resize.size;
	return 0;
}

/* How many bytes of a file of @size bytes the options mean; 0 when the range is empty or not inside it. */
static uint64_t file_range(const struct vmap_options *options, uint64_t size)
{
	if (options->offset > size)
		return 0;
	uint64_t rest = size - options->offset;
	switch (options->len.kind) {
	case VMAP_EXTENT_END:
		break;
	case VMAP_EXTENT_EXACT:
		return options->len.size <= rest ? options->len.size : 0;
	case VMAP_EXTENT_MIN:
		return options->len.size <= rest ? rest : 0;
	case VMAP_EXTENT_MAX:
		return options->len.size < rest ? options->len.size : rest;
	}
	return rest;
}

int vmap_map_fd_if(int fd, const struct vmap_options *options, struct vmap_map **ret_map)
{
	if (!options)
		options = &default_options;
	int r = check_file_options(options, VMAP_OPERATION_MAP_FILE); /* keeps I3 */
	if (r < 0)
		return r;

	uint64_t size = 0;
	size_t page_size = 0;
	r = vmap_os_file_size(fd, &size, &page_size);
	if (r < 0)
		return r;
	r = resize_file(fd, options, &size);
	if (r < 0)
		return r;
	uint64_t len = file_range(options, size);
	if (len == 0) {
		*ret_map = NULL;
		return 0;
	}

	size_t unit = page_size > vmap_allocation_size() ? page_size : vmap_allocation_size();
	size_t before = (size_t)(options->offset % unit);
	if (len > SIZE_MAX - before)
		return vmap_error_input(VMAP_OPERATION_MAP_FILE, VMAP_INPUT_OVERFLOW, -EOVERFLOW);
	void *base = NULL;
	r = vmap_os_map_file(fd, options->offset - before, before + (size_t)len, options_access(options), &base);
	if (r < 0)
		return r;
	return map_create(base, before, (size_t)len, page_size, options, VMAP_OPERATION_MAP_FILE, ret_map);
}

/* What the forms without _if say of a range that is no map. */
static int no_map(void)
{
	return vmap_error_input(VMAP_OPERATION_MAP_FILE, VMAP_INPUT_INVALID_RANGE, -ERANGE);
}

int vmap_map_fd(int fd, const struct vmap_options *options, struct vmap_map **ret_map)
{
	struct vmap_map *map = NULL;
	int r = vmap_map_fd_if(fd, options, &map);
	if (r < 0)
		return r;
	if (!map)
		return no_map();
	*ret_map = map;
	return 0;
}

/* Open and map; with @must a range that is no map is an error. */
static int open_map(const char *path, const struct vmap_options *options, bool must, struct vmap_map **ret_map,
		    int *ret_fd)
{
	if (!options)
		options = &default_options;
	struct vmap_os_open how = {
		.write = options->write && !options->copy,
		.create = options->create,
		.create_new = options->create_new,
		.truncate = options->truncate,
	};
	int r = check_file_options(options, VMAP_OPERATION_OPEN_FILE); /* keeps I3 */
	if (r < 0)
		return r;
	if (!how.write && (how.create || how.create_new || how.truncate))
		return vmap_error_input(VMAP_OPERATION_OPEN_FILE, VMAP_INPUT_OPTIONS, -EINVAL);

	int fd = -1;
	r = vmap_os_file_open(path, how, &fd);
	if (r < 0)
		return r;
	struct vmap_map *map = NULL;
	r = must ? vmap_map_fd(fd, options, &map) : vmap_map_fd_if(fd, options, &map);
	if (r < 0 || !ret_fd)
		vmap_os_file_close(fd); /* keeps I4 */
	if (r < 0)
		return r;
	if (ret_fd)
		*ret_fd = fd;
	*ret_map = map;
	return 0;
}

int vmap_open(const char *path, const struct vmap_options *options, struct vmap_map **ret_map, int *ret_fd)
{
	return open_map(path, options, true, ret_map, ret_fd);
}

int vmap_open_if(const char *path, const struct vmap_options *options, struct vmap_map **ret_map, int *ret_fd)
{
	return open_map(path, options, false, ret_map, ret_fd);
}

int vmap_alloc(const struct vmap_options *options, struct vmap_map **ret_map)
{
	if (!options)
		options = &default_options;
	int r = check_options(options, VMAP_OPERATION_MAP_ANONYMOUS);
	if (r < 0)
		return r;

	size_t before = (size_t)(options->offset % vmap_page_size());
	uint64_t asked = options->len.kind == VMAP_EXTENT_END ? 1 : options->len.size;
	if (asked > SIZE_MAX - before)
		return vmap_error_input(VMAP_OPERATION_MAP_ANONYMOUS, VMAP_INPUT_OVERFLOW, -EOVERFLOW);
	size_t base_len = before + (size_t)asked;
	if (options->len.kind == VMAP_EXTENT_END || options->len.kind == VMAP_EXTENT_MIN) {
		size_t rounded = vmap_size_round(vmap_size_alloc(), base_len);
		if (rounded < base_len)
			return vmap_error_input(VMAP_OPERATION_MAP_ANONYMOUS, VMAP_INPUT_OVERFLOW, -EOVERFLOW);
		base_len = rounded;
	}
	if (base_len <= before)
		return vmap_error_input(VMAP_OPERATION_MAP_ANONYMOUS, VMAP_INPUT_INVALID_RANGE, -ERANGE);
	void *base = NULL;
	r = vmap_os_map_anonymous(base_len, options_access(options), &base);
	if (r < 0)
		return r;
	return map_create(base, before, base_len - before, vmap_page_size(), options, VMAP_OPERATION_MAP_ANONYMOUS,
			  ret_map);
}

void vmap_close(struct vmap_map *map)
{
	if (!map)
		return;
	vmap_os_unmap(map->base, map->base_len);
	free(map);
}

const void *vmap_map_data(const struct vmap_map *map)
{
	return map->data;
}

void *vmap_map_data_mut(struct vmap_map *map)
{
	return map->writable ? map->data : NULL;
}

size_t vmap_map_len(const struct vmap_map *map)
{
	return map->len;
}

bool vmap_map_is_writable(const struct vmap_map *map)
{
	return map->writable;
}

struct vmap_span vmap_map_span(const struct vmap_map *map)
{
	return (struct vmap_span){.data = map->data, .len = map->len};
}

struct vmap_span_mut vmap_map_span_mut(struct vmap_map *map)
{
	return (struct vmap_span_mut){.data = vmap_map_data_mut(map), .len = map->writable ? map->len : 0};
}

/* Change what the pages allow; keeps I2. */
static int map_protect(struct vmap_map *map, enum vmap_protect protect, bool writable)
{
	int r = vmap_os_protect(map->base, map->base_len, protect);
	if (r < 0)
		return r;
	map->writable = writable;
	return 0;
}

int vmap_map_make_writable(struct vmap_map *map)
{
	if (map->writable)
		return 0;
	/* Even where the descriptor would allow it: what a map can become was decided when it was made. */
	if (!map->may_write)
		return vmap_error_input(VMAP_OPERATION_PROTECT, VMAP_INPUT_READ_ONLY, -EACCES);
	return map_protect(map, map->access, true);
}

int vmap_map_make_read_only(struct vmap_map *map)
{
	return map->writable ? map_protect(map, VMAP_PROTECT_READ_ONLY, false) : 0;
}

/* The pages that a range of the map touches. */
static int map_range(const struct vmap_map *map, size_t offset, size_t len, enum vmap_operation operation,
		     struct vmap_bounds *ret_pages)
{
	if (offset > map->len || len > map->len - offset)
		return vmap_error_input(operation, VMAP_INPUT_INVALID_RANGE, -ERANGE);
	*ret_pages = vmap_size_bounds(vmap_size_of(map->page_size), map->data + offset, len);
	if (len == 0)
		ret_pages->len = 0; /* nothing, not the page around it */
	return 0;
}

int vmap_flush_range(const struct vmap_map *map, int fd, size_t offset, size_t len, enum vmap_flush_mode mode)
{
	struct vmap_bounds pages = {0};
	int r = map_range(map, offset, len, VMAP_OPERATION_FLUSH, &pages);
	if (r < 0)
		return r;
	if (mode != VMAP_FLUSH_SYNC && mode != VMAP_FLUSH_ASYNC)
		return vmap_error_input(VMAP_OPERATION_FLUSH, VMAP_INPUT_OPTIONS, -EINVAL);
	if (pages.len == 0 || map->anonymous || map->access != VMAP_PROTECT_READ_WRITE)
		return 0; /* no changes that any file gets */
	return vmap_os_flush(pages.start, pages.len, fd, mode);
}

int vmap_flush(const struct vmap_map *map, int fd, enum vmap_flush_mode mode)
{
	return vmap_flush_range(map, fd, 0, map->len, mode);
}

int vmap_advise_range(const struct vmap_map *map, size_t offset, size_t len, enum vmap_advice advice)
{
	struct vmap_bounds pages = {0};
	int r = map_range(map, offset, len, VMAP_OPERATION_ADVISE, &pages);
	if (r < 0)
		return r;
	return vmap_os_advise(pages.start, pages.len, advice);
}

int vmap_advise(const struct vmap_map *map, enum vmap_advice advice)
{
	return vmap_advise_range(map, 0, map->len, advice);
}

int vmap_lock_range(const struct vmap_map *map, size_t offset, size_t len)
{
	struct vmap_bounds pages = {0};
	int r = map_range(map, offset, len, VMAP_OPERATION_LOCK, &pages);
	if (r < 0)
		return r;
	return pages.len == 0 ? 0 : vmap_os_lock(pages.start, pages.len);
}

int vmap_lock(const struct vmap_map *map)
{
	return vmap_lock_range(map, 0, map->len);
}

int vmap_unlock_range(const struct vmap_map *map, size_t offset, size_t len)
{
	struct vmap_bounds pages = {0};
	int r = map_range(map, offset, len, VMAP_OPERATION_UNLOCK, &pages);
	if (r < 0)
		return r;
	return pages.len == 0 ? 0 : vmap_os_unlock(pages.start, pages.len);
}

int vmap_unlock(const struct vmap_map *map)
{
	return vmap_unlock_range(map, 0, map->len);
}
