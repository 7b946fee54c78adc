# SPDX-License-Identifier: MIT
# lost=skip, the default: an overrun reader goes on at the oldest whole line without a word, and what it has lost is counted.
. "$(dirname "$0")/lib.sh"
start size=64K
py << 'PY'
from waitlib import *
model = Model(65536)
path = at("log")
sink = writer(path)
write_all(sink, model.write(line(0) + line(1)))
fd, other = reader(path), reader(path)
eq("a line", line(0), os.read(fd, len(line(0))))
for n in range(2, 3000):
    write_all(sink, model.write(line(n)))
eq("the bytes", model.live(), read_to_end(fd))
lost = model.oldest - len(line(0))
eq("size and offset", os.fstat(fd).st_size, os.lseek(fd, 0, os.SEEK_CUR))
eq("the reader's own count", str(lost), get_attr(fd, "lost_bytes"))
eq("the count of a reader that has not read", "0", get_attr(other, "lost_bytes"))
eq("the ring's", str(lost), get_attr(path, "lost_bytes"))
eq("its bytes", model.live(), read_to_end(other))
total = lost + model.oldest
eq("the other reader's", str(model.oldest), get_attr(other, "lost_bytes"))
eq("the ring's, of both", str(total), get_attr(path, "lost_bytes"))
eq("the ring's metric", total, of_ring("lost_bytes_total", path))
eq("the mount's", total, metric(MNT, "ringfs_lost_bytes_total"))
for what in (fd, path):
    with raises("setting a count", errno.EPERM):
        set_attr(what, "lost_bytes", 0)
# Cleared is not lost.
last = reader(path)
os.read(last, 10)
os.truncate(path, 0)
write_all(sink, b"new\n")
read_to_end(last)
eq("after a clear", "0", get_attr(last, "lost_bytes"))
PY
stop
