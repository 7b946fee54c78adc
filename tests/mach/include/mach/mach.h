/* SPDX-License-Identifier: MIT */
/* Declarations of the Mach calls that core/src/os/mach.c makes, for compiling it where there is no Mach. */
#ifndef TESTS_MACH_MACH_H
#define TESTS_MACH_MACH_H

#include <stdint.h>

typedef int kern_return_t;
typedef int boolean_t;
typedef int vm_prot_t;
typedef unsigned int vm_inherit_t;
typedef unsigned int mach_port_t;
typedef mach_port_t vm_map_t;
typedef mach_port_t ipc_space_t;
typedef mach_port_t mem_entry_name_port_t;
typedef uintptr_t vm_address_t;
typedef uintptr_t vm_size_t;
typedef uintptr_t vm_offset_t;
typedef uint64_t memory_object_size_t;
typedef uint64_t memory_object_offset_t;

#define FALSE 0
#define MACH_PORT_NULL 0
#define KERN_SUCCESS 0
#define KERN_INVALID_ADDRESS 1
#define KERN_PROTECTION_FAILURE 2
#define KERN_NO_SPACE 3
#define KERN_INVALID_ARGUMENT 4
#define KERN_RESOURCE_SHORTAGE 6
#define VM_PROT_READ 1
#define VM_PROT_WRITE 2
#define VM_INHERIT_SHARE 0u
#define VM_FLAGS_FIXED 0
#define VM_FLAGS_OVERWRITE 0x4000

mach_port_t mach_task_self(void);
kern_return_t mach_port_deallocate(ipc_space_t task, mach_port_t name);

#endif
