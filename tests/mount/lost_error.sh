# SPDX-License-Identifier: MIT
# lost=error: EPIPE once for each overrun, then on at the oldest whole line; a line begun before comes whole first.
. "$(dirname "$0")/lib.sh"
start size=64K,lost=error
py << 'PY'
from waitlib import *
model = Model(65536)
path = at("log")
sink = writer(path)


def put(first, last):
    for n in range(first, last):
        write_all(sink, model.write(line(n)))


put(0, 5)
whole, inside = reader(path), reader(path)
eq("a line", line(0), os.read(whole, len(line(0))))
eq("a part", line(0)[:5], os.read(inside, 5))
put(5, 3000)
lost = model.oldest - len(line(0))
eq("the rest of the line", line(0)[5:], os.read(inside, 1000))
for what, fd in (("after a whole line", whole), ("after a part", inside)):
    with raises(what, errno.EPIPE):
        os.read(fd, 1000)
    eq(what + ": the bytes", model.live(), read_to_end(fd))
    eq(what + ": the count", str(lost), get_attr(fd, "lost_bytes"))
    eq(what + ": size and offset", os.fstat(fd).st_size, os.lseek(fd, 0, os.SEEK_CUR))
again = model.head
put(3000, 6000)
with raises("a second overrun", errno.EPIPE):
    os.read(whole, 1000)
eq("the bytes", model.live(), read_to_end(whole))
eq("the count", str(lost + model.oldest - again), get_attr(whole, "lost_bytes"))
PY
stop
