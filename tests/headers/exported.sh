#!/bin/sh
# SPDX-License-Identifier: MIT
# The shared library exports what the public headers declare, no more and no less.
# usage: exported.sh LIBRARY HEADER...
set -eu
library=$1
shift
command -v nm >/dev/null || { echo "no nm"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -n 's/^VMAP_API .*[ *]\(vmap_[a-z0-9_]*\)(.*/\1/p' "$@" | sort -u >"$work/declared"
nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort -u >"$work/exported"
test -s "$work/declared"
diff "$work/declared" "$work/exported" && echo "$(wc -l <"$work/declared") functions"
