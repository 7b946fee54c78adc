# SPDX-License-Identifier: MIT
# No counter ever goes back: not beside traffic, resizes and clears, not for a ring over a remount.
. "$(dirname "$0")/lib.sh"
start size=64K "$STORE"
py "$T/last" <<'PY'
import os, sys, threading
from ringlib import *
mount, keep = sys.argv[1:3]
path = mount + "/app.log"
counters = set()
for row in read_path(mount + "/.ringfs/metrics").decode().splitlines():
    if row.startswith("# TYPE") and row.split()[3] in ("counter", "histogram"):
        counters.add(row.split()[2])
done = threading.Event()

def traffic():
    fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    n = 0
    while not done.is_set():
        write_all(fd, line(n))
        n += 1
        if n % 500 == 0:
            os.setxattr(path, "user.ring.capacity", (b"64K", b"128K", b"256K")[n // 500 % 3])
        if n % 1700 == 0:
            os.truncate(path, 0)
        if n % 300 == 0:
            read_path(path)

thread = threading.Thread(target=traffic)
thread.start()
last = {}

def look():
    """Compare with what was there the last time; the number of writes until now."""
    global last
    now = metrics(mount)
    for name, value in now.items():
        base = name.split("{")[0]
        for ending in ("_bucket", "_sum", "_count"):
            base = base[:-len(ending)] if base.endswith(ending) and base[:-len(ending)] in counters else base
        if base in counters:
            holds("%s fell from %s to %s" % (name, last.get(name), value), value >= last.get(name, 0))
    holds("no counter is gone", all(name in now for name in last))
    last = now
    return now["ringfs_writes_total"]

for turn in range(150):
    look()
wait_for("resizes and clears", lambda: look() > 3400)
done.set()
thread.join()
now = metrics(mount)
with open(keep, "w") as file:
    for name in ("written_bytes_total", "records_total", "overwritten_bytes_total", "lost_bytes_total"):
        file.write("%s %d\n" % (name, now['ringfs_ring_%s{ring="app.log"}' % name]))
PY
stop
start size=64K "$STORE"
py "$T/last" <<'PY'
import sys
from ringlib import *
with open(sys.argv[2]) as file:
    for row in file:
        name, value = row.split()
        eq(name + " over a remount", int(value), metric(sys.argv[1], 'ringfs_ring_%s{ring="app.log"}' % name))
PY
stop
