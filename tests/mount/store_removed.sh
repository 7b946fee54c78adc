# SPDX-License-Identifier: MIT
# A store that is removed under its mount: what is open goes on, names are gone and new ones are ENOENT, the daemon ends well.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=64K "$STORE"
mkdir "$MNT/dir"
write_lines 1 100
exec 7>> "$RING" 8< "$RING"
rm -r "$STORE/.ringfs"
lines gen 101 200 | tee "$T/chunk" >&7
cat "$T/chunk" >> "$MODEL"
cat <&8 > "$T/seen"
same "the ring that is open" "$MODEL" "$T/seen"
exec 7>&- 8<&-
py <<'PY'
import os, sys
from ringlib import *
mount = sys.argv[1]
new = os.O_WRONLY | os.O_CREAT
for name, attempt in (("open", lambda: os.open(mount + "/app.log", os.O_RDONLY)),
                      ("create", lambda: os.open(mount + "/new", new)), ("mknod", lambda: os.mknod(mount + "/new")),
                      ("create below", lambda: os.open(mount + "/dir/new", new)),
                      ("mkdir", lambda: os.mkdir(mount + "/d")), ("symlink", lambda: os.symlink("x", mount + "/l")),
                      ("unlink", lambda: os.unlink(mount + "/app.log"))):
    with raises(name, errno.ENOENT):
        attempt()
eq("names", [], os.listdir(mount))
PY
refused 1 "create: $MNT/new: its directory was removed" create "$MNT/new"
stop
