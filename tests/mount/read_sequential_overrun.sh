# SPDX-License-Identifier: MIT
# A sequential read that was overrun goes on at the oldest whole line; offsets and size stay consistent; the loss is counted.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, sys
from ringlib import *
mount = sys.argv[1]
path = mount + "/app.log"
model = Model(65536)
writer = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
for n in range(10):
    write_all(writer, model.write(line(n)))
head = model.head
first, second, untouched = (os.open(path, os.O_RDONLY) for _ in range(3))
eq("the first lines", model.live(), os.read(first, 10000))
eq("the first lines, in small blocks", model.live(), read_to_end(second, 7))
lost = metric(mount, "ringfs_lost_bytes_total")
for n in range(10, 3000):
    write_all(writer, model.write(line(n)))
holds("fstat before the read is not below the offset", os.fstat(first).st_size >= head)
live = model.live()
eq("the next line", live[:100], os.read(first, 100))
eq("the loss is counted", model.oldest - head, metric(mount, "ringfs_lost_bytes_total") - lost)
eq("the offset", head + 100, os.lseek(first, 0, os.SEEK_CUR))
eq("the size leaves exactly what can still be read", head + len(live), os.fstat(first).st_size)
eq("the rest", live[100:], read_to_end(first))
eq("the offset at the end is the size", os.fstat(first).st_size, os.lseek(first, 0, os.SEEK_CUR))
eq("the same in small blocks", live, read_to_end(second, 7))
eq("a view that was not read before", live, read_to_end(untouched))
PY
stop
