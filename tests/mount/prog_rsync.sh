# SPDX-License-Identifier: MIT
# rsync -a out of the mount and into it: bytes, modes and times are right, a second run copies only rings that have wrapped, a
# file larger than the capacity keeps its end, and --inplace says so where a file has become shorter.
. "$(dirname "$0")/lib.sh"
need rsync
start size=64K
mkdir "$MNT/sub" "$T/out" "$T/in" "$T/in/sub"
write_lines 1 3000
write_lines 1 100 "$MNT/sub/small.log" "$T/small"
chmod 640 "$RING"
chmod 2750 "$MNT/sub"
touch -d '2020-01-02 03:04:05.123456789' "$RING" "$MNT/sub/small.log" "$MNT/sub"
expected 65536 > "$T/whole"
copy() { rsync -a --out-format='%i %n' "$@" > "$T/rsync.out" 2>&1 || fail "rsync $*: $(cat "$T/rsync.out")"; }
facts() { (cd "$1" && find . -mindepth 1 -printf '%m %T@ %p\n' | sort); }

copy "$MNT/" "$T/out/"
same "a ring that has wrapped" "$T/whole" "$T/out/app.log"
same "a ring that has not" "$T/small" "$T/out/sub/small.log"
eq "modes and times" "$(facts "$MNT")" "$(facts "$T/out")"
copy "$MNT/" "$T/out/"
eq "what a second run copies" ">f.s....... app.log" "$(cat "$T/rsync.out")"
same "after the second run" "$T/whole" "$T/out/app.log"

cp "$T/small" "$T/in/sub/small.log"
cp "$MODEL" "$T/in/large.log"
chmod 600 "$T/in/sub/small.log"
touch -d '2021-02-03 04:05:06.987654321' "$T/in/large.log" "$T/in/sub/small.log" "$T/in/sub"
copy "$T/in/" "$MNT/in/"
same "a small file on the mount" "$T/small" "$MNT/in/sub/small.log"
same "the end of a large one" "$T/whole" "$MNT/in/large.log"
eq "modes and times on the mount" "$(facts "$T/in")" "$(facts "$MNT/in")"
copy "$T/in/" "$MNT/in/"
eq "what a second run copies in" ">f.s....... large.log" "$(cat "$T/rsync.out")"

lines gen 1 50 > "$T/in/sub/small.log"
! rsync -a --inplace "$T/in/sub/" "$MNT/in/sub/" > "$T/rsync.out" 2>&1 || fail "rsync --inplace made a ring shorter"
has_text "$T/rsync.out" "Invalid argument" || fail "rsync --inplace said: $(cat "$T/rsync.out")"
copy "$T/in/sub/" "$MNT/in/sub/"
same "without it" "$T/in/sub/small.log" "$MNT/in/sub/small.log"
stop
