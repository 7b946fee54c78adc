# SPDX-License-Identifier: MIT
# A write that ends exactly at the capacity fills the ring and does not empty it (peers 2).
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, sys
from ringlib import *
mount = sys.argv[1]
block = b"".join(line64(n) for n in range(1024))
for name, pieces in (("one", [65536]), ("two", [1, 65535]), ("halves", [32768, 32768]), ("pages", [4096] * 16)):
    path = "%s/%s" % (mount, name)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    model = Model(65536)
    for turn in range(3):
        at = 0
        for piece in pieces:
            write_all(fd, model.write(block[at:at + piece]))
            at += piece
        eq("%s: the size after turn %d" % (name, turn), 65536, os.stat(path).st_size)
        eq("%s: the bytes after turn %d" % (name, turn), block, read_path(path))
    write_all(fd, model.write(line64(7)))
    eq("%s: one line more" % name, block[64:] + line64(7), read_path(path))
PY
stop
