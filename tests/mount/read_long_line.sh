# SPDX-License-Identifier: MIT
# A ring that holds only the end of an endless line shows those bytes; a cleared ring starts at its first byte, line or not.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
model = Model(65536)
fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
for n in range(40):
    write_all(fd, model.write(b"%04d" % n * 1000))
eq("the end of an endless line", bytes(model.data[-65536:]), read_path(path))
os.ftruncate(fd, 0)
write_all(fd, b"no newline yet")
eq("after a clear", b"no newline yet", read_path(path))
write_all(fd, b", now\nnext\n")
eq("after a clear, with lines", b"no newline yet, now\nnext\n", read_path(path))
PY
stop
