# SPDX-License-Identifier: MIT
# MAP_SHARED is ENODEV; MAP_PRIVATE shows what read shows.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import mmap, os, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
model = Model(65536)
writer = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
for n in range(5000):
    write_all(writer, model.write(line(n)))
view, both = os.open(path, os.O_RDONLY), os.open(path, os.O_RDWR)
size = os.fstat(view).st_size
for fd, protection in ((view, mmap.PROT_READ), (both, mmap.PROT_READ), (both, mmap.PROT_READ | mmap.PROT_WRITE)):
    with raises("MAP_SHARED", errno.ENODEV):
        mmap.mmap(fd, size, mmap.MAP_SHARED, protection)
area = mmap.mmap(view, size, mmap.MAP_PRIVATE, mmap.PROT_READ)
eq("MAP_PRIVATE", model.live(), area[:])
area.close()
area = mmap.mmap(view, size, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE)
area[:5] = b"mine!"
eq("a private change is private", model.live(), read_path(path))
PY
stop
