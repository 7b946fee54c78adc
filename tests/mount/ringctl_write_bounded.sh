# SPDX-License-Identifier: MIT
# ringctl_write_bounded.sh owner|none: into a bounded ring write waits for room, and every line comes through once, in order.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start "size=64K,policy=bounded,map=$1"
silent create "$RING"
lines gen 1 20000 > "$MODEL"
writes "$MODEL" "$RING"
full() { (($(size_of "$RING") > 45000)); }
wait_for "the ring to fill" full
gone "$WRITER" && fail "it did not wait: $(< "$T/said")"
cat "$RING" > "$T/out"
ends "$WRITER" 0
same "what came through" "$MODEL" "$T/out"
says write "$1"
stop
