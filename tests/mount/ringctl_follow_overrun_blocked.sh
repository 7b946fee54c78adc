# SPDX-License-Identifier: MIT
# ringctl_follow_overrun_blocked.sh owner|none: a follower that was overrun while its reader was slow, and it had read
# half a line, tears none.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start "size=4M,map=$1"
lines gen 1 60000 | tee "$MODEL" > "$RING"
mkfifo "$T/out"
exec 4<> "$T/out"
"$RINGCTL" follow --from oldest "$RING" > "$T/out" 2> "$T/said" 4>&- < /dev/null &
FOLLOW=$!
BG+=("$FOLLOW")
blocked() { [[ $(< "/proc/$FOLLOW/wchan") == *pipe* ]]; }
wait_for "it to wait for its reader" blocked
lines gen 60001 200000 | tee -a "$MODEL" >> "$RING"
bg sh -c 'exec cat "$1" 4>&-' - "$T/out" > "$T/seen"
shows "$(lines gen 200000 200000)"
wait_for "the loss" has_text "$T/said" "bytes lost"
eq "seen and lost" "$(size_of "$MODEL")" "$(($(size_of "$T/seen") + $(lost)))"
lines check --gaps "$T/seen" > "$T/which"
end_bg "$FOLLOW"
exec 4>&-
stop
