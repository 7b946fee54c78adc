# SPDX-License-Identifier: MIT
# A daemon that cannot see its callers' thread ids (it runs in a PID namespace) serves them all on the ring's own inode.
. "$(dirname "$0")/lib.sh"
need unshare
need_root "makes a PID namespace"
RUNNER=(unshare -pf --kill-child)
start size=64K
write_lines 1 5000
expected 65536 > "$T/expected"
for n in 1 2 3; do
	cat "$RING" > "$T/seen"
	same "cat from outside the daemon's namespace" "$T/expected" "$T/seen"
done
wc -l < "$T/expected" > "$T/wanted"
wc -l < "$RING" > "$T/seen"
same "wc from outside the daemon's namespace" "$T/wanted" "$T/seen"
for ((n = 0; n < 8; n++)); do
	bg cat "$RING" > "$T/seen.$n"
	cats[n]=$BGPID
done
for ((n = 0; n < 8; n++)); do
	wait "${cats[n]}" || fail "a cat beside others failed"
	same "a cat beside others" "$T/expected" "$T/seen.$n"
done
eq "views opened" 0 "$(metric ringfs_views_opened_total)"
eq "fallbacks" 12 "$(metric ringfs_canonical_fallbacks_total)"
stop
