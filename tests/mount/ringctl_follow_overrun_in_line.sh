# SPDX-License-Identifier: MIT
# ringctl_follow_overrun_in_line.sh owner|none: a line that was shown before its end was written, and is then overrun, is ended.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start "size=64K,map=$1"
printf 'unfinished' | tee "$MODEL" > "$RING"
follow "$RING"
shows unfinished
kill -STOP "$FOLLOW"
write_lines 1 4000
kill -CONT "$FOLLOW"
shows "$(lines gen 4000 4000)"
wait_for "the loss" has_text "$T/said" "bytes lost"
eq "the unfinished line" unfinished "$(head -n 1 "$T/seen")"
sed 1d "$T/seen" > "$T/lines"
lines check --gaps "$T/lines" > "$T/which"
eq "seen and lost" "$(size_of "$MODEL")" "$(($(size_of "$T/seen") - 1 + $(lost)))"
end_bg "$FOLLOW"
stop
