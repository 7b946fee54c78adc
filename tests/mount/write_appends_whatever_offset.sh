# SPDX-License-Identifier: MIT
# write(2) appends whatever the offset: pwrite, a sought descriptor, no O_APPEND, writev, O_RDWR. Only who could read what a write
# at a chosen offset would change is refused, and so is a zero byte far behind the end, by which files are preallocated.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
model = Model(65536)
plain = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
appending = os.open(path, os.O_WRONLY | os.O_APPEND)
both = os.open(path, os.O_RDWR)
for n in range(0, 6000, 6):
    write_all(plain, model.write(line(n)))
    eq("pwrite at 0", len(line(n + 1)), os.pwrite(plain, model.write(line(n + 1)), 0))
    eq("pwrite far away", len(line(n + 2)), os.pwrite(plain, model.write(line(n + 2)), 1 << 40))
    os.lseek(plain, 5, os.SEEK_SET)
    write_all(plain, model.write(line(n + 3)))
    write_all(both, model.write(line(n + 4)))
    text = model.write(line(n + 5))
    eq("writev", len(text), os.writev(appending, [text[:3], text[3:11], text[11:]]))
eq("the ring", model.live(), read_path(path))
size = os.stat(path).st_size
for offset in (0, 1, size // 2, size - 1):
    with raises("pwrite at %d of %d through O_RDWR" % (offset, size), errno.EINVAL):
        os.pwrite(both, b"lost", offset)
    os.lseek(both, offset, os.SEEK_SET)
    with raises("write at %d of %d through O_RDWR" % (offset, size), errno.EINVAL):
        os.write(both, b"lost")
for fd in (plain, both):
    with raises("a zero byte behind the end", errno.EINVAL):
        os.pwrite(fd, b"\0", size + 4095)
eq("the ring after what was refused", model.live(), read_path(path))
eq("pwrite at the end through O_RDWR", len(line(1)), os.pwrite(both, model.write(line(1)), size))
eq("pwrite behind it", len(line(2)), os.pwrite(both, model.write(line(2)), size + 99))
os.lseek(both, 0, os.SEEK_SET)
os.read(both, 100)
write_all(both, model.write(line(3)))
os.lseek(both, 0, os.SEEK_END)
write_all(both, model.write(line(4)))
both = os.open(path, os.O_RDWR | os.O_APPEND)
eq("pwrite at 0 with O_APPEND", len(line(5)), os.pwrite(both, model.write(line(5)), 0))
both = os.open(path, os.O_RDWR)
for n in range(6, 9):
    write_all(both, model.write(line(n)))
eq("the ring at last", model.live(), read_path(path))
PY
stop
