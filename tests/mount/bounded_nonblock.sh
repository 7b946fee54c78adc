# SPDX-License-Identifier: MIT
# O_NONBLOCK: EAGAIN on an empty ring with a writer and on a full one, end of file without writers, nothing written by halves.
. "$(dirname "$0")/lib.sh"
start policy=bounded,size=64K
py << 'PY'
from waitlib import *
path = make("queue")
fd = reader(path, os.O_NONBLOCK)
eq("empty, no writer", b"", os.read(fd, 10))
out = writer(path, os.O_NONBLOCK)
with raises("empty, with a writer", errno.EAGAIN):
    os.read(fd, 10)
write_all(out, b"a" * 65000)
with raises("more than there is room for", errno.EAGAIN):
    os.write(out, b"b" * 537)
eq("the size after the refused write", 65000, os.stat(path).st_size)
write_all(out, b"c" * 536)
with raises("full", errno.EAGAIN):
    os.write(out, b"d")
eq("the first bytes", b"a" * 1000, os.read(fd, 1000))
eq("a write longer than the ring takes what there is room for", 1000, os.write(out, b"e" * 100000))
with raises("full again", errno.EAGAIN):
    os.write(out, b"f" * 100000)
eq("everything that was acknowledged", b"a" * 64000 + b"c" * 536 + b"e" * 1000, drain(fd))
# The flag may come later, and go.
late = reader(path)
os.set_blocking(late, False)
with raises("with O_NONBLOCK by fcntl", errno.EAGAIN):
    os.read(late, 10)
PY
stop
