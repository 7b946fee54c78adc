# SPDX-License-Identifier: MIT
# find by size, time, inode and link, du and df tell of rings what they are: the bytes held, the store's blocks, the store's space.
. "$(dirname "$0")/lib.sh"
start size=64K "$STORE"
mkdir "$MNT/sub"
write_lines 1 3000
write_lines 1 100 "$MNT/sub/small.log" "$T/small"
: > "$MNT/empty.log"
ln "$MNT/sub/small.log" "$MNT/linked"
found() { (cd "$MNT" && find . "$@" | sort | xargs); }
eq "find -size" "./app.log" "$(found -type f -size 64k -size -65537c -size +65535c)"
eq "find -size of what has not wrapped" "./linked ./sub/small.log" "$(found -type f -size "$(size_of "$T/small")c")"
eq "find -empty" "./empty.log" "$(found -type f -empty)"
eq "find -inum" "./linked ./sub/small.log" "$(found -inum "$(stat -c %i "$MNT/linked")")"
eq "find -samefile" "./linked ./sub/small.log" "$(found -samefile "$MNT/linked")"
eq "find -links" "./linked ./sub/small.log" "$(found -type f -links 2)"
touch -d '2020-01-01' "$MNT/app.log" "$MNT/linked" "$MNT/empty.log"
touch -d '2020-01-02' "$T/reference"
eq "find -newer before a write" "" "$(found -type f -newer "$T/reference")"
write_lines 3001 3001
eq "find -newer after a write" "./app.log" "$(found -type f -newer "$T/reference")"
eq "find -mmin" "./app.log" "$(found -type f -mmin -1000)"
(cd "$MNT" && find . -name empty.log -delete)
eq "find -delete" "" "$(found -name empty.log)"

eq "du --apparent-size" "65536" "$(du -b "$RING" | cut -f 1)"
eq "du" "$(stat -c '%b' "$RING")" "$(du -B 512 "$RING" | cut -f 1)"
eq "du and the store" "$(du -B 512 "$STORE/.ringfs/rings/app.log" | cut -f 1)" "$(du -B 512 "$RING" | cut -f 1)"
(($(stat -c '%b' "$RING") * 512 >= 65536)) || fail "a full ring has fewer blocks than bytes"
eq "df's size" "$(df -B 1 --output=size "$STORE" | tail -n 1)" "$(df -B 1 --output=size "$MNT" | tail -n 1)"
eq "df's type and place" "fuse.ringfs $MNT" "$(df --output=fstype,target "$RING" | tail -n 1 | xargs)"
stop
