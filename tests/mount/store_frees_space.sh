# SPDX-License-Identifier: MIT
# The store's space is free again after unlink, also when the ring was still open (peers 10).
. "$(dirname "$0")/lib.sh"
start size=1M "$STORE"
used() { du -s --block-size=1 "$STORE" | cut -f 1; }
back() { [[ $(used) -le $1 ]]; }
head -c 3000000 /dev/zero > "$T/zeros"
mkdir "$MNT/d"
before=$(used)
for n in 1 2 3 4 5 6 7 8; do cat "$T/zeros" > "$MNT/d/$n"; done
full=$(used)
((full - before >= 8 * 1048576)) || fail "8 rings of 1 MiB take $((full - before)) bytes"
((full - before <= 8 * (1048576 + 131072))) || fail "8 rings of 1 MiB take $((full - before)) bytes"
exec 3< "$MNT/d/1" 4>> "$MNT/d/2"
rm "$MNT"/d/*
wait_for "the space of the closed rings" back $((before + 2 * (1048576 + 131072)))
exec 3<&- 4>&-
wait_for "the space of the rings that were open" back $((before + 4096))
stop
