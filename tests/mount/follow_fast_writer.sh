# SPDX-License-Identifier: MIT
# follow_fast_writer.sh -f|-F: tail beside a writer that never pauses prints whole lines in order, up to the last.
. "$(dirname "$0")/lib.sh"
start size=64K
write_lines 1 1
bg tail -n +1 "$1" -s 0.01 "$RING" > "$T/seen" 2> "$T/tail.err"
tail=$BGPID
wait_for "the first line" test -s "$T/seen" # before it is overwritten
lines write 2 40000 "$RING"
shows() { [[ $(tail -n 1 "$T/seen") == "$(lines gen 40000 40000)" ]]; }
wait_for "the last line" shows
found=$(lines check --gaps "$T/seen")
read -r first last missing <<< "$found"
eq "the first and the last line" "1 40000" "$first $last"
eq "tail's stderr" "" "$(cat "$T/tail.err")"
end_bg "$tail"
stop
