/* SPDX-License-Identifier: MIT */
/*
 * One public header, included before anything else, and one call into the library through it.
 *
 * Compiled once a header, as C11 and as C++11; VMAP_TEST_HEADER names the header.
 */
#include VMAP_TEST_HEADER
/* Twice: the guard has to hold. */
#include VMAP_TEST_HEADER

int main(void)
{
	int failed = vmap_page_size() == 0 || vmap_round_up(1, 4096) != 4096;
#ifdef VMAP_RING_H
	struct vmap_ring *ring;
	failed |= vmap_ring_create(1, VMAP_RING_BOUNDED, &ring);
	if (!failed)
		vmap_ring_destroy(ring);
#endif
#ifdef VMAP_SHARED_H
	failed |= vmap_shared_round_capacity(1) != VMAP_SHARED_UNIT;
#endif
#ifdef VMAP_VMAP_H
	failed |= vmap_version()[0] == '\0';
#endif
	return failed ? 1 : 0;
}
