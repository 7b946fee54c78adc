/* SPDX-License-Identifier: MIT */
/* The slow end of the typed accesses of span.h. */
#include <errno.h>

#include <vmap/span.h>

#include "error_priv.h"

int vmap_span_refuse(enum vmap_operation operation, enum vmap_input input)
{
	int result = -EINVAL;
	if (input == VMAP_INPUT_INVALID_RANGE)
		result = -ERANGE;
	else if (input == VMAP_INPUT_READ_ONLY)
		result = -EACCES;
	return vmap_error_input(operation, input, result);
}
