# SPDX-License-Identifier: MIT
# MAP_SHARED is ENODEV; MAP_PRIVATE shows what read shows, and of a view that was overrun it ends where that does.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import mmap, os, signal, sys
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
view = os.open(path, os.O_RDONLY)
for n in range(5000, 6000):
    write_all(writer, model.write(line(n)))
size = os.fstat(view).st_size
area = mmap.mmap(view, size, mmap.MAP_PRIVATE, mmap.PROT_READ)
eq("the first byte of a view that was overrun: the oldest line's", model.live()[:1], area[:1])
holds("the view is shorter by what it has skipped", os.fstat(view).st_size < size - 4096)
pid = os.fork()
if pid == 0:
    area[size - 1]
    os._exit(0)
eq("behind its end, as in a file that was cut short", signal.SIGBUS, os.waitpid(pid, 0)[1] & 0x7f)
PY
stop
