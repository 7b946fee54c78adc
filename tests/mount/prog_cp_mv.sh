# SPDX-License-Identifier: MIT
# cp -a and mv, out of the mount, into it, and within: bytes, modes and times go along; within the mount mv is a rename.
. "$(dirname "$0")/lib.sh"
start size=64K
write_lines 1 3000
expected 65536 > "$T/whole"
chmod 604 "$RING"
touch -d '2020-01-02 03:04:05.123456789' "$RING"
facts() { stat -c '%a %u:%g %.9Y' "$1"; }
wanted=$(facts "$RING")
check() { # WHAT FILE
	same "$1" "$T/whole" "$2"
	eq "mode, owner and time: $1" "$wanted" "$(facts "$2")"
}
cp -a "$RING" "$T/copied"
check "copied out" "$T/copied"
cp -a "$RING" "$MNT/copied"
check "copied within" "$MNT/copied"
cp -a "$T/copied" "$MNT/copied.in"
check "copied in" "$MNT/copied.in"

before=$(stat -c '%i %s %a %Y' "$RING")
mv "$RING" "$MNT/moved"
eq "moved within" "$before" "$(stat -c '%i %s %a %Y' "$MNT/moved")"
mv "$MNT/moved" "$T/moved"
check "moved out" "$T/moved"
mv "$T/moved" "$MNT/moved.in"
check "moved in" "$MNT/moved.in"
mkdir "$MNT/tree"
mv "$MNT/moved.in" "$MNT/copied" "$MNT/tree"
ln "$MNT/tree/copied" "$MNT/tree/linked"
ln -s copied "$MNT/tree/pointer"
cp -a "$MNT/tree" "$T/tree"
check "in a tree" "$T/tree/moved.in"
eq "links kept" "$(stat -c '%i %h' "$T/tree/copied")" "$(stat -c '%i %h' "$T/tree/linked")"
eq "symbolic links kept" copied "$(readlink "$T/tree/pointer")"
mv "$T/tree" "$MNT/tree.in"
check "a tree moved in" "$MNT/tree.in/moved.in"
eq "links kept on the mount" "$(stat -c '%i 2' "$MNT/tree.in/copied")" "$(stat -c '%i %h' "$MNT/tree.in/linked")"
eq "what is on the mount" "copied.in tree tree.in" "$(cd "$MNT" && echo *)"
stop
