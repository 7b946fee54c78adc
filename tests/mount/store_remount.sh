# SPDX-License-Identifier: MIT
# Rings, directories, links, modes and times are the same after a remount; writing goes on where it was.
. "$(dirname "$0")/lib.sh"
start size=64K "$STORE"
mkdir -m 750 "$MNT/d"
write_lines 1 4321
lines gen 1 3 > "$MNT/d/small"
: > "$MNT/empty"
ln "$RING" "$MNT/d/link"
ln -s ../app.log "$MNT/d/symlink"
chmod 604 "$MNT/d/small"
touch -d '2001-02-03 04:05:06.789 UTC' "$MNT/empty"
cat "$RING" > "$T/before"
facts() { (cd "$MNT" && stat -c '%n %F %a %u %g %h %s %Y' . app.log empty d d/small d/link d/symlink); }
full_times() { (cd "$MNT" && stat -c '%n %y' app.log empty d/small); }
facts > "$T/facts.before"
full_times > "$T/times.before"
stop
start size=64K "$STORE"
facts > "$T/facts.after"
full_times > "$T/times.after"
diff "$T/facts.before" "$T/facts.after" >&2 || fail "attributes changed over the remount"
diff "$T/times.before" "$T/times.after" >&2 || fail "times changed over the remount"
cat "$RING" > "$T/after"
same "the wrapped ring after a remount" "$T/before" "$T/after"
expected 65536 > "$T/expected"
same "the wrapped ring against its model" "$T/expected" "$T/after"
eq "the empty ring" 0 "$(size_of "$MNT/empty")"
write_lines 4322 4400
expected 65536 > "$T/expected"
cat "$RING" > "$T/after"
same "after more lines" "$T/expected" "$T/after"
eq "names" "app.log d empty" "$(cd "$MNT" && echo *)"
stop
[[ -d $STORE/.ringfs ]] || fail "the store has lost its marker"
