#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: compiles.sh COMPILER ARGUMENT...; its warnings are the output
exec "$@"
