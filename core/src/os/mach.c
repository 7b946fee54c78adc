/* SPDX-License-Identifier: MIT */
/*
 * What macOS has of its own, beside unix.c: mirrors by Mach's memory entries, and F_FULLFSYNC.
 *
 * Never run: the machines this is developed on have neither the system nor its headers. The tests compile it
 * against declarations of the calls it makes.
 *
 * Invariants:
 * I1 The reservation is only ever replaced piece by piece, so no other thread's mapping gets in between.
 * I2 The port of a memory entry is deallocated as soon as both halves are mapped: they keep the memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <mach/mach.h>
#include <mach/vm_map.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../error_priv.h"
#include "os_priv.h"
#include "unix_priv.h"

/* Mach refused; its codes are not errnos. */
static int mach_error(enum vmap_operation operation, kern_return_t code)
{
	int error = EIO;
	if (code == KERN_NO_SPACE || code == KERN_RESOURCE_SHORTAGE)
		error = ENOMEM;
	else if (code == KERN_INVALID_ARGUMENT || code == KERN_INVALID_ADDRESS)
		error = EINVAL;
	else if (code == KERN_PROTECTION_FAILURE)
		error = EACCES;
	vmap_error_note((struct vmap_error){.operation = operation, .result = -error, .system_code = code});
	return -error;
}

/* Put one half of the entry's memory at @at, where the reservation is. */
static int map_half(enum vmap_operation operation, mach_port_t entry, uint8_t *at, size_t len)
{
	vm_address_t address = (vm_address_t)at;
	kern_return_t code = vm_map(mach_task_self(), &address, len, 0, VM_FLAGS_FIXED | VM_FLAGS_OVERWRITE, entry, 0,
				    FALSE, VM_PROT_READ | VM_PROT_WRITE, VM_PROT_READ | VM_PROT_WRITE,
				    VM_INHERIT_SHARE);
	return code != KERN_SUCCESS ? mach_error(operation, code) : 0;
}

/* Two halves of the same fresh pages at @data, inside the reservation. */
static int map_halves(uint8_t *data, size_t capacity)
{
	/* Fresh zeroed pages in the first half become an entry, which is what the second half is made of. */
	vm_address_t address = (vm_address_t)data;
	kern_return_t code = vm_allocate(mach_task_self(), &address, capacity, VM_FLAGS_FIXED | VM_FLAGS_OVERWRITE);
	if (code != KERN_SUCCESS)
		return mach_error(VMAP_OPERATION_RING_ALLOCATE, code);
	memory_object_size_t size = capacity;
	mach_port_t entry = MACH_PORT_NULL;
	code = mach_make_memory_entry_64(mach_task_self(), &size, (memory_object_offset_t)address,
					 VM_PROT_READ | VM_PROT_WRITE, &entry, MACH_PORT_NULL);
	if (code != KERN_SUCCESS)
		return mach_error(VMAP_OPERATION_RING_ENTRY, code);
	int r = 0;
	if (size < capacity) /* the entry covers as much as is one object */
		r = mach_error(VMAP_OPERATION_RING_ENTRY, KERN_RESOURCE_SHORTAGE);
	if (r == 0)
		r = map_half(VMAP_OPERATION_RING_PRIMARY, entry, data, capacity);
	if (r == 0)
		r = map_half(VMAP_OPERATION_RING_SECONDARY, entry, data + capacity, capacity);
	mach_port_deallocate(mach_task_self(), entry); /* keeps I2 */
	return r;
}

int vmap_os_mirror_map_anonymous(size_t capacity, struct vmap_os_mirror *ret_mirror)
{
	size_t guard = vmap_page_size();
	size_t length;
	if (__builtin_mul_overflow(capacity, (size_t)2, &length) || __builtin_add_overflow(length, 2 * guard, &length))
		return vmap_error_input(VMAP_OPERATION_RING_ALLOCATE, VMAP_INPUT_OVERFLOW, -EOVERFLOW);
	void *base = mmap(NULL, length, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0);
	if (base == MAP_FAILED)
		return vmap_error_system(VMAP_OPERATION_RING_ALLOCATE, errno);
	uint8_t *data = (uint8_t *)base + guard;
	int r = map_halves(data, capacity);
	if (r < 0) {
		munmap(base, length); /* takes the halves with it */
		return r;
	}
	*ret_mirror = (struct vmap_os_mirror){.base = base, .length = length, .data = data, .capacity = capacity};
	return 0;
}

size_t os_unix_file_page(int fd, const struct stat *st)
{
	(void)fd, (void)st; /* no file is known to have others */
	return vmap_page_size();
}

int os_unix_cool(void *base, size_t len)
{
	/* POSIX_MADV_DONTNEED keeps what the pages hold here, unlike MADV_FREE. */
	return -posix_madvise(base, len, POSIX_MADV_DONTNEED);
}

int vmap_os_prefault(void *base, size_t len)
{
	os_unix_touch(base, len);
	return 0;
}

void vmap_os_release(int fd, uint64_t offset, uint64_t len)
{
	(void)fd, (void)offset, (void)len; /* F_PUNCHHOLE is for APFS only; pages that stay are merely not free for others */
}

int vmap_os_reserve(int fd, uint64_t offset, uint64_t len)
{
	/* Room at the end of the file, in any pieces; then the size, which F_PREALLOCATE leaves alone. */
	uint64_t size = 0;
	size_t page_size;
	int r = vmap_os_file_size(fd, &size, &page_size);
	if (r < 0)
		return r;
	if (offset + len <= size)
		return 0;
	fstore_t store = {
		.fst_flags = F_ALLOCATEALL, .fst_posmode = F_PEOFPOSMODE, .fst_length = (off_t)(offset + len - size)};
	if (fcntl(fd, F_PREALLOCATE, &store) < 0)
		return -errno;
	return vmap_os_file_resize(fd, offset + len);
}

int vmap_os_random(void *dst, size_t len)
{
	arc4random_buf(dst, len);
	return 0;
}
