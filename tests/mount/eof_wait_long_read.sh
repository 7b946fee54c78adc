# SPDX-License-Identifier: MIT
# eof=wait: a read(2) longer than one request returns what there is, and does not wait with bytes in hand.
. "$(dirname "$0")/lib.sh"
start size=4M,eof=wait
py << 'PY'
from waitlib import *
import mmap
mib = 1 << 20
for n, held in enumerate((1, mib - 1, mib, mib + 5, 2 * mib)):
    path = make("log-%d" % n, align="byte")
    sink = writer(path)
    for done in range(0, held, mib):
        write_all(sink, b"x" * min(mib, held - done))

    def take():
        fd, buf, got = reader(path), mmap.mmap(-1, 4 * mib), 0
        while got < held:
            got += os.readv(fd, [buf])
        return got

    eq("bytes", held, Child(take).result())
PY
stop
