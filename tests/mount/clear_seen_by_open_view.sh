# SPDX-License-Identifier: MIT
# After a clear an open view goes on: the next bytes are the new ones, its size does not shrink, offset 0 is the new start.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
writer = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
for n in range(20):
    write_all(writer, line64(n))

def clear_path():
    os.truncate(path, 0)
def clear_fd():
    os.ftruncate(writer, 0)
def clear_open():
    os.close(os.open(path, os.O_WRONLY | os.O_TRUNC))

n = 100
for clear in (clear_path, clear_fd, clear_open):
    at_end, in_middle, untouched = (os.open(path, os.O_RDONLY) for _ in range(3))
    old = read_to_end(at_end)
    holds("there is something to clear", len(old) >= 640)
    eq("the first half", old[:320], os.read(in_middle, 320))
    clear()
    for name, fd in (("read to its end", at_end), ("read half", in_middle), ("not read", untouched)):
        holds("fstat of the view %s did not shrink" % name, os.fstat(fd).st_size >= len(old))
    eq("a view read to its end is still at its end", b"", os.read(at_end, 100))
    new = b"".join(line64(n + k) for k in range(15))
    n += 15
    write_all(writer, new)
    eq("the view that was read to its end gets the new bytes", new, read_to_end(at_end))
    eq("the view that was read half gets the new bytes", new, read_to_end(in_middle))
    eq("the view that was not read gets the new bytes", new, read_to_end(untouched))
    eq("offset 0 of an old view is the new start", new, os.pread(at_end, 10000, 0))
    for fd in (at_end, in_middle, untouched):
        os.close(fd)
    eq("a new view", new, read_path(path))
PY
stop
