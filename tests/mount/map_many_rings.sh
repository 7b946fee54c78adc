# SPDX-License-Identifier: MIT
# Appends through mappings of 100 rings, more than one thread can sleep on at once, wake a reader of each.
. "$(dirname "$0")/lib.sh"
start size=64K,eof=wait
for ((n = 0; n < 100; n++)); do : > "$MNT/$n"; done
mkfifo "$T/control"
exec 4<> "$T/control"
waiting() { awk '$1 ~ /^ringfs_ring_waiting/ { n += $2 } END { print n + 0 }' "$MNT/.ringfs/metrics"; }
all_wait() { [[ $(waiting) == 100 ]]; }
told() { say "$(waiting) wait"; }
ON_TIMEOUT=(told)
map_many() {
	exec 4>&-
	exec "$HELPERS/map_many" "$MNT" 100 < "$T/control" > "$T/said"
}
bg map_many
many=$BGPID
wait_for "100 to wait" all_wait
echo >&4
wait_for "all to be woken" gone "$many"
wait "$many" || fail "the helper failed"
eq "the helper" "100 woken" "$(cat "$T/said")"
stop
