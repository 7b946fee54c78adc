/* SPDX-License-Identifier: MIT */
/* What ringctl asks of an open ring. */
#ifndef RFS_CONTROL_H
#define RFS_CONTROL_H

#include <stdint.h>
#include <sys/ioctl.h>

/*
 * From now on reads through this descriptor of a bounded ring consume nothing: they give what is there from the
 * oldest byte on, and end of file at its end.
 */
#define RINGFS_IOC_PEEK _IO('R', 1)

/* Where reads through a descriptor of an overwrite ring are. Positions; modulo 2^64, since marks can take origin below 0. */
struct ringfs_place {
	uint64_t origin;  /* of offset 0 */
	uint64_t next;    /* behind what the last read gave */
	uint64_t resumed; /* where reading went on after the last bytes it had to skip */
	uint64_t lost;    /* bytes that were overwritten before this descriptor read them */
};
#define RINGFS_IOC_PLACE _IOR('R', 3, struct ringfs_place) /* ('R', 2) is VMAP_IOC_HANDOVER */

#endif
