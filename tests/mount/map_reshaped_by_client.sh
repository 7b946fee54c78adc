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
PY
stop
