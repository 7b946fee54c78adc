# SPDX-License-Identifier: MIT
# Processes that share one open file (a pipeline in parentheses): one that waits does not keep the other from reading or writing, and dies at once.
. "$(dirname "$0")/lib.sh"
start policy=bounded,size=64K
py << 'PY'
from waitlib import *
path = make("queue")
both = os.open(path, os.O_RDWR)
waiting = [Child(os.read, both, 10) for _ in range(3)]
wait_waiting(path, 3)
third = Child(os.read, both, 10)
wait_waiting(path, 4)
eq("a write by the same open file", 2, Child(os.write, both, b"1\n").result())
wait_for("one reader", lambda: sum(child.is_done() for child in waiting) == 1)
done = next(child for child in waiting if child.is_done())
eq("its line", b"1\n", done.result())
for child in waiting + [third]:
    if child is not done:
        child.kill()
        child.reap()
wait_waiting(path, 0)
write_all(both, b"x" * 65535 + b"\n")
blocked = Child(os.write, both, b"y\n")
wait_waiting(path, 1)
eq("a read by the same open file", 65536, len(Child(os.read, both, 65536).result()))
eq("the writer that waited", 2, blocked.result())
eq("its line", b"y\n", os.read(both, 10))
PY
stop
