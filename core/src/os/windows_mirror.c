/* SPDX-License-Identifier: MIT */
/*
 * The Windows backend: one section mapped twice, back to back.
 *
 * Since Windows 10 version 1803 address space can be reserved as a placeholder, split, and replaced by
 * views piece by piece. Elsewhere (older systems, wine 8) it has to be freed before it can be mapped, and
 * another thread may be quicker; then everything is given back and tried again.
 *
 * Invariants:
 * I1 With placeholders no other thread's mapping can get between the pieces: they are never free.
 * I2 An error leaves neither a view, a reservation nor a section behind.
 * I3 However it was made, a mirror is given back in the same pieces: reservations and views.
 */
#include <errno.h>

#include "windows_priv.h"

/* Headers of mingw-w64 10 lack these. */
#ifndef MEM_PRESERVE_PLACEHOLDER
#define MEM_PRESERVE_PLACEHOLDER 0x00000002
#define MEM_REPLACE_PLACEHOLDER 0x00004000
#define MEM_RESERVE_PLACEHOLDER 0x00040000
#endif

/* Six, as the crate has it, were not enough beside two threads that take and return address space. */
#define RACE_TRIES 50

typedef PVOID(WINAPI *virtual_alloc2_fn)(HANDLE, PVOID, SIZE_T, ULONG, ULONG, void *, ULONG);
typedef PVOID(WINAPI *map_view_of_file3_fn)(HANDLE, HANDLE, PVOID, ULONG64, SIZE_T, ULONG, ULONG, void *, ULONG);

static _Thread_local unsigned mirror_tries;

unsigned os_windows_mirror_tries(void)
{
	return mirror_tries;
}

/* One piece of a mirror: a view of the section, or for the guards a reservation. */
struct piece {
	size_t at;
	size_t len;
	uint64_t file_offset;
	enum vmap_operation operation;
	bool is_view;
	bool held;   /* address space that is ours */
	bool mapped; /* of which a view has been made */
};

struct plan {
	size_t length;
	size_t n_pieces;
	struct piece pieces[5];
};

static void plan_add(struct plan *plan, struct piece piece)
{
	piece.at = plan->length;
	plan->pieces[plan->n_pieces++] = piece;
	plan->length += piece.len;
}

/* [guard][prefix][data][data][guard]; -EOVERFLOW where that is more than a size can say. */
static int plan_mirror(size_t prefix_len, uint64_t data_offset, size_t capacity, struct plan *ret_plan)
{
	struct plan plan = {0};
	size_t guard = vmap_allocation_size();
	size_t length;
	if (__builtin_mul_overflow(capacity, (size_t)2, &length) ||
	    __builtin_add_overflow(length, prefix_len, &length) || __builtin_add_overflow(length, 2 * guard, &length))
		return vmap_error_input(VMAP_OPERATION_RING_ALLOCATE, VMAP_INPUT_OVERFLOW, -EOVERFLOW);
	struct piece wall = {.len = guard, .operation = VMAP_OPERATION_RING_ALLOCATE};
	struct piece data = {
		.len = capacity, .file_offset = data_offset, .operation = VMAP_OPERATION_RING_PRIMARY, .is_view = true};
	plan_add(&plan, wall);
	if (prefix_len > 0)
		plan_add(&plan, (struct piece){.len = prefix_len,
					       .file_offset = data_offset - prefix_len,
					       .operation = VMAP_OPERATION_RING_PRIMARY,
					       .is_view = true});
	plan_add(&plan, data);
	data.operation = VMAP_OPERATION_RING_SECONDARY;
	plan_add(&plan, data);
	plan_add(&plan, wall);
	*ret_plan = plan;
	return 0;
}

/* Give back what is held; keeps I2. */
static void release(uint8_t *base, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_pieces; i++) {
		const struct piece *piece = &plan->pieces[i];
		if (piece->mapped)
			UnmapViewOfFile(base + piece->at);
		else if (piece->held)
			VirtualFree(base + piece->at, 0, MEM_RELEASE);
	}
}

/* The two functions that no import library of mingw-w64 has; NULL on older systems. */
static void find_functions(virtual_alloc2_fn *ret_alloc, map_view_of_file3_fn *ret_map)
{
	HMODULE module = GetModuleHandleW(L"kernelbase.dll");
	if (!module)
		return;
	*ret_alloc = (virtual_alloc2_fn)(void (*)(void))GetProcAddress(module, "VirtualAlloc2");
	*ret_map = (map_view_of_file3_fn)(void (*)(void))GetProcAddress(module, "MapViewOfFile3");
}

/* Make placeholders of the pieces; ERROR_SUCCESS or why not. */
static DWORD split_placeholder(uint8_t *base, struct plan *plan)
{
	struct piece *last = &plan->pieces[plan->n_pieces - 1];
	for (struct piece *piece = plan->pieces; piece < last; piece++) {
		if (!VirtualFree(base + piece->at, piece->len, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER)) {
			DWORD code = GetLastError();
			VirtualFree(base + piece->at, 0, MEM_RELEASE); /* the rest is still one */
			return code;
		}
		piece->held = true;
	}
	last->held = true;
	return ERROR_SUCCESS;
}

/* The code that says that this system has no placeholders. */
#define NO_PLACEHOLDERS ERROR_INVALID_PARAMETER

/* ERROR_SUCCESS, or the code of *ret_operation. */
static DWORD map_placeholders(HANDLE section, struct plan plan, uint8_t **ret_base, enum vmap_operation *ret_operation)
{
	virtual_alloc2_fn virtual_alloc2 = NULL;
	map_view_of_file3_fn map_view_of_file3 = NULL;
	find_functions(&virtual_alloc2, &map_view_of_file3);
	if (!virtual_alloc2 || !map_view_of_file3)
		return NO_PLACEHOLDERS;
	*ret_operation = VMAP_OPERATION_RING_ALLOCATE;
	/* The process is named: wine takes NULL for no process at all. */
	uint8_t *base = virtual_alloc2(GetCurrentProcess(), NULL, plan.length, MEM_RESERVE | MEM_RESERVE_PLACEHOLDER,
				       PAGE_NOACCESS, NULL, 0);
	if (!base)
		return GetLastError();
	DWORD code = split_placeholder(base, &plan);
	for (size_t i = 0; code == ERROR_SUCCESS && i < plan.n_pieces; i++) {
		struct piece *piece = &plan.pieces[i];
		if (!piece->is_view)
			continue;
		*ret_operation = piece->operation;
		piece->mapped = map_view_of_file3(section, GetCurrentProcess(), base + piece->at, piece->file_offset,
						  piece->len, MEM_REPLACE_PLACEHOLDER, PAGE_READWRITE, NULL, 0) != NULL;
		if (!piece->mapped)
			code = GetLastError();
	}
	if (code != ERROR_SUCCESS)
		release(base, &plan);
	else
		*ret_base = base;
	return code;
}

/* The code that says that another thread was quicker. */
#define RACE_LOST ERROR_INVALID_ADDRESS

static DWORD map_race(HANDLE section, struct plan plan, uint8_t **ret_base, enum vmap_operation *ret_operation)
{
	*ret_operation = VMAP_OPERATION_RING_ALLOCATE;
	uint8_t *base = VirtualAlloc(NULL, plan.length, MEM_RESERVE, PAGE_NOACCESS);
	if (!base)
		return GetLastError();
	VirtualFree(base, 0, MEM_RELEASE);
	for (size_t i = 0; i < plan.n_pieces; i++) {
		struct piece *piece = &plan.pieces[i];
		uint8_t *at = base + piece->at;
		*ret_operation = piece->operation;
		if (piece->is_view)
			piece->mapped = MapViewOfFileEx(section, FILE_MAP_READ | FILE_MAP_WRITE,
							(DWORD)(piece->file_offset >> 32), (DWORD)piece->file_offset,
							piece->len, at) != NULL;
		else
			piece->held = VirtualAlloc(at, piece->len, MEM_RESERVE, PAGE_NOACCESS) != NULL;
		if (!piece->mapped && !piece->held) {
			DWORD code = GetLastError();
			release(base, &plan);
			return code;
		}
	}
	*ret_base = base;
	return ERROR_SUCCESS;
}

static int map_section(HANDLE section, size_t prefix_len, size_t capacity, const struct plan *plan,
		       struct vmap_os_mirror *ret_mirror)
{
	uint8_t *base = NULL;
	enum vmap_operation operation = VMAP_OPERATION_RING_ALLOCATE;
	mirror_tries = 0;
	DWORD code = map_placeholders(section, *plan, &base, &operation);
	if (code == NO_PLACEHOLDERS)
		for (code = RACE_LOST; code == RACE_LOST && mirror_tries < RACE_TRIES; mirror_tries++)
			code = map_race(section, *plan, &base, &operation);
	if (code != ERROR_SUCCESS)
		return os_windows_error(operation, code);
	ret_mirror->base = base;
	ret_mirror->length = plan->length;
	ret_mirror->prefix = prefix_len > 0 ? base + plan->pieces[1].at : NULL;
	ret_mirror->data = base + plan->pieces[prefix_len > 0 ? 2 : 1].at;
	ret_mirror->capacity = capacity;
	return 0;
}

int vmap_os_mirror_map(int fd, size_t prefix_len, uint64_t data_offset, size_t capacity, enum vmap_protect protect,
		       struct vmap_os_mirror *ret_mirror)
{
	if (protect != VMAP_PROTECT_READ_WRITE)
		return vmap_error_input(VMAP_OPERATION_RING_PRIMARY, VMAP_INPUT_OPTIONS, -ENOTSUP);
	struct plan plan;
	int r = plan_mirror(prefix_len, data_offset, capacity, &plan);
	if (r < 0)
		return r;
	HANDLE file = NULL;
	r = os_windows_handle(fd, VMAP_OPERATION_RING_PRIMARY, &file);
	if (r < 0)
		return r;
	HANDLE section = CreateFileMappingW(file, NULL, PAGE_READWRITE, 0, 0, NULL);
	if (!section)
		return os_windows_error(VMAP_OPERATION_RING_PRIMARY, GetLastError());
	r = map_section(section, prefix_len, capacity, &plan, ret_mirror);
	CloseHandle(section); /* the views keep it */
	return r;
}

int vmap_os_mirror_map_anonymous(size_t capacity, struct vmap_os_mirror *ret_mirror)
{
	struct plan plan;
	int r = plan_mirror(0, 0, capacity, &plan);
	if (r < 0)
		return r;
	HANDLE section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE,
					    (DWORD)((uint64_t)capacity >> 32), (DWORD)capacity, NULL);
	if (!section)
		return os_windows_error(VMAP_OPERATION_RING_ALLOCATE, GetLastError());
	r = map_section(section, 0, capacity, &plan, ret_mirror);
	CloseHandle(section);
	return r;
}

/* The pieces of a whole mirror. */
static void plan_whole(size_t prefix_len, size_t capacity, struct plan *ret_plan)
{
	plan_mirror(prefix_len, 0, capacity, ret_plan); /* cannot fail: it is there; where in the file does not matter */
	for (size_t i = 0; i < ret_plan->n_pieces; i++) {
		ret_plan->pieces[i].held = true;
		ret_plan->pieces[i].mapped = ret_plan->pieces[i].is_view;
	}
}

void vmap_os_mirror_unmap(struct vmap_os_mirror *mirror)
{
	if (mirror->base) {
		struct plan plan;
		plan_whole(mirror->prefix ? (size_t)(mirror->data - mirror->prefix) : 0, mirror->capacity, &plan);
		release(mirror->base, &plan); /* keeps I3 */
	}
	*mirror = (struct vmap_os_mirror){0};
}

/* 0, or what is wrong with the capacity of a bare ring. */
static int check_ring(enum vmap_operation operation, size_t capacity)
{
	if (capacity == 0 || vmap_size_offset(vmap_size_alloc(), capacity) != 0)
		return vmap_error_input(operation, VMAP_INPUT_INVALID_RANGE, -EINVAL);
	if (capacity > SIZE_MAX / 2 - vmap_allocation_size()) /* each half, and its guard */
		return vmap_error_input(operation, VMAP_INPUT_OVERFLOW, -EOVERFLOW);
	return 0;
}

int vmap_os_map_ring(size_t capacity, void **ret_base)
{
	int r = check_ring(VMAP_OPERATION_RING_ALLOCATE, capacity);
	if (r < 0)
		return r;
	struct vmap_os_mirror mirror = {0};
	r = vmap_os_mirror_map_anonymous(capacity, &mirror);
	if (r < 0)
		return r;
	*ret_base = mirror.data;
	return 0;
}

int vmap_os_unmap_ring(void *base, size_t capacity)
{
	int r = check_ring(VMAP_OPERATION_RING_DEALLOCATE, capacity);
	if (r < 0)
		return r;
	struct plan plan;
	plan_whole(0, capacity, &plan);
	uint8_t *start = (uint8_t *)base - plan.pieces[1].at;
	MEMORY_BASIC_INFORMATION info;
	if (VirtualQuery(base, &info, sizeof(info)) == 0 || info.AllocationBase != base || info.Type != MEM_MAPPED)
		return os_windows_error(VMAP_OPERATION_RING_DEALLOCATE, ERROR_INVALID_PARAMETER);
	release(start, &plan);
	return 0;
}

int vmap_os_prefault(void *base, size_t len)
{
	volatile uint8_t *bytes = base;
	for (size_t i = 0; i < len; i += vmap_page_size())
		bytes[i] = bytes[i];
	return 0;
}
