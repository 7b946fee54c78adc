# SPDX-License-Identifier: MIT
# -o ro: rings of a store are read, nothing is written.
. "$(dirname "$0")/lib.sh"
start size=64K "$STORE"
write_lines 1 5000
stop
expected 65536 > "$T/expected"
start ro "$STORE"
cat "$RING" > "$T/seen"
same "the ring" "$T/expected" "$T/seen"
py <<'PY'
import os, sys
from ringlib import *
mount = sys.argv[1]
for name, attempt in (("open for writing", lambda: os.open(mount + "/app.log", os.O_WRONLY)),
                      ("create", lambda: os.open(mount + "/x", os.O_WRONLY | os.O_CREAT)),
                      ("truncate", lambda: os.truncate(mount + "/app.log", 0)),
                      ("mkdir", lambda: os.mkdir(mount + "/d")), ("unlink", lambda: os.unlink(mount + "/app.log"))):
    with raises(name, errno.EROFS):
        attempt()
PY
stop
