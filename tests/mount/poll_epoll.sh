# SPDX-License-Identifier: MIT
# epoll, level and edge triggered, and select on both kinds of ring: one event a change, none without, none missed.
. "$(dirname "$0")/lib.sh"
start size=64K,eof=wait
py << 'PY'
from waitlib import *
for policy in ("overwrite", "bounded"):
    path = make(policy, policy=policy)
    sink, source = writer(path), reader(path, os.O_NONBLOCK)
    level, edge = select.epoll(), select.epoll()
    level.register(source, select.EPOLLIN)
    edge.register(source, select.EPOLLIN | select.EPOLLET)
    eq(policy + ": nothing yet", ([], []), (level.poll(0), edge.poll(0)))
    for n in range(30):
        write_all(sink, b"line %d\n" % n)
        eq(policy + ": edge", [(source, select.EPOLLIN)], edge.poll(DEADLINE))
        eq(policy + ": level", [(source, select.EPOLLIN)], level.poll(DEADLINE))
        eq(policy + ": level again", [(source, select.EPOLLIN)], level.poll(0))
        eq(policy + ": select", [source], select.select([source], [], [], DEADLINE)[0])
        if n % 3 == 2: # what is left must not keep a new edge from coming
            eq(policy + ": the lines", b"".join(b"line %d\n" % m for m in range(n - 2, n + 1)), drain(source))
            eq(policy + ": level, nothing left", [], level.poll(0))
    # A reader that drains on each edge gets everything from a writer that does not wait for it.
    def follow():
        got = b""
        while not got.endswith(b"last\n"):
            holds("an edge within the deadline", edge.poll(DEADLINE))
            got += drain(source)
        return got

    child = Child(follow)
    data = b"".join(b"more %d\n" % n for n in range(3000)) + b"last\n"
    for text in data.splitlines(keepends=True):
        write_all(sink, text)
    eq(policy + ": all lines by edges", data, child.result())
PY
stop
