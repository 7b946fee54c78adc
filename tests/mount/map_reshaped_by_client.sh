# SPDX-License-Identifier: MIT
# A mapped process may itself give the ring another capacity, and be killed meanwhile: who has the file open goes on.
. "$(dirname "$0")/lib.sh"
start size=64K "$STORE"
py <<'PY'
from maplib import *
for policy in "overwrite", "bounded":
    path = make("ring-" + policy, policy=policy)
    fd, source = writer(path), reader(path)
    tool, queue = Tool(path), policy == "bounded"
    write_all(fd, b"before")
    tool.ask("reshape", 196608)
    eq(policy + ": a read of what was there", b"before", os.read(source, 100))
    for n in range(30):
        tool.ask("reshape", 65536 * (1 + n % 3))
        write_all(fd, line(n))
        eq(policy + ": a read after a change", line(n), os.read(source, 100))
        eq(policy + ": stat", 65536 * (1 + n % 3), int(get_attr(path, "capacity")))
    waits = None
    if queue:
        waits = Child(lambda: os.read(source, 100))
        wait_waiting(path, 1)
    tool.ask("reshape", 65536 * 5)
    tool.append("mapped")
    if waits:
        eq("a reader that waited meanwhile", b"mapped", waits.result())
    else:
        eq("the follower", b"mapped", os.read(source, 100))
    tool.end()
# Each read of a log finds it in one shape or the other.
path = make("read-all-the-time")
fd, tool = writer(path), Tool(path)
write_all(fd, b"x" * 50000)
def read_on():
    source = reader(path, os.O_NONBLOCK)
    while get_attr(path, "align") != "byte":
        for n in range(100):
            if os.pread(source, 4096, 4096 * (n % 10)) != b"x" * 4096:
                return "something else"
    return "x"
readers = [Child(read_on) for _ in range(2)]
for n in range(80):
    tool.ask("reshape", 65536 * (1 + n % 2))
tool.end()
set_attr(path, "align", "byte")
for child in readers:
    eq("every read", "x", child.result())
PY
stop
