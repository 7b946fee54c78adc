# SPDX-License-Identifier: MIT
# Grown and shrunk while it is written, followed and read in the middle: no reader gets a byte torn, repeated or out of order,
# and what a shrink took from one is counted as lost, to the byte.
. "$(dirname "$0")/lib.sh"
start size=1M
py <<'PY'
import os, sys, threading
from ringlib import *
mount = sys.argv[1]
path = mount + "/app.log"
SIZES = (64, 2048, 128, 1024, 256, 512)
writer = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
for n in range(8000):
    write_all(writer, line64(n))
follower, middle, careful = (os.open(path, os.O_RDONLY) for _ in range(3))
half = os.read(middle, 100 * 64) # stands in the middle while all else goes on
done, failures, progress = threading.Event(), [], {"written": 8000}

def write():
    n = 8000
    while not done.is_set() or n < 40000:
        write_all(writer, line64(n))
        n += 1
        progress["written"] = n

def follow():
    parts, at = [], 0
    while True:
        last = done.is_set() and progress.get("ended")
        part = os.read(follower, 4096)
        if part:
            parts.append(part)
        elif last:
            progress["followed"] = b"".join(parts)
            return

def look():
    while not done.is_set():
        first, last, missing = check(read_path(path), gaps=True, make=line64) # a shrink may overrun this one too
        size = os.stat(path).st_size
        holds("a size of %d" % size, size <= 2 << 20)

def guarded(function):
    def run():
        try:
            function()
        except BaseException as error:
            failures.append(repr(error))
            done.set()
    return run

threads = [threading.Thread(target=guarded(function)) for function in (write, follow, look)]
for thread in threads:
    thread.start()
for turn in range(60):
    wait_for("the writer", lambda: failures or progress["written"] >= 8000 + 300 * turn)
    os.setxattr(path, "user.ring.capacity", b"%dK" % SIZES[turn % len(SIZES)])
    if turn % 7 == 0: # a reader that reads a piece now and then and is overrun by shrinks
        os.read(careful, 500 * 64)
done.set()
threads[0].join()
progress["ended"] = True
for thread in threads[1:]:
    thread.join()
eq("failures", [], failures)
last = progress["written"] - 1
first, end, missing = check(progress["followed"], gaps=True, make=line64)
eq("the follower saw the newest line", last, end)
lost = lambda fd: int(os.getxattr(fd, "user.ring.lost_bytes"))
eq("the follower's loss, to the byte", (first + missing) * 64 - 0, lost(follower) + first * 64)
rest = half + read_to_end(middle)
first, end, missing = check(rest, gaps=True, make=line64)
eq("the reader in the middle saw the newest line", last, end)
eq("the loss of the reader in the middle", missing * 64, lost(middle))
eq("its offset is its size", os.fstat(middle).st_size, os.lseek(middle, 0, os.SEEK_CUR))
print(first, missing)
PY
stop
