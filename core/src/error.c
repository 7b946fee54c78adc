/* SPDX-License-Identifier: MIT */
/*
 * The last failure of each thread, and its sentence.
 *
 * Invariants:
 * I1 Only a failure writes the record, and it writes all of it: no field is left over from an earlier one.
 */
#include <stdio.h>
#include <string.h>

#include "error_priv.h"
#include "os/os_priv.h"

static _Thread_local struct vmap_error last_error;

struct vmap_error vmap_last_error(void)
{
	return last_error;
}

void vmap_error_note(struct vmap_error error)
{
	last_error = error;
}

const char *vmap_operation_name(enum vmap_operation operation)
{
	switch (operation) {
	case VMAP_OPERATION_NONE:
		break;
	case VMAP_OPERATION_MAP_FILE:
		return "map file";
	case VMAP_OPERATION_MAP_FILE_HANDLE:
		return "map file handle";
	case VMAP_OPERATION_MAP_FILE_VIEW:
		return "map file view";
	case VMAP_OPERATION_MAP_ANONYMOUS:
		return "map anonymous memory";
	case VMAP_OPERATION_MAP_ANONYMOUS_HANDLE:
		return "map anonymous handle";
	case VMAP_OPERATION_MAP_ANONYMOUS_VIEW:
		return "map anonymous view";
	case VMAP_OPERATION_UNMAP:
		return "unmap";
	case VMAP_OPERATION_PROTECT:
		return "protect mapped memory";
	case VMAP_OPERATION_ADVISE:
		return "advise mapped memory";
	case VMAP_OPERATION_LOCK:
		return "lock mapped memory";
	case VMAP_OPERATION_UNLOCK:
		return "unlock mapped memory";
	case VMAP_OPERATION_FLUSH:
		return "flush mapped memory";
	case VMAP_OPERATION_RING_ALLOCATE:
		return "allocate full ring";
	case VMAP_OPERATION_RING_DEALLOCATE:
		return "deallocate full ring";
	case VMAP_OPERATION_RING_ENTRY:
		return "make ring memory entry";
	case VMAP_OPERATION_RING_PRIMARY:
		return "map ring first half";
	case VMAP_OPERATION_RING_SECONDARY:
		return "map ring second half";
	case VMAP_OPERATION_MEMORY_FD:
		return "open memory fd";
	case VMAP_OPERATION_OPEN_FILE:
		return "open file";
	case VMAP_OPERATION_RESIZE_FILE:
		return "resize file";
	case VMAP_OPERATION_READ:
		return "read value";
	case VMAP_OPERATION_WRITE:
		return "write value";
	case VMAP_OPERATION_RING_READ:
		return "read from ring";
	case VMAP_OPERATION_RING_WRITE:
		return "write to ring";
	case VMAP_OPERATION_PREFAULT:
		return "prefault memory";
	case VMAP_OPERATION_SOURCE_READ:
		return "read from source";
	case VMAP_OPERATION_SINK_WRITE:
		return "write to sink";
	case VMAP_OPERATION_SINK_FLUSH:
		return "flush sink";
	}
	return "";
}

const char *vmap_input_name(enum vmap_input input)
{
	switch (input) {
	case VMAP_INPUT_NONE:
		break;
	case VMAP_INPUT_INVALID_RANGE:
		return "invalid range";
	case VMAP_INPUT_OVERFLOW:
		return "offset and length overflow";
	case VMAP_INPUT_OPTIONS:
		return "invalid options";
	case VMAP_INPUT_READ_ONLY:
		return "no write access was asked for";
	case VMAP_INPUT_UNALIGNED:
		return "unaligned address";
	}
	return "";
}

size_t vmap_error_describe(const struct vmap_error *error, char *dst, size_t len)
{
	char system[128];
	const char *operation = vmap_operation_name(error->operation);
	const char *reason = vmap_input_name(error->input);
	if (*reason == '\0')
		reason = error->result == 0 ? "no error" : vmap_os_describe(error, system, sizeof(system));
	/* Cannot fail: the texts are short, and no conversion needs memory. */
	int n = *operation ? snprintf(dst, len, "failed to %s, %s", operation, reason) : snprintf(dst, len, "%s", reason);
	return n < 0 ? 0 : (size_t)n;
}
