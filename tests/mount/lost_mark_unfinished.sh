# SPDX-License-Identifier: MIT
# lost=mark after a line that never got its end: the mark stands on a line of its own all the same; a mark that is half read when more is lost is told to its end.
. "$(dirname "$0")/lib.sh"
start size=64K,lost=mark
py << 'PY'
from waitlib import *
model = Model(65536)
path = at("log")
sink = writer(path)
write_all(sink, model.write(b"no end"))
fd = reader(path)
eq("the bytes", b"no end", os.read(fd, 100))
other = reader(path)
eq("the bytes", b"no", os.read(other, 2))
for n in range(3000):
    write_all(sink, model.write(line(n)))
first = os.read(fd, 10)
eq("the beginning of the mark, on a line of its own", b"\n--- ringf", first)
lost = model.oldest - 6
text = b"\n--- ringfs: %d bytes lost ---\n" % lost
before = model.oldest
for n in range(3000, 6000):
    write_all(sink, model.write(line(n)))
got = first + read_to_end(fd, 700)
eq("the first mark and the second", text + b"--- ringfs: %d bytes lost ---\n" % (model.oldest - before) + model.live(), got)
eq("the count of both", str(lost + model.oldest - before), get_attr(fd, "lost_bytes"))
got = read_to_end(other)
holds("one mark on a line of its own: %s" % show(got[:80]), got.count(b"--- ringfs: ") == 1 and b"\n--- ringfs: " in got)
holds("then whole lines", got.endswith(b"lost ---\n" + model.live()))
PY
stop
