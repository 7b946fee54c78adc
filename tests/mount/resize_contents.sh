# SPDX-License-Identifier: MIT
# A resize keeps the newest bytes (peers 8), the inode, links, owner, mode and open descriptors; wc, tail and every reader agree right after it.
. "$(dirname "$0")/lib.sh"
start size=128K "$STORE"
py <<'PY'
import os, random, subprocess, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
random.seed(4)
writer = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o640)
os.link(path, path + ".2")
if os.geteuid() == 0:
    os.chown(path, 12, 34)
os.chmod(path, 0o604)
keep = ("st_ino", "st_nlink", "st_uid", "st_gid", "st_mode", "st_dev")
before = os.stat(path)
data, floor, n = bytearray(), 0, 0 # all bytes ever written; what no resize can bring back

def put(count):
    global n, floor
    for n in range(n, n + count):
        write_all(writer, line(n))
        data.extend(line(n))
    n += count > 0
    floor = max(floor, len(data) - capacity)

def oldest():
    """The oldest whole line of those that are there."""
    if floor == 0 or data[floor - 1:floor] == b"\n":
        return floor
    return data.find(b"\n", floor) + 1

capacity = 131072
put(1000)
sizes = [65536, 131072, 1 << 20, 65536, 65537, 300000, 131072, 196608, 1 << 22, 65536] + \
    [random.randrange(1, 1 << 20) for _ in range(10)]
for size in sizes:
    os.setxattr(path, "user.ring.capacity", b"%d" % size)
    capacity = (size + 65535) // 65536 * 65536
    floor = max(floor, len(data) - capacity)
    what = "%d bytes in %d" % (len(data), capacity)
    eq(what + ": the capacity", b"%d" % capacity, os.getxattr(path, "user.ring.capacity"))
    eq(what + ": stat", len(data) - floor, os.stat(path).st_size)
    eq(what + ": an open", data[oldest():], read_path(path))
    eq(what + ": by the other name", data[oldest():], read_path(path + ".2"))
    eq(what + ": head, tail, overwritten", [len(data), floor, floor],
       [int(os.getxattr(path, "user.ring." + name)) for name in ("head", "tail", "overwritten")])
    for name in keep:
        eq(what + ": " + name, getattr(before, name), getattr(os.stat(path), name))
        eq(what + ": " + name + " of the writer", getattr(before, name), getattr(os.fstat(writer), name))
    run = lambda *words: subprocess.run(words, stdout=subprocess.PIPE, check=True).stdout
    eq(what + ": wc", len(data) - oldest(), int(run("wc", "-c", path).split()[0]))
    eq(what + ": tail", b"".join(data.splitlines(True)[-10:]), run("tail", path))
    put(random.choice((0, 1, 50, 700, 3000)))
    eq(what + ": after more lines", data[oldest():], read_path(path))
PY
stop
start "" "$STORE"
cat "$RING" > "$T/seen"
lines check "$T/seen" > "$T/which"
stop
