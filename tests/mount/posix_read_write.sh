# SPDX-License-Identifier: MIT
# The relatives of read(2), write(2) and lseek(2): what an overwrite ring does as a plain file, and what a bounded one refuses.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, sys
from ringlib import *
os.chdir(sys.argv[1])
fd = os.open("log", os.O_RDWR | os.O_CREAT)
write_all(fd, b"0123456789")
reader = os.open("log", os.O_RDONLY)
eq("read", b"01", os.read(reader, 2))
eq("the offset behind it", 2, os.lseek(reader, 0, os.SEEK_CUR))
eq("pread", b"567", os.pread(reader, 3, 5))
eq("leaves the offset", 2, os.lseek(reader, 0, os.SEEK_CUR))
eq("pread at the end", b"", os.pread(reader, 3, 10))
eq("pread far behind it", b"", os.pread(reader, 3, 1 << 40))
with raises("pread at -1", errno.EINVAL):
    os.pread(reader, 3, -1)
a, b = bytearray(3), bytearray(4)
eq("readv", (7, b"234", b"5678"), (os.readv(reader, [a, b]), bytes(a), bytes(b)))
eq("preadv", (7, b"123", b"4567"), (os.preadv(reader, [a, b], 1), bytes(a), bytes(b)))
eq("read of nothing", b"", os.read(reader, 0))
eq("write of nothing", 0, os.write(fd, b""))
with raises("preadv2 with RWF_NOWAIT", errno.EOPNOTSUPP):
    os.preadv(reader, [a], 0, os.RWF_NOWAIT)
eq("pwritev2 with RWF_DSYNC", 2, os.pwritev(fd, [b"a", b"b"], 10, os.RWF_DSYNC))
eq("SEEK_SET", 4, os.lseek(reader, 4, os.SEEK_SET))
eq("SEEK_CUR", 3, os.lseek(reader, -1, os.SEEK_CUR))
eq("SEEK_END", 11, os.lseek(reader, -1, os.SEEK_END))
eq("far behind the end", 1 << 40, os.lseek(reader, 1 << 40, os.SEEK_SET))
eq("read there", b"", os.read(reader, 10))
for whence, offset in ((os.SEEK_SET, -1), (os.SEEK_END, -13), (9, 0)):
    with raises("lseek to %d by %d" % (offset, whence), errno.EINVAL):
        os.lseek(reader, offset, whence)
eq("back", b"01", os.pread(reader, 2, os.lseek(reader, 0, os.SEEK_SET)))

queue = os.open("queue", os.O_RDWR | os.O_CREAT | os.O_NONBLOCK)
os.close(queue)
wait_for("the close to be heard of", lambda: os.getxattr("queue", "user.ring.writers") == b"0")
os.setxattr("queue", "user.ring.policy", b"bounded")
queue = os.open("queue", os.O_RDWR | os.O_NONBLOCK)
write_all(queue, b"0123456789")
for what, attempt in (("pread", lambda: os.pread(queue, 1, 0)), ("preadv", lambda: os.preadv(queue, [a], 0)),
                      ("pwrite", lambda: os.pwrite(queue, b"x", 0)), ("pwritev", lambda: os.pwritev(queue, [b"x"], 0)),
                      ("SEEK_SET", lambda: os.lseek(queue, 0, os.SEEK_SET)), ("SEEK_CUR", lambda: os.lseek(queue, 0, os.SEEK_CUR)),
                      ("SEEK_END", lambda: os.lseek(queue, 0, os.SEEK_END)), ("SEEK_DATA", lambda: os.lseek(queue, 0, os.SEEK_DATA)),
                      ("SEEK_HOLE", lambda: os.lseek(queue, 0, os.SEEK_HOLE))):
    with raises(what + " of a bounded ring", errno.ESPIPE):
        attempt()
eq("writev", 4, os.writev(queue, [b"ab", b"cd"]))
eq("readv", (7, b"012", b"3456"), (os.readv(queue, [a, b]), bytes(a), bytes(b)))
eq("read", b"789abcd", os.read(queue, 100))
eq("write of nothing", 0, os.write(queue, b""))
eq("nothing is left", 0, os.fstat(queue).st_size)
PY
stop
