# SPDX-License-Identifier: MIT
# flock(1) on a ring keeps processes apart: no two are inside at once, -n and -w give up with their status, a kill lets go.
. "$(dirname "$0")/lib.sh"
need flock
start size=64K
: > "$RING"
echo 0 > "$T/counter"
worker() { # each turn reads, then writes: without the lock turns are lost
	local i
	for ((i = 0; i < 25; i++)); do
		flock "$RING" bash -c 'read -r n < "$1/counter"; echo $((n + 1)) > "$1/counter"; echo "turn $((n + 1))" >> "$2"' \
			worker "$T" "$RING"
	done
}
workers=()
for ((w = 0; w < 4; w++)); do
	bg worker
	workers+=("$BGPID")
done
for w in "${workers[@]}"; do wait "$w"; done
eq "turns" 100 "$(cat "$T/counter")"
seq -f 'turn %g' 100 > "$T/wanted"
same "the ring" "$T/wanted" "$RING"

bg flock --no-fork "$RING" sleep 1000
holder=$BGPID
held() { ! flock -n "$RING" true; }
wait_for "the lock to be held" held
status=0
flock -n -E 7 "$RING" true || status=$?
eq "the status of flock -n" 7 "$status"
status=0
flock -w 0.1 -E 8 "$RING" true || status=$?
eq "the status of flock -w" 8 "$status"
flock -n "$MNT" true
bg flock "$RING" -c "echo got it > '$T/got'"
waiter=$BGPID
kill -KILL "$holder"
wait "$holder" 2> "$T/which" || true
wait "$waiter"
eq "what the waiter did" "got it" "$(cat "$T/got")"
stop
