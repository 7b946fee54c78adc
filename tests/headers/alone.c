/* SPDX-License-Identifier: MIT */
/*
 * One public header, included before anything else, and one call into the library through it.
 *
 * Compiled once a header, as C11 and as C++11; VMAP_TEST_HEADER names the header.
 */
#include VMAP_TEST_HEADER
/* Twice: the guard has to hold. */
#include VMAP_TEST_HEADER

/* How each language says "all zero" without a warning. */
#ifdef __cplusplus
#define VMAP_TEST_ZERO {}
#else
#define VMAP_TEST_ZERO {0}
#endif

int main(void)
{
	int failed = vmap_page_size() == 0 || vmap_round_up(1, 4096) != 4096;
#ifdef VMAP_ERROR_H
	failed |= vmap_last_error().result != 0 || vmap_operation_name(VMAP_OPERATION_READ)[0] == '\0';
#endif
#ifdef VMAP_SPAN_H
	uint32_t number = 7;
	struct vmap_span_mut span = {&number, sizeof(number)};
	failed |= vmap_span_read_volatile_u32(vmap_span_of(span), 0, &number) != 0 || number != 7;
#endif
#ifdef VMAP_MAP_H
	struct vmap_map *map;
	struct vmap_options options = VMAP_TEST_ZERO;
	options.len = vmap_extent_exact(1);
	failed |= vmap_alloc(&options, &map) != 0;
	if (!failed)
		vmap_close(map);
#endif
#ifdef VMAP_OS_H
	failed |= vmap_os_system_info().page_size != vmap_page_size();
#endif
#ifdef VMAP_RING_H
	struct vmap_ring *ring;
	failed |= vmap_ring_create(1, VMAP_RING_BOUNDED, &ring);
	if (!failed)
		vmap_ring_destroy(ring);
#endif
#ifdef VMAP_BUFIO_H
	struct vmap_writer *writer;
	failed |= vmap_writer_create(vmap_sink_fd(-1), 1, &writer);
	if (!failed)
		failed |= vmap_writer_destroy(writer);
#endif
#ifdef VMAP_SHARED_H
	failed |= vmap_shared_round_capacity(1) != VMAP_SHARED_UNIT;
#endif
#ifdef VMAP_VMAP_H
	failed |= vmap_version()[0] == '\0';
#endif
	return failed ? 1 : 0;
}
