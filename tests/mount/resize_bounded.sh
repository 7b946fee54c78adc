# SPDX-License-Identifier: MIT
# A bounded ring is not shrunk below what is unread (EBUSY, nothing lost); growing a full one lets its blocked writers go on.
. "$(dirname "$0")/lib.sh"
start size=128K,policy=bounded
py <<'PY'
import os, select, sys, threading
from ringlib import *
mount = sys.argv[1]
path = mount + "/queue"
chunk = lambda n: b"%07d\n" % n * 2048 # 16 KiB
reader = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_NONBLOCK)
writer = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
for n in range(6):
    write_all(writer, chunk(n)) # 96 KiB
capacity = lambda: os.getxattr(path, "user.ring.capacity")
for size in (b"64K", b"1"):
    with raises("a shrink to %s with 96 KiB unread" % size, errno.EBUSY):
        os.setxattr(path, "user.ring.capacity", size)
eq("the capacity", b"131072", capacity())
eq("the size", 96 << 10, os.stat(path).st_size)
for n in range(2):
    eq("chunk %d" % n, chunk(n), os.read(reader, 16384))
os.setxattr(path, "user.ring.capacity", b"64K") # exactly what is unread
eq("a shrink that has room for all", b"65536", capacity())
with raises("it is full", errno.EAGAIN):
    os.write(writer, b"x")
eq("poll says so", [], select.select([], [writer], [], 0)[1])
results = []

def block(n):
    fd = os.open(path, os.O_WRONLY)
    results.append((n, os.write(fd, chunk(n) * (2 if n == 7 else 1))))

threads = []
for n in (6, 7):
    threads.append(threading.Thread(target=block, args=(n,)))
    threads[-1].start()
    wait_for("writer %d to wait" % n, lambda: metrics(mount)['ringfs_ring_waiting{ring="queue"}'] == len(threads))
eq("nobody got through", [], results)
os.setxattr(path, "user.ring.capacity", b"128K")
for thread in threads:
    thread.join(DEADLINE)
eq("both went on", [(6, 16384), (7, 32768)], sorted(results))
eq("nobody waits", 0, metrics(mount)['ringfs_ring_waiting{ring="queue"}'])
eq("everything in order", b"".join(chunk(n) for n in (2, 3, 4, 5, 6, 7, 7)), os.read(reader, 1 << 20))
eq("and no more", (0, b""), (os.stat(path).st_size, b""))
with raises("it is empty", errno.EAGAIN):
    os.read(reader, 1)
# Over and over while it is used as a queue: each line once, in order.
stop, got = threading.Event(), []

def produce():
    fd = os.open(path, os.O_WRONLY)
    for n in range(6000):
        write_all(fd, line(n))

def consume():
    fd = os.open(path, os.O_RDONLY)
    parts = []
    while b"%08d " % 5999 not in (parts[-1] if parts else b""):
        parts.append(os.read(fd, 7000))
    got.append(b"".join(parts))

threads = [threading.Thread(target=function) for function in (produce, consume)]
for thread in threads:
    thread.start()
turn = refused = 0
while any(thread.is_alive() for thread in threads):
    try:
        os.setxattr(path, "user.ring.capacity", (b"64K", b"256K", b"128K")[turn % 3])
    except OSError as error:
        eq("the error", "EBUSY", errno.errorcode[error.errno])
        refused += 1
    turn += 1
holds("resizes", turn > refused)
eq("every line once and in order", b"".join(line(n) for n in range(6000)), got[0])
print("%d resizes, %d refused" % (turn, refused))
PY
stop
