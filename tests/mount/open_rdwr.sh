# SPDX-License-Identifier: MIT
# O_RDWR: writes append, reads see the ring from the origin of the open; several such opens do not disturb each other.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
model = Model(65536)
a = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
write_all(a, model.write(line(0)))
eq("what was just written, from offset 0", line(0), os.pread(a, 1000, 0))
for n in range(1, 5000):
    write_all(a, model.write(line(n)))
b = os.open(path, os.O_RDWR)
eq("a second read-write open starts at the oldest whole line", model.live(), read_to_end(b))
eq("and is at its end then", b"", os.read(b, 100))
write_all(a, model.write(line(5000)))
c = os.open(path, os.O_RDWR | os.O_APPEND)
eq("the third", model.live(), read_to_end(c))
view = os.open(path, os.O_RDONLY)
eq("a view beside them", model.live(), read_to_end(view))
eq("a slice of the third", model.live()[1000:3000], os.pread(c, 2000, 1000))
PY
stop
