# SPDX-License-Identifier: MIT
# Positions, offsets and a view's size beyond 4 GiB, in a ring whose capacity does not divide them (peers 11).
. "$(dirname "$0")/lib.sh"
start size=192K
py <<'PY'
import os, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
writer = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
write_all(writer, line64(0))
view = os.open(path, os.O_RDONLY)
eq("the first line", line64(0), os.read(view, 64))
big = b"".join(line64(n) for n in range(1 << 14))
head = 64
while head <= (1 << 32) + (1 << 20):
    write_all(writer, big)
    head += len(big)
eq("the size of the view", head, os.fstat(view).st_size)
eq("SEEK_END", head, os.lseek(view, 0, os.SEEK_END))
eq("SEEK_DATA", head - 196608, os.lseek(view, 0, os.SEEK_DATA))
eq("the last line", big[-64:], os.pread(view, 1000, head - 64))
eq("the last bytes", big[-196608:], os.pread(view, 1 << 20, head - 196608))
eq("nothing at the end", b"", os.pread(view, 100, head))
for n in range(3000):
    write_all(writer, line64(n))
    head += 64
eq("the size of the view", head, os.fstat(view).st_size)
eq("the lines written last", line64(2998) + line64(2999), os.pread(view, 1000, head - 128))
eq("the size by path", 196608, os.stat(path).st_size)
eq("a new view", (big + b"".join(line64(n) for n in range(3000)))[-196608:], read_path(path))
PY
stop
