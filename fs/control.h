/* SPDX-License-Identifier: MIT */
/* What ringctl asks of an open ring. */
#ifndef RFS_CONTROL_H
#define RFS_CONTROL_H

#include <sys/ioctl.h>

/*
 * From now on reads through this descriptor of a bounded ring consume nothing: they give what is there from the
 * oldest byte on, and end of file at its end.
 */
#define RINGFS_IOC_PEEK _IO('R', 1)

#endif
