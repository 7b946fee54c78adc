# SPDX-License-Identifier: MIT
# A read at any offset of a view of a wrapped ring gives the bytes of that offset (peers 1).
. "$(dirname "$0")/lib.sh"
start size=192K
py <<'PY'
import os, random, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
model = Model(196608)
writer = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
dice = random.Random(7)
for n in range(20000):
    write_all(writer, model.write(line(n)))
    if n % 1999 == 0:
        live = model.live()
        view = os.open(path, os.O_RDONLY)
        size = len(live)
        spots = [0, 1, 4095, 4096, 4097, 65535, 65536, size - 1, size, size + 1, size + 100000]
        for at in spots + [dice.randrange(size) for _ in range(60)]:
            for length in (1, 100, 4096, 100000):
                eq("pread of %d at %d" % (length, at), live[at:at + length], os.pread(view, length, at))
        os.close(view)
holds("the ring wrapped several times", model.head > 4 * 196608)
PY
stop
