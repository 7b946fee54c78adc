/* SPDX-License-Identifier: MIT */
/*
 * How a server of rings, ringfs for one, gives a ring to a process that has its file open.
 *
 * For servers; programs call vmap_shared_attach(). What passes between the two:
 *
 * 1. The client opens the ring's file, for reading, or for reading and writing, and calls ioctl(2) with
 *    VMAP_IOC_HANDOVER. The server knows from the open file what its rights are.
 * 2. The answer is a ticket. Its name is that of a SOCK_SEQPACKET socket that can be found for a moment in the
 *    directory of the ring's file, by whoever knows the name.
 * 3. The client connects, and gets a vmap_handover with two descriptors (SCM_RIGHTS): the ring's own file, open for
 *    reading only or for both, and one end of a pair of sockets (SOCK_SEQPACKET), its lifeline: the server knows by its
 *    end that the client is gone, and the client that the server is.
 * 4. A client that cannot write cannot say in the ring that it sleeps, nor count what it has missed. It sends a
 *    vmap_handover_note through its lifeline. The server answers VMAP_HANDOVER_SLEEPS with vmap_shared_wake_readers() as
 *    soon as the head is elsewhere, and VMAP_HANDOVER_LOST with vmap_shared_count_lost().
 */
#ifndef VMAP_HANDOVER_H
#define VMAP_HANDOVER_H

#include <stdint.h>
#include <sys/ioctl.h>

#include <vmap/size.h>

#define VMAP_HANDOVER_VERSION 1u

/** The answer to VMAP_IOC_HANDOVER. */
struct vmap_handover_ticket {
	uint32_t version;
	uint32_t reserved;
	char name[56]; /* of the socket, with its end */
};

/** What comes with the descriptors. */
struct vmap_handover {
	uint32_t version;
	uint32_t writable; /* 0 or 1 */
};

enum vmap_handover_kind {
	VMAP_HANDOVER_SLEEPS = 1, /* the position where it found the head */
	VMAP_HANDOVER_LOST = 2,   /* bytes that it has missed */
};

/** What a client sends through its lifeline; of another kind or size: to be ignored. */
struct vmap_handover_note {
	uint32_t kind; /* enum vmap_handover_kind */
	uint32_t reserved;
	uint64_t value;
};

/**
 * Errors:  -ENOTTY the file is not one of a server; -EACCES it may not be mapped so, by its rights or the server's;
 *          -EUSERS the server hands out no more; -EROFS it has no place for the socket.
 */
#define VMAP_IOC_HANDOVER _IOR('R', 2, struct vmap_handover_ticket)

#endif
