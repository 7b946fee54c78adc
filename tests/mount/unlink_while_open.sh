# SPDX-License-Identifier: MIT
# A ring that is unlinked while open works on for those who have it; its name is free for a new, empty ring.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, sys
from ringlib import *
mount = sys.argv[1]
path = mount + "/app.log"
model = Model(65536)
writer = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
write_all(writer, model.write(line(0)))
reader = os.open(path, os.O_RDONLY)
both = os.open(path, os.O_RDWR)
os.unlink(path)
with raises("stat of the unlinked name", errno.ENOENT):
    os.stat(path)
eq("names left", [], os.listdir(mount))
for fd in (writer, reader, both):
    eq("links of the open file", 0, os.fstat(fd).st_nlink)
eq("the old bytes", line(0), os.read(reader, 1000))
for n in range(1, 3000):
    write_all(writer, model.write(line(n)))
write_all(both, model.write(line(3000)))
got = read_to_end(reader)
eq("the last bytes of the unlinked ring", model.live(), got[-len(model.live()):])
fresh = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
eq("the new ring's size", 0, os.stat(path).st_size)
write_all(fresh, line(1))
eq("the new ring", line(1), read_path(path))
write_all(writer, line(3001))
eq("the unlinked ring is not the new one", line(1), read_path(path))
eq("the unlinked ring goes on", line(3001), os.read(reader, 1000))
PY
stop
