# SPDX-License-Identifier: MIT
# ringctl_follow_pipe.sh owner|none: follow ends by SIGPIPE when its reader goes, although nothing is written any more.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start "size=64K,map=$1"
write_lines 1 10
"$RINGCTL" follow "$RING" 2> "$T/said" | head -n 1 > "$T/seen" || status=("${PIPESTATUS[@]}")
eq "the first of ten lines" "$(lines gen 1 1)" "$(< "$T/seen")"
eq "the statuses" "141 0" "${status[*]}"
says follow "$1"
status=()
"$RINGCTL" follow --from newest "$RING" 2> "$T/said" | true || status=("${PIPESTATUS[@]}")
eq "the statuses when nothing is ever written" "141 0" "${status[*]}"
stop
