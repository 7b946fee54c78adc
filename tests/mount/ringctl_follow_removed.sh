# SPDX-License-Identifier: MIT
# ringctl_follow_removed.sh owner|none: of a ring that is removed follow writes all that was there, says so and exits with 1.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start "size=64K,map=$1" "$STORE"
write_lines 1 10
follow "$RING"
shows "$(lines gen 10 10)"
kill -STOP "$FOLLOW"
write_lines 11 300
printf 'the end' | tee -a "$MODEL" >> "$RING"
rm "$RING"
kill -CONT "$FOLLOW"
ends "$FOLLOW" 1
same "what follow wrote" "$MODEL" "$T/seen"
says follow "$1" "the ring was removed"
stop
