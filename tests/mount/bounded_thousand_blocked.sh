# SPDX-License-Identifier: MIT
# 500 readers and 500 writers wait on one mount: it answers as ever, none is in state D, all die when killed, and the mount is fine.
. "$(dirname "$0")/lib.sh"
start policy=bounded,size=64K
: > "$MNT/empty"
dd if=/dev/zero of="$MNT/full" bs=65536 count=1 status=none
exec 3>> "$MNT/empty" # without a writer it would be at its end
waiting() { awk -v ring="{ring=\"$1\"}" '$1 == "ringfs_ring_waiting" ring { print $2 }' "$MNT/.ringfs/metrics"; }
waits() { [[ $(waiting empty) == "$1" && $(waiting full) == "$1" ]]; }
mkfifo "$T/control"
exec 4<> "$T/control"
told() {
	say "$(waiting empty) and $(waiting full) wait, $(metric ringfs_canonical_fallbacks_total) share the ring's own inode," \
		"states: $(ps -o stat= --ppid "$many" | sort | uniq -c | tr '\n' ' ')"
}
ON_TIMEOUT=(told)
block_many() {
	exec 3>&- 4>&-
	exec "$HELPERS/block_many" "$MNT/empty" 500 "$MNT/full" 500 < "$T/control" > "$T/said"
}
bg block_many
many=$BGPID
wait_for "1000 to wait" waits 500
for ((n = 0; n < 20; n++)); do
	timeout "$DEADLINE" stat "$MNT/empty" > "$T/which" || fail "stat beside 1000 that wait"
	echo "line $n" >> "$MNT/other" || fail "a write beside 1000 that wait"
	eq "a line of another ring" "line $n" "$(timeout "$DEADLINE" cat "$MNT/other")"
done
exec 4>&-
wait "$many" || fail "the helper failed"
eq "what became of them" "1000 asleep, 1000 killed" "$(tail -n 1 "$T/said")"
wait_for "nobody to wait" waits 0
echo "last" >&3
exec 3>&-
eq "the empty ring" "last" "$(cat "$MNT/empty")"
eq "the full ring" "65536" "$(wc -c < "$MNT/full")"
stop
