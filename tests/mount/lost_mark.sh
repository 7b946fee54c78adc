# SPDX-License-Identifier: MIT
# lost=mark: an overrun reader finds one line that says exactly how many bytes it has lost, on a line of its own, and offsets stay consistent.
. "$(dirname "$0")/lib.sh"
start size=64K,lost=mark
py << 'PY'
from waitlib import *
model = Model(65536)
path = at("log")
sink = writer(path)


def put(first, last):
    for n in range(first, last):
        write_all(sink, model.write(line(n)))


put(0, 10)
starts = [len(b"".join(line(n) for n in range(k))) for k in range(12)]
# Readers that stop at the start, at the end of a line, inside one, and at the end of all.
cuts = [0, starts[4], starts[4] + 7, starts[10] - 1, starts[10]]
readers = []
for cut in cuts:
    for block in (1, 3, 50, 4096, 65536, 200000):
        fd = reader(path)
        got = os.read(fd, cut) if cut else b""
        eq("the beginning", bytes(model.data[:cut]), got)
        readers.append((cut, block, fd))
put(10, 4000)
for cut, block, fd in readers:
    end = min(start for start in starts if start >= cut)
    # A reader whose line was cut gets its rest first. Who has read nothing has no line.
    lost = model.oldest - end
    wanted = bytes(model.data[cut:end]) + b"--- ringfs: %d bytes lost ---\n" % lost + model.live()
    if block < 50:
        wanted = wanted[:3000]
    got = b""
    what = "cut %d, block %d" % (cut, block)
    while len(got) < len(wanted):
        part = os.read(fd, min(block, len(wanted) - len(got)))
        holds(what + ": an early end, after %s" % show(got[-100:]), part)
        got += part
        if block >= 50:
            rest = len(wanted) - len(got)
            eq(what + ": size - offset", rest, os.fstat(fd).st_size - os.lseek(fd, 0, os.SEEK_CUR))
    eq(what, wanted, got)
    if block >= 50:
        eq(what + ": the end", b"", os.read(fd, 100))
    eq(what + ": its own count", str(lost), get_attr(fd, "lost_bytes"))
# A second overrun gives a second mark, from where the first left off.
cut, block, fd = readers[4]
read_at = model.head
put(4000, 8000)
got = read_to_end(fd)
eq("the second mark", b"--- ringfs: %d bytes lost ---\n" % (model.oldest - read_at) + model.live(), got)
PY
stop
