# SPDX-License-Identifier: MIT
# A writer that has stopped with the ring's lock holds up write for a moment only: who serves the ring locks it out.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=64K
: > "$RING"
mkfifo "$T/told"
exec 5<> "$T/told"
hold() { exec "$HELPERS/map_tool" < "$T/told" > "$T/held" 5>&-; }
bg hold
holder=$BGPID
printf 'attach rw %s\nreserve 10\n' "$RING" >&5
holds() { [[ $(grep -c '^ok' "$T/held") == 2 ]]; }
wait_for "the lock to be held" holds
lines gen 1 100 > "$MODEL"
timeout "$DEADLINE" "$RINGCTL" write "$RING" < "$MODEL" 2> "$T/said" || fail "it did not go on: $(< "$T/said")"
same "the ring" "$MODEL" "$RING"
says write owner
kill -KILL "$holder"
has_text "$T/mnt.err" "was locked out" || fail "the daemon has locked out nobody"
: > "$T/mnt.err"
stop
