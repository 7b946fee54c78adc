/* SPDX-License-Identifier: MIT */
/* As mach.h beside it. */
#ifndef TESTS_MACH_VM_MAP_H
#define TESTS_MACH_VM_MAP_H

#include <mach/mach.h>

kern_return_t vm_allocate(vm_map_t task, vm_address_t *address, vm_size_t size, int flags);
kern_return_t vm_map(vm_map_t task, vm_address_t *address, vm_size_t size, vm_address_t mask, int flags,
		     mem_entry_name_port_t object, vm_offset_t offset, boolean_t copy, vm_prot_t current,
		     vm_prot_t maximum, vm_inherit_t inheritance);
kern_return_t mach_make_memory_entry_64(vm_map_t task, memory_object_size_t *size, memory_object_offset_t offset,
					vm_prot_t permission, mem_entry_name_port_t *entry,
					mem_entry_name_port_t parent);

#endif
