# SPDX-License-Identifier: MIT
# Attributes set on a ring count at once, for whoever has it open already too, and last over a remount.
. "$(dirname "$0")/lib.sh"
start size=64K "$STORE"
py <<'PY'
import os, select, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
ring = lambda name, value: os.setxattr(path, "user.ring." + name, value)
model = Model(65536)
fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
early = os.open(path, os.O_RDONLY)
os.read(early, len(line(0)))
for n in range(5000):
    write_all(fd, model.write(line(n)))
ring("align", b"byte")
eq("align=byte", bytes(model.data[model.tail:]), read_path(path))
ring("align", b"line")
eq("align=line", model.live(), read_path(path))
ring("lost", b"error")
with raises("lost=error", errno.EPIPE):
    os.read(early, 100)
eq("and on from the oldest line", model.live(), read_to_end(early))
late = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
eq("lines", model.live(), read_to_end(late))
ring("eof", b"wait")
with raises("eof=wait", errno.EAGAIN):
    os.read(late, 100)
eq("poll of a reader that would wait", [], select.select([late], [], [], 0)[0])
pid = os.fork()
if pid == 0:
    got = os.read(early, 100)
    os._exit(0 if got == b"" else 1)
wait_for("the child to wait", lambda: int(metrics(sys.argv[1]).get('ringfs_ring_waiting{ring="app.log"}', 0)) == 1)
ring("eof", b"end")
eq("who waited gets end of file", 0, os.waitpid(pid, 0)[1])
eq("eof=end", b"", os.read(late, 100))
ring("lost", b"mark")
for n in range(5000, 10000):
    write_all(fd, model.write(line(n)))
lost = model.oldest - 0
got = read_to_end(late)
mark, rest = got.split(b"\n", 1)
eq("lost=mark, then the lines", model.live(), rest)
holds("the mark: " + repr(mark), mark.startswith(b"--- ringfs: ") and mark.endswith(b" bytes lost ---"))
ring("full", b"error")
PY
stop
start size=1M "$STORE"
py <<'PY'
import os, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
eq("after a remount", [b"65536", b"overwrite", b"line", b"error", b"end", b"mark"],
   [os.getxattr(path, "user.ring." + name) for name in ("capacity", "policy", "align", "full", "eof", "lost")])
for name in ("align", "full", "eof", "lost"):
    os.removexattr(path, "user.ring." + name)
eq("removed ones are the mount's", [b"line", b"block", b"end", b"skip"],
   [os.getxattr(path, "user.ring." + name) for name in ("align", "full", "eof", "lost")])
PY
stop
