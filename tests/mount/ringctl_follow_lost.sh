# SPDX-License-Identifier: MIT
# ringctl_follow_lost.sh skip|mark|error: read through the mount, follow is told of losses however the ring tells them.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start "size=64K,map=none,lost=$1"
write_lines 1 10
follow --from oldest "$RING"
shows "$(lines gen 10 10)"
kill -STOP "$FOLLOW"
write_lines 11 4000
kill -CONT "$FOLLOW"
shows "$(lines gen 4000 4000)"
wait_for "the loss" has_text "$T/said" "bytes lost"
marks=$(grep -c '^--- ringfs: [0-9]* bytes lost ---$' "$T/seen") || true
eq "marks" "$([[ $1 == mark ]] && echo 1 || echo 0)" "$marks"
grep -v '^--- ringfs' "$T/seen" > "$T/lines"
eq "seen and lost" "$(size_of "$MODEL")" "$(($(size_of "$T/lines") + $(lost)))"
lines check --gaps "$T/lines" > "$T/which"
end_bg "$FOLLOW"
stop
