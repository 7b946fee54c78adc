# SPDX-License-Identifier: MIT
# O_TRUNC on open clears, with O_WRONLY, O_RDWR and O_CREAT, also while others have the ring open (peers 3).
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
other = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
reader = os.open(path, os.O_RDONLY)
for flags in (os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_CREAT, os.O_WRONLY | os.O_APPEND):
    for n in range(3000):
        write_all(other, line(n))
    eq("the size before", 65536, os.stat(path).st_size)
    before = os.stat(path).st_mtime_ns
    fd = os.open(path, flags | os.O_TRUNC)
    eq("the size after open(%#o | O_TRUNC)" % flags, 0, os.stat(path).st_size)
    eq("the bytes after open(%#o | O_TRUNC)" % flags, b"", read_path(path))
    holds("the clear is a change of the file", os.stat(path).st_mtime_ns > before)
    write_all(fd, line(1))
    write_all(other, line(2))
    eq("the new bytes", line(1) + line(2), read_path(path))
    os.close(fd)
PY
stop
