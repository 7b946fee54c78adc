# SPDX-License-Identifier: MIT
# The figures of each ring are exact right after known traffic, and only those of the ring that had it move.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, sys
from ringlib import *
mount = sys.argv[1]
NAMES = ("capacity_bytes", "held_bytes", "written_bytes_total", "records_total", "overwritten_bytes_total", "lost_bytes_total",
         "dropped_records_total", "readers", "writers", "waiting")

def of(ring):
    now = metrics(mount)
    return tuple(int(now['ringfs_ring_%s{ring="%s"}' % (name, ring)]) for name in NAMES)

os.mkdir(mount + "/d")
log, queue, idle = "app.log", "d/queue", "d/idle"
os.setxattr(mount + "/d", "user.ring.policy", b"bounded")
os.setxattr(mount + "/d", "user.ring.full", b"error")
os.mknod(mount + "/" + idle)
eq("a ring that nobody used", (65536, 0, 0, 0, 0, 0, 0, 0, 0, 0), of(idle))
fd = os.open(mount + "/" + log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
reader = os.open(mount + "/" + log, os.O_RDONLY)
for n in range(1024):
    write_all(fd, line64(n))
eq("a ring just full", (65536, 65536, 65536, 1024, 0, 0, 0, 1, 1, 0), of(log))
os.read(reader, 640)
for n in range(1024, 2048):
    write_all(fd, line64(n))
eq("a capacity more", (65536, 65536, 131072, 2048, 65536, 0, 0, 1, 1, 0), of(log))
read_to_end(reader)
eq("an overrun reader has come", (65536, 65536, 131072, 2048, 65536, 65536 - 640, 0, 1, 1, 0), of(log))
os.close(os.open(mount + "/" + log, os.O_WRONLY | os.O_TRUNC))
write_all(fd, line64(0))
wait_for("the close to be heard of", lambda: of(log)[8] == 1)
eq("cleared: overwritten is what gave way, not what was cleared", (65536, 64, 131136, 2049, 65536, 65536 - 640, 0, 1, 1, 0), of(log))
both = os.open(mount + "/" + queue, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK, 0o644)
for n in range(4):
    write_all(both, bytes(16384))
for n in range(3):
    with raises("a full queue", errno.ENOSPC):
        os.write(both, b"x" * 10)
eq("a full queue", (65536, 65536, 65536, 4, 0, 0, 3, 1, 1, 0), of(queue))
eq("a read", 30000, len(os.read(both, 30000)))
eq("a queue that was read from", (65536, 65536 - 30000, 65536, 4, 0, 0, 3, 1, 1, 0), of(queue))
eq("the other queue", (65536, 0, 0, 0, 0, 0, 0, 0, 0, 0), of(idle))
os.setxattr(mount + "/" + log, "user.ring.capacity", b"128K")
eq("a resized ring", 131072, of(log)[0])
now = metrics(mount)
requests = lambda: {name: value for name, value in metrics(mount).items() if name.startswith("ringfs_requests_total")}
before = requests()
for n in range(500):
    write_all(fd, b"x\n")
after = requests()
eq("a write is one request and no other", {'ringfs_requests_total{kind="write"}': 500},
   {name: after[name] - before.get(name, 0) for name in after
    if after[name] != before.get(name, 0) and not any(kind in name for kind in ('"lookup"', '"open"', '"read"', '"getattr"', '"flush"', '"release"', "forget"))})
holds("nothing else for each write: %s" % after, all(after[name] - before.get(name, 0) < 50 for name in after if "write" not in name))
os.close(fd)
os.unlink(mount + "/" + log)
holds("an unlinked ring is not listed", 'ringfs_ring_capacity_bytes{ring="app.log"}' not in metrics(mount))
PY
stop
