# SPDX-License-Identifier: MIT
# prog_rsyslog_overrun.sh inotify|polling: rsyslog that is stopped and overrun goes on: whole lines, growing numbers, to the last.
. "$(dirname "$0")/lib.sh"
. "$HERE/prog.sh"
start size=64K
write_lines 1 100
begin_rsyslog "$1"
arrived() { [[ $(tail -n 1 "$T/seen") == "$(lines gen "$1" "$1")" ]]; }
wait_for "the first lines" arrived 100
next=101
for ((turn = 0; turn < 3; turn++)); do
	kill -STOP "$RSYSLOG"
	wait_for "rsyslog to stand still" grep -q '^State:.T' "/proc/$RSYSLOG/status"
	lines write "$next" $((next + 3999)) "$RING"
	kill -CONT "$RSYSLOG"
	lines write $((next + 4000)) $((next + 4099)) "$RING"
	next=$((next + 4100))
	wait_for "rsyslog to come to line $((next - 1))" arrived $((next - 1))
done
found=$(lines check --gaps "$T/seen")
read -r first last missing <<< "$found"
eq "the first and the last line" "1 $((next - 1))" "$first $last"
((missing > 3 * 2000)) || fail "only $missing lines are missing: rsyslog was not overrun"
end_rsyslog
stop
