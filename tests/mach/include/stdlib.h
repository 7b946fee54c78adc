/* SPDX-License-Identifier: MIT */
/* This system's <stdlib.h>, and what macOS has more than some. */
#include_next <stdlib.h>

#ifndef TESTS_MACH_STDLIB_H
#define TESTS_MACH_STDLIB_H

void arc4random_buf(void *buf, size_t len);

#endif
