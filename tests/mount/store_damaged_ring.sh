# SPDX-License-Identifier: MIT
# A backing file that is cut, overwritten or foreign gives an error on open for that ring alone and is left untouched.
. "$(dirname "$0")/lib.sh"
start size=64K "$STORE"
for name in good cut header empty; do lines gen 1 3000 > "$MNT/$name"; done
stop
lines gen 1 3000 > "$MODEL"
expected 65536 > "$T/expected"
truncate -s 70000 "$STORE/.ringfs/rings/cut"
: > "$STORE/.ringfs/rings/empty"
dd if=/dev/urandom of="$STORE/.ringfs/rings/header" bs=4096 count=1 conv=notrunc status=none
echo "a plain file somebody put here" > "$STORE/.ringfs/rings/plain"
md5sum "$STORE"/.ringfs/rings/{cut,empty,header,plain} > "$T/before"
start size=64K "$STORE"
py <<'PY'
import os, sys
from ringlib import *
mount = sys.argv[1]
for name in ("cut", "header", "empty", "plain"):
    for flags in (os.O_RDONLY, os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_TRUNC):
        with raises("open %s with %#o" % (name, flags), errno.EIO, errno.EBADMSG, errno.EUCLEAN):
            os.open(mount + "/" + name, flags)
    os.stat(mount + "/" + name)
eq("names", ["cut", "empty", "good", "header", "plain"], sorted(os.listdir(mount)))
PY
cat "$MNT/good" > "$T/seen"
same "the ring beside them" "$T/expected" "$T/seen"
fusermount3 -u "$MNT"
wait_for "the daemon to end" gone "${DAEMON[$MNT]}"
status=0
wait "${DAEMON[$MNT]}" || status=$?
unset "DAEMON[$MNT]"
eq "the daemon's exit status" 0 "$status"
md5sum "$STORE"/.ringfs/rings/{cut,empty,header,plain} > "$T/after"
diff "$T/before" "$T/after" >&2 || fail "the damaged files were changed"
