# SPDX-License-Identifier: MIT
# Opens beside renames, unlinks and creations of the same names: only ENOENT may happen, never ESTALE or foreign bytes.
. "$(dirname "$0")/lib.sh"
start size=64K
py "${RINGFS_STRESS_SECONDS:-3}" <<'PY'
import os, sys, threading, time
from ringlib import *
mount, end = sys.argv[1], time.monotonic() + float(sys.argv[2])
names = ["%s/%d" % (mount, n) for n in range(4)]
failures, counts = [], [0] * 16

def guarded(slot, work):
    def run():
        try:
            while (time.monotonic() < end or not all(counts) and time.monotonic() < end + 100) and not failures:
                work(slot)
                counts[slot] += 1
        except BaseException as error:
            failures.append("thread %d: %r" % (slot, error))
    return threading.Thread(target=run)

def write(slot):
    fd = os.open(names[slot % 4], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    text = b"".join(line64(k) for k in range(200))
    os.write(fd, text)
    os.close(fd)

def shuffle(slot):
    try:
        if slot % 2:
            os.rename(names[0], names[1])
            os.rename(names[2], names[3])
        else:
            os.unlink(names[3])
            os.unlink(names[1])
    except FileNotFoundError:
        pass

def reading(slot):
    """Rings here hold runs of lines 0..199; each run is whole because it was one write, unless the reader was overrun."""
    for name in names:
        try:
            fd = os.open(name, os.O_RDONLY)
        except FileNotFoundError:
            continue
        text = read_to_end(fd)
        lost = int(os.getxattr(fd, "user.ring.lost_bytes"))
        os.close(fd)
        place = None
        for one in text.splitlines(keepends=True):
            n = int(one[:8])
            eq("a line", line64(n), one)
            holds("line %s is followed by %d" % (place, n), place is None or n == (place + 1) % 200 or lost > 0)
            place = n

threads = [guarded(n, reading) for n in range(8)]
threads += [guarded(8 + n, write) for n in range(4)]
threads += [guarded(12 + n, shuffle) for n in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
eq("failures", [], failures)
holds("every thread did something: %s" % counts, all(counts))
PY
stop
