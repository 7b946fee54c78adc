# SPDX-License-Identifier: MIT
# less +F in a terminal shows new lines of a full ring as they come, and goes to whole old ones.
. "$(dirname "$0")/lib.sh"
need tmux less
start size=64K
write_lines 1 5000
terminal() { tmux -S "$T/tmux" -f /dev/null "$@"; }
screen() { terminal capture-pane -p > "$T/screen"; }
shows() { screen && has_text "$T/screen" "$1"; }
LESSHISTFILE=- TERM=screen terminal new-session -d -x 100 -y 30 "less +F '$RING'"
AT_EXIT+=('terminal kill-server 2> "$T/which"')
pane=$(terminal display-message -p '#{pane_pid}')
wait_for "the last line" shows "$(lines gen 5000 5000)"
for ((n = 5000; n < 8000; n += 600)); do
	write_lines $((n + 1)) $((n + 600))
	wait_for "line $((n + 600))" shows "$(lines gen $((n + 600)) $((n + 600)))"
done
screen
grep '^[0-9]\{8\} ' "$T/screen" > "$T/shown"
(($(wc -l < "$T/shown") > 20)) || fail "the screen is not full of lines: $(cat "$T/screen")"
found=$(lines check "$T/shown")
eq "the last line on the screen" 8000 "${found#* }"
terminal send-keys C-c
wait_for "less to stop following" bash -c "! tmux -S '$T/tmux' capture-pane -p | grep -q 'Waiting for data'"
terminal send-keys q
wait_for "less to end" gone "$pane"
stop
