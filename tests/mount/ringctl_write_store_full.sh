# SPDX-License-Identifier: MIT
# ringctl_write_store_full.sh owner|none: on a full store write says so once and waits; when there is room, every line is there.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
scratch_tmpfs "$STORE" 1M
start "size=512K,map=$1" "$STORE"
: > "$RING"
head -c 700000 /dev/zero > "$STORE/ballast"
lines gen 1 8000 > "$MODEL"
writes "$MODEL" "$RING"
wait_for "it to say so" has_text "$T/said" "No space left on device"
rm "$STORE/ballast"
ends "$WRITER" 0
has "$RING" "head=$(size_of "$MODEL")"
same "the ring" "$MODEL" "$RING"
says write "$1" "No space left on device: waiting"
stop
