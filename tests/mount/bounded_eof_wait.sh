# SPDX-License-Identifier: MIT
# eof=wait on a bounded ring: readers wait though no writer has it open, until one comes or the ring is told to end.
. "$(dirname "$0")/lib.sh"
start policy=bounded,size=64K,eof=wait
py << 'PY'
from waitlib import *
path = make("queue")
with raises("empty, no writer, O_NONBLOCK", errno.EAGAIN):
    os.read(reader(path, os.O_NONBLOCK), 10)
wait = read_in(path, 100)
wait_waiting(path, 1)
for n in range(3):
    os.close(writer(path))
holds("writers that come and go do not end it", of_ring("waiting", path) == 1)
fd = writer(path)
write_all(fd, b"line\n")
os.close(fd)
eq("the line", b"line\n", wait.result())
waiting = [read_in(path, 100) for _ in range(2)]
wait_waiting(path, 2)
set_attr(path, "eof", "end")
for wait in waiting:
    eq("the end, when told so", b"", wait.result())
PY
stop
