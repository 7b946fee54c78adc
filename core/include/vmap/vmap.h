/* SPDX-License-Identifier: MIT */
/*
 * libvmap: memory maps, and mirrored memory rings, private to a process or kept in a file.
 *
 * Reading order: size.h (page sizes), error.h (what a negative result was about), map.h (files and
 * anonymous memory as bytes), span.h (numbers in those bytes), ring.h (a ring in this process's memory),
 * bufio.h (buffered reading and writing over such a ring), shared.h (a ring in a file or memfd, with its
 * header; what ringfs keeps behind each of its files; not on Windows), os.h (the system's calls below all that).
 * handover.h is for servers of rings and is not included here.
 */
#ifndef VMAP_VMAP_H
#define VMAP_VMAP_H

#include <vmap/bufio.h>
#include <vmap/error.h>
#include <vmap/map.h>
#include <vmap/os.h>
#include <vmap/ring.h>
#include <vmap/size.h>
#include <vmap/span.h>
#ifndef _WIN32
#include <vmap/shared.h>
#endif

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
