# SPDX-License-Identifier: MIT
# The metrics tell a second user no names that he could not list, and the daemon's user all of them.
. "$(dirname "$0")/lib.sh"
need_second_user
start size=64K,allow_other "$STORE"
mkdir -m 755 "$MNT/open"
mkdir -m 700 "$MNT/closed"
mkdir -m 750 "$MNT/group"
mkdir -m 711 "$MNT/passage" # he could use a name there if he knew one
mkdir -m 755 "$MNT/closed/below"
mkdir -m 700 "$MNT/his"
chgrp 4242 "$MNT/group"
for dir in . open closed group passage closed/below his; do
	echo line > "$MNT/$dir/ring"
done
chown 65534 "$MNT/his"
names() { sed -n 's/^ringfs_ring_head_bytes{ring="\(.*\)"} 5$/\1/p' "$1" | sort | tr '\n' ' '; }
setpriv --reuid=65534 --regid=4242 --clear-groups cat "$MNT/.ringfs/metrics" > "$T/second"
eq "what he is told of" "group/ring his/ring open/ring ring " "$(names "$T/second")"
grep -q '^ringfs_rings 4$' "$T/second" || fail "he is told of so many: $(grep ^ringfs_rings "$T/second")"
cat "$MNT/.ringfs/metrics" > "$T/first"
eq "what root is told of" "closed/below/ring closed/ring group/ring his/ring open/ring passage/ring ring " "$(names "$T/first")"
stop
