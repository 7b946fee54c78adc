#!/bin/sh
# SPDX-License-Identifier: MIT
# The shared library exports what the public headers declare, no more and no less.
# usage: exported.sh NM OBJDUMP LIBRARY HEADER...
set -eu
nm=$1 objdump=$2 library=$3
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
need() { command -v "$1" >/dev/null || { echo "skipped: no $1"; exit 77; }; }
sed -n 's/^VMAP_API .*[ *]\(vmap_[a-z0-9_]*\)(.*/\1/p' "$@" | sort -u >"$work/declared"
case $library in
*.dll)
	need "$objdump"
	"$objdump" -p "$library" | sed -n '/^\[Ordinal\/Name Pointer\]/,/^$/s/^[[:space:]]*\[ *[0-9].* //p' | sort -u >"$work/exported"
	;;
*)
	need "$nm"
	"$nm" -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort -u >"$work/exported"
	;;
esac
test -s "$work/declared"
diff "$work/declared" "$work/exported" && echo "$(wc -l <"$work/declared") functions"
