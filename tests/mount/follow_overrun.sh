# SPDX-License-Identifier: MIT
# follow_overrun.sh -f|-F: a stopped tail is overrun by a fast writer, several times: no torn, no repeated line.
. "$(dirname "$0")/lib.sh"
start size=64K
write_lines 1 100
bg tail -n +1 "$1" -s 0.05 "$RING" > "$T/seen" 2> "$T/tail.err"
tail=$BGPID
next=101
shows() { [[ $(tail -n 1 "$T/seen") == "$(lines gen "$1" "$1")" ]]; }
for ((turn = 0; turn < 4; turn++)); do
	wait_for "line $((next - 1))" shows $((next - 1))
	kill -STOP "$tail"
	lines write "$next" $((next + 4000)) "$RING"
	next=$((next + 4001))
	kill -CONT "$tail"
	lines write "$next" $((next + 300)) "$RING"
	next=$((next + 301))
done
wait_for "line $((next - 1))" shows $((next - 1))
found=$(lines check --gaps "$T/seen")
read -r first last missing <<< "$found"
eq "the first line" 1 "$first"
eq "the last line" $((next - 1)) "$last"
((missing > 4 * 2000)) || fail "only $missing lines are missing: the reader was not overrun"
eq "tail's stderr" "" "$(cat "$T/tail.err")"
end_bg "$tail"
stop
