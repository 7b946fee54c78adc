# SPDX-License-Identifier: MIT
# SEEK_DATA gives the first live byte of a view, SEEK_HOLE its end; SEEK_END its size.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
model = Model(65536)
writer = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
for n in range(5000):
    write_all(writer, model.write(line(n)))
view = os.open(path, os.O_RDONLY)
origin = model.oldest
size = model.head - origin
eq("SEEK_END", size, os.lseek(view, 0, os.SEEK_END))
eq("SEEK_DATA at 0", 0, os.lseek(view, 0, os.SEEK_DATA))
eq("SEEK_DATA inside", 1000, os.lseek(view, 1000, os.SEEK_DATA))
eq("SEEK_HOLE at 0", size, os.lseek(view, 0, os.SEEK_HOLE))
eq("SEEK_HOLE inside", size, os.lseek(view, size - 1, os.SEEK_HOLE))
for whence, name in ((os.SEEK_DATA, "SEEK_DATA"), (os.SEEK_HOLE, "SEEK_HOLE")):
    with raises(name + " at the end", errno.ENXIO):
        os.lseek(view, size, whence)
for n in range(5000, 5300):
    write_all(writer, model.write(line(n)))
size = model.head - origin
eq("SEEK_END after more lines", size, os.lseek(view, 0, os.SEEK_END))
eq("SEEK_DATA behind overwritten bytes", model.tail - origin, os.lseek(view, 0, os.SEEK_DATA))
eq("SEEK_HOLE in live bytes", size, os.lseek(view, size - 1, os.SEEK_HOLE))
eq("reads from the first live byte on", bytes(model.data[model.tail:]),
   os.pread(view, 100000, os.lseek(view, 0, os.SEEK_DATA)))
PY
stop
