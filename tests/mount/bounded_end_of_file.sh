# SPDX-License-Identifier: MIT
# Readers wait while a writer has the ring open and get end of file when the last one has gone; without any, at once.
. "$(dirname "$0")/lib.sh"
start policy=bounded,size=64K
py << 'PY'
from waitlib import *
path = make("queue")
eq("a ring that no writer has open", b"", os.read(reader(path), 100))
first, second = writer(path), writer(path)
wait = read_in(path, 100)
wait_waiting(path, 1)
os.close(first)
wait_for("one writer less", lambda: of_ring("writers", path) == 1)
holds("the reader goes on waiting for the second writer", of_ring("waiting", path) == 1 and not wait.is_done())
write_all(second, b"one\n")
eq("the line", b"one\n", wait.result())
waiting = [read_in(path, 100) for _ in range(3)]
wait_waiting(path, 3)
os.close(second)
for wait in waiting:
    eq("the end for all readers", b"", wait.result())
fd = reader(path)
third = writer(path)
write_all(third, b"two\n")
os.close(third)
eq("what a writer left that has gone", b"two\n", os.read(fd, 100))
eq("then the end", b"", os.read(fd, 100))
# A writer that is killed is gone like any other.
child = Child(lambda: (close_opened(), writer(path), signal.pause()))
wait_for("the writer", lambda: of_ring("writers", path) == 1)
wait = read_in(path, 100)
wait_waiting(path, 1)
child.kill()
eq("the end when the writer was killed", b"", wait.result())
child.reap()
# Who may read and write is a writer itself.
both = os.open(path, os.O_RDWR)
wait = Child(os.read, both, 100)
wait_waiting(path, 1)
wait.kill()
wait.reap()
PY
stop
