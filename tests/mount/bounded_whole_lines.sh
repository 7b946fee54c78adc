# SPDX-License-Identifier: MIT
# With align=line a line goes to one reader, in however many reads; when that reader goes, the rest goes to the next.
. "$(dirname "$0")/lib.sh"
start policy=bounded,size=64K
py << 'PY'
from waitlib import *
path = make("queue")
out, first, second = writer(path), reader(path), reader(path, os.O_NONBLOCK)
write_all(out, b"one line\nanother line\nlast\n")
eq("a part of the first line", b"one", os.read(first, 3))
with raises("its rest is not the second reader's", errno.EAGAIN):
    os.read(second, 100)
eq("nor does poll say so", 0, poll_now(second, select.POLLIN))
holds("but the first one's", poll_now(first, select.POLLIN) & select.POLLIN)
eq("a buffer that ends in a line", b" line\n", os.read(first, 10))
eq("the next line is anybody's", b"another line\n", os.read(second, 15))
eq("the last", b"last\n", os.read(first, 100))
# A reader that leaves within a line.
write_all(out, b"a long line\nnext\n")
eq("a part", b"a ", os.read(first, 2))
wait = read_in(path, 100)
wait_waiting(path, 1)
os.close(first)
eq("the rest and what follows, to who waited", b"long line\nnext\n", wait.result())
# A line without an end yet keeps nobody waiting.
first = reader(path)
write_all(out, b"no end")
eq("a part", b"no", os.read(first, 2))
eq("the rest to anybody", b" end", os.read(second, 100))
# Longer than any line.
write_all(out, b"x" * 65535 + b"\n")
eq("part of it", 10, len(os.read(first, 10)))
write = of_ring("held_bytes", path)
eq("left", 65526, write)
eq("the rest, to its reader", 65526, len(os.read(first, 70000)))
PY
stop
