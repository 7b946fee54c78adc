/* SPDX-License-Identifier: MIT */
/* This system's <fcntl.h>, and what macOS has more. */
#include_next <fcntl.h>

#ifndef TESTS_MACH_FCNTL_H
#define TESTS_MACH_FCNTL_H

#define F_ALLOCATEALL 4
#define F_PEOFPOSMODE 3
#define F_PREALLOCATE 42

typedef struct fstore {
	unsigned int fst_flags;
	int fst_posmode;
	off_t fst_offset;
	off_t fst_length;
	off_t fst_bytesalloc;
} fstore_t;

#endif
