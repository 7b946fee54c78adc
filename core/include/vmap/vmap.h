/* SPDX-License-Identifier: MIT */
/*
 * libvmap: mirrored memory rings, private to a process or kept in a file.
 *
 * Reading order: size.h (page sizes), ring.h (a ring in this process's memory), shared.h (a ring in a
 * file or memfd, with its header; what ringfs keeps behind each of its files).
 */
#ifndef VMAP_VMAP_H
#define VMAP_VMAP_H

#include <vmap/ring.h>
#include <vmap/shared.h>
#include <vmap/size.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The version of the library that is loaded, such as "0.1.0".
 *
 * Owner:   static text, never freed.
 * Threads: any.
 */
VMAP_API const char *vmap_version(void);

#ifdef __cplusplus
}
#endif
#endif
