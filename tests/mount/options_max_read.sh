# SPDX-License-Identifier: MIT
# FUSE's own option max_read= mounts, and reads are whole.
. "$(dirname "$0")/lib.sh"
start size=64K,max_read=4096
write_lines 1 5000
expected 65536 > "$T/expected"
cat "$RING" > "$T/seen"
same "with max_read" "$T/expected" "$T/seen"
stop
