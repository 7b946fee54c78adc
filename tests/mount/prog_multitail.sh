# SPDX-License-Identifier: MIT
# multitail shows the newest lines of two rings that have wrapped, in two windows, and follows both.
. "$(dirname "$0")/lib.sh"
. "$HERE/prog.sh"
need multitail
start size=64K
other=$MNT/other.log
write_lines 1 3000
write_lines 100001 103000 "$other"
begin_terminal "multitail -F /dev/null -n 20 '$RING' -n 20 '$other'"
ON_TIMEOUT=(show_screen)
wait_for "the newest line" shows "$(lines gen 3000 3000)"
wait_for "the other ring's newest line" shows "$(lines gen 103000 103000)"
for ((n = 3000; n < 5000; n += 1000)); do
	write_lines $((n + 1)) $((n + 1000))
	wait_for "line $((n + 1000))" shows "$(lines gen $((n + 1000)) $((n + 1000)))"
	write_lines $((100001 + n)) $((101000 + n)) "$other"
	wait_for "line $((101000 + n))" shows "$(lines gen $((101000 + n)) $((101000 + n)))"
done
screen
for first in 0000 0010; do
	grep "^${first}[0-9]\{4\} " "$T/screen" > "$T/shown"
	(($(wc -l < "$T/shown") > 5)) || fail "the window is not full of lines: $(cat "$T/screen")"
	lines check "$T/shown" > "$T/which"
done
keys q
wait_for "multitail to end" gone "$PANE"
stop
