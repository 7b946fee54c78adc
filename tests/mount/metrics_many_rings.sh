# SPDX-License-Identifier: MIT
# 5,000 rings in directories of directories are all listed, each once; rings come and go while the metrics are read.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, sys, threading
from ringlib import *
mount = sys.argv[1]
wanted = set()
for n in range(5000):
    where = "%d/%d" % (n % 10, n % 70)
    if n < 700:
        os.makedirs(mount + "/" + where, exist_ok=True)
    os.mknod("%s/%s/%d" % (mount, where, n))
    wanted.add("%s/%d" % (where, n))

def listed(text):
    start = 'ringfs_ring_capacity_bytes{ring="'
    rows = [row for row in text.decode().splitlines() if row.startswith(start)]
    return [row[len(start):row.index('"', len(start))] for row in rows]

rings = listed(read_path(mount + "/.ringfs/metrics"))
eq("each once", len(rings), len(set(rings)))
eq("all", wanted, set(rings))
eq("the gauge", 5000, metric(mount, "ringfs_rings"))
done, failures = threading.Event(), []

def churn():
    n = 0
    while not done.is_set():
        os.mknod(mount + "/0/0/new%d" % (n % 5))
        os.rename(mount + "/0/0/new%d" % (n % 5), mount + "/0/0/renamed%d" % (n % 3))
        os.unlink(mount + "/0/0/renamed%d" % (n % 3))
        n += 1

thread = threading.Thread(target=churn)
thread.start()
try:
    for turn in range(3):
        rings = listed(read_path(mount + "/.ringfs/metrics"))
        holds("all that stayed are listed", wanted <= set(rings))
        eq("each once", len(rings), len(set(rings)))
finally:
    done.set()
    thread.join()
# A text belongs to its open: read in small pieces it is one, whatever happens meanwhile.
fd = os.open(mount + "/.ringfs/metrics", os.O_RDONLY)
whole = os.pread(fd, 1 << 24, 0)
parts = []
os.mknod(mount + "/another")
for part in iter(lambda: os.read(fd, 65536), b""):
    parts.append(part)
eq("read in pieces", True, b"".join(parts).startswith(whole) and len(b"".join(parts)) >= len(whole))
PY
stop
