# SPDX-License-Identifier: MIT
# Three readers of one bounded ring: each byte goes to exactly one of them, with whole lines and without.
. "$(dirname "$0")/lib.sh"
start policy=bounded,size=64K
py << 'PY'
from waitlib import *
def take(path, size):
    close_opened()
    return read_to_end(reader(path), size)


lines = [line(n) for n in range(6000)]
for align, size in (("line", 997), ("byte", 1001)):
    path = make("queue." + align, align=align)
    fd = writer(path)
    takers = [Child(take, path, size) for _ in range(3)]
    wait_waiting(path, 3)
    for n in range(0, len(lines), 10):
        write_all(fd, b"".join(lines[n:n + 10]))
    os.close(fd)
    parts = [taker.result() for taker in takers]
    if align == "line":
        got = sorted(text for part in parts for text in part.splitlines(keepends=True))
        eq("the lines", lines, got)
    else:
        eq("the bytes, sorted", sorted(b"".join(lines)), sorted(b"".join(parts)))
    eq("what is left", 0, os.stat(path).st_size)
PY
stop
