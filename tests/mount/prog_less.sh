# SPDX-License-Identifier: MIT
# less that was opened on a wrapped ring goes to its newest line with G, also to those written since, and finds them with a search.
. "$(dirname "$0")/lib.sh"
. "$HERE/prog.sh"
need less
start size=64K
write_lines 1 3000
begin_terminal "less '$RING'"
ON_TIMEOUT=(show_screen)
wait_for "the oldest whole line" shows "$(expected 65536 | head -n 1)"
keys G
wait_for "the newest line" shows "$(lines gen 3000 3000)"
write_lines 3001 3100
at_end() {
	keys G
	shows "$(lines gen 3100 3100)"
}
wait_for "a line written since" at_end
keys '?^00003050' Enter
wait_for "the line searched" shows "$(lines gen 3050 3050)"
keys q
wait_for "less to end" gone "$PANE"
stop
