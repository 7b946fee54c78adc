# SPDX-License-Identifier: MIT
# A read(2) longer than one request returns what there is, and does not wait with bytes in hand.
. "$(dirname "$0")/lib.sh"
start policy=bounded,size=4M
py << 'PY'
from waitlib import *
import mmap


def take(path, size, shift):
    buf = memoryview(mmap.mmap(-1, 8 << 20))
    return os.readv(reader(path), [buf[shift:shift + size]])


path = make("queue", align="byte")
fd = writer(path)
mib = 1 << 20
for held in (1, 4095, mib - 100, mib, mib + 1, 3 * mib):
    for shift in (0, 48, 4095):
        for exact in (0, shift): # the kernel's requests hold whole pages
            for _ in range(0, held - exact, mib):
                size = min(mib, held - exact - _)
                write_all(fd, b"x" * size)
            eq("read(2) of 4 MiB with %d bytes there" % (held - exact), held - exact,
               Child(take, path, 4 * mib, shift).result())
            eq("left", 0, os.stat(path).st_size)
            if not shift or held < mib:
                break
# Several readers at once: all that is written is read, by whomever.
wait = [Child(take, path, 4 * mib, 0) for _ in range(4)]
wait_waiting(path, 4)
for _ in range(4):
    write_all(fd, b"y" * mib)
total = sum(child.result() for child in wait)
eq("bytes read and left", 4 * mib, total + os.stat(path).st_size)
PY
stop
