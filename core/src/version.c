/* SPDX-License-Identifier: MIT */
/* The version, typed once in the top meson.build. */
#include <vmap/vmap.h>

const char *vmap_version(void)
{
	return VMAP_VERSION;
}
