# SPDX-License-Identifier: MIT
# ringctl_follow_clear.sh owner|none: after a clear follow goes on with what comes; what was cleared unread is not called lost.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start "size=64K,map=$1"
write_lines 1 10
follow --from oldest "$RING"
shows "$(lines gen 10 10)"
kill -STOP "$FOLLOW"
write_lines 11 40 "$RING" "$T/which"
silent clear "$RING"
write_lines 41 60
kill -CONT "$FOLLOW"
shows "$(lines gen 60 60)"
silent clear "$RING"
write_lines 61 70
shows "$(lines gen 70 70)"
same "what follow wrote" "$MODEL" "$T/seen"
says follow "$1"
end_bg "$FOLLOW"
stop
