# SPDX-License-Identifier: MIT
# prog_lnav.sh OPTIONS COMMAND: lnav shows the newest lines of a ring that has wrapped and those that come, in order. It wants
# align=byte or a pipe: it takes a file whose open size is below that of its path for one that was overwritten (ringfs(8)).
. "$(dirname "$0")/lib.sh"
. "$HERE/prog.sh"
need lnav
start "size=64K,$1"
stamp() { printf '2026-11-22T21:%02d:%02d.%03d INFO line %s\n' $(($1 / 60000)) $(($1 / 1000 % 60)) $(($1 % 1000)) "$1"; }
put() { for ((i = $1; i <= $2; i++)); do stamp "$i"; done >> "$RING"; }
put 1 3000
cd "$MNT" || exit
begin_terminal "$2"
ON_TIMEOUT=(show_screen)
wait_for "the newest line" shows "INFO line 3000"
for ((n = 3000; n < 6000; n += 1000)); do
	put $((n + 1)) $((n + 1000))
	wait_for "line $((n + 1000))" shows "INFO line $((n + 1000))"
done
grep -o 'line [0-9]\{4\}' "$T/screen" > "$T/shown"
seq -f 'line %g' $((6001 - $(wc -l < "$T/shown"))) 6000 > "$T/wanted"
same "the lines on the screen" "$T/wanted" "$T/shown"
(($(wc -l < "$T/shown") > 10)) || fail "the screen is not full of lines: $(cat "$T/screen")"
cd "$T" || exit
terminal kill-server
wait_for "lnav to end" gone "$PANE"
wait_for "its children to end" unused "$MNT"
stop
