# SPDX-License-Identifier: MIT
# A store whose file system has no inode left is mounted: its rings are read and written, a new one is ENOSPC until there is
# room. A new store is refused there, and leaves nothing.
. "$(dirname "$0")/lib.sh"
. "$HERE/refuse.sh"
scratch_tmpfs "$STORE" 4M nr_inodes=40
mkdir "$STORE/old" "$STORE/new"
start size=64K "$STORE/old"
write_lines 1 100
stop
for ((n = 0; n < 100; n++)); do : > "$STORE/ballast$n" || break; done 2> "$T/which"
((n < 100)) || fail "there are more inodes than wanted"
start size=64K "$STORE/old"
same "the ring" "$MODEL" "$RING"
write_lines 101 200
same "the ring that goes on" "$MODEL" "$RING"
touch "$MNT/more" 2> "$T/said" && fail "a ring was made without an inode"
has_text "$T/said" "No space left on device" || fail "touch said $(cat "$T/said")"
stop
refused 1 "ringfs: store $STORE/new: No space left on device" "$STORE/new" "$MNT"
eq "what is in the new store" "" "$(ls -A "$STORE/new")"
rm "$STORE"/ballast*
start size=64K "$STORE/old"
touch "$MNT/more"
eq "names" "app.log more" "$(echo $(ls "$MNT"))"
stop
