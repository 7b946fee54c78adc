/* SPDX-License-Identifier: MIT */
/* Criterion has its assertions here; ours are all in one header. */
#include <criterion/criterion.h>
