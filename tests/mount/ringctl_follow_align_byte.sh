# SPDX-License-Identifier: MIT
# ringctl_follow_align_byte.sh owner|none: a ring without lines (align=byte) is followed byte by byte, from its oldest byte on.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start "size=64K,map=$1,align=byte"
head -c 100000 /dev/urandom > "$MODEL"
cat "$MODEL" > "$RING"
tail -c 65536 "$MODEL" > "$T/wanted"
follow --from oldest "$RING"
wait_for "all bytes" cmp -s "$T/wanted" "$T/seen"
kill -STOP "$FOLLOW"
head -c 70000 /dev/urandom | tee "$T/chunk" >> "$RING"
tail -c 65536 "$T/chunk" >> "$T/wanted"
kill -CONT "$FOLLOW"
wait_for "all bytes after the overrun" cmp -s "$T/wanted" "$T/seen"
eq "lost" $((70000 - 65536)) "$(lost)"
end_bg "$FOLLOW"
stop
