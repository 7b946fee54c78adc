# SPDX-License-Identifier: MIT
# A mount that is followed can be unmounted; follow writes all that was there, says so and exits with 1.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=64K "$STORE"
write_lines 1 10
follow "$RING"
shows "$(lines gen 10 10)"
kill -STOP "$FOLLOW"
write_lines 11 300
stop
kill -CONT "$FOLLOW"
ends "$FOLLOW" 1
same "what follow wrote" "$MODEL" "$T/seen"
says follow owner "was unmounted"
