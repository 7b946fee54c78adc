# SPDX-License-Identifier: MIT
# A second user who may only read a ring follows it by a mapping for reading, promptly, and is told what is lost.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
need_second_user
start size=64K,allow_other
write_lines 1 10
chmod 644 "$RING"
: > "$T/seen"
: > "$T/said"
other=(setpriv --reuid=65534 --regid=65534 --clear-groups)
"${other[@]}" test -x "$RINGCTL" || skip "a second user cannot run ringctl"
bg "${other[@]}" "$RINGCTL" follow --from oldest "$RING" < /dev/null > "$T/seen" 2> "$T/said"
FOLLOW=$BGPID
for ((n = 11; n <= 30; n++)); do
	write_lines "$n" "$n"
	shows "$(lines gen "$n" "$n")"
done
same "what follow wrote" "$MODEL" "$T/seen"
says follow owner
has "$RING" readers=1 writers=0
kill -STOP "$FOLLOW"
write_lines 31 3000
kill -CONT "$FOLLOW"
shows "$(lines gen 3000 3000)"
wait_for "the loss" has_text "$T/said" "bytes lost"
eq "seen and lost" "$(size_of "$MODEL")" "$(($(size_of "$T/seen") + $(lost)))"
told() { [[ $("$RINGCTL" stat --json -- "$RING") == *"\"lost_bytes\": $(lost),"* ]]; }
wait_for "the ring to count what was lost" told
end_bg "$FOLLOW"
stop
