# SPDX-License-Identifier: MIT
# The policy of a ring can be changed both ways; it keeps its bytes, and the new kind of file begins where the old one stood.
. "$(dirname "$0")/lib.sh"
start size=64K,lost=mark "$STORE"
py <<'PY'
import os, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
policy = lambda value: os.setxattr(path, "user.ring.policy", value)
model = Model(65536)
fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
for n in range(5000):
    write_all(fd, model.write(line(n)))
os.close(fd)
ino = os.stat(path).st_ino
wait_for("the close to be heard of", lambda: os.getxattr(path, "user.ring.writers") == b"0")
policy(b"bounded")
eq("the kind", b"bounded", os.getxattr(path, "user.ring.policy"))
eq("the same file", (ino, 0o100640, 65536), (os.stat(path).st_ino, os.stat(path).st_mode, os.stat(path).st_size))
fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)
with raises("a queue cannot be sought in", errno.ESPIPE):
    os.lseek(fd, 0, os.SEEK_SET)
with raises("a full queue takes no more", errno.EAGAIN):
    os.write(fd, b"x")
live = bytes(model.data[model.tail:])
got = os.read(fd, 30000)
taken = len(got)
eq("what the log held is in the queue, from the oldest byte", live[:taken], got)
holds("a read takes bytes", taken > 0)
eq("taken", 65536 - taken, os.stat(path).st_size)
write_all(fd, b"put in\n")
os.close(fd)
wait_for("the close to be heard of", lambda: os.getxattr(path, "user.ring.writers") == b"0")
policy(b"overwrite")
rest = live[taken:] + b"put in\n"
eq("what the queue held is in the log, and no byte that was consumed", len(rest), os.stat(path).st_size)
os.setxattr(path, "user.ring.align", b"byte")
eq("its bytes", rest, read_path(path))
eq("reading does not consume any more", rest, read_path(path))
for turn in range(20):
    policy((b"bounded", b"overwrite")[turn % 2])
    eq("turn %d" % turn, len(rest), os.stat(path).st_size)
eq("its bytes after many changes", rest, read_path(path))
os.setxattr(path, "user.ring.capacity", b"128K")
policy(b"bounded")
os.setxattr(path, "user.ring.capacity", b"64K")
PY
stop
start "" "$STORE"
py <<'PY'
import os, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
eq("the kind after a remount", b"bounded", os.getxattr(path, "user.ring.policy"))
size = os.stat(path).st_size
fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
got = os.read(fd, 1 << 20)
eq("the queue after a remount", (size, b"put in\n"), (len(got), got[-7:]))
PY
stop
