# SPDX-License-Identifier: MIT
# A write to a full ring discards the shortfall and not whole records, and the loss is counted to the byte (peers 7).
. "$(dirname "$0")/lib.sh"
start size=64K,align=byte
py <<'PY'
import os, sys
from ringlib import *
mount = sys.argv[1]
path = mount + "/app.log"
fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
reader = os.open(path, os.O_RDONLY)
model = Model(65536, "byte")
lost = place = 0
for n, length in enumerate((1, 65534, 1, 1, 10, 65536, 65537, 3, 200000, 65535, 64, 64)):
    write_all(fd, model.write(bytes([65 + n]) * length))
    eq("bytes kept after %d more" % length, min(model.head, 65536), os.stat(path).st_size)
    eq("the bytes after %d more" % length, model.live(), read_path(path))
    eq("bytes written", model.head, metric(mount, "ringfs_written_bytes_total"))
    eq("writes", n + 1, metric(mount, "ringfs_writes_total"))
    if n % 2:
        eq("what the reader gets", bytes(model.data[max(place, model.tail):]), read_to_end(reader))
        lost += max(0, model.tail - place)
        place = model.head
        eq("bytes lost to the reader", lost, metric(mount, "ringfs_lost_bytes_total"))
PY
stop
