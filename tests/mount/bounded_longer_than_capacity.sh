# SPDX-License-Identifier: MIT
# A write longer than the ring goes in in pieces as readers make room; a signal in the middle gives the count of what is in.
. "$(dirname "$0")/lib.sh"
start policy=bounded,size=64K,align=byte
py << 'PY'
from waitlib import *
path = make("queue")
data = b"".join(line(n) for n in range(20000))
keep = writer(path)
wait = Child(lambda: raw_write(writer(path), data))
source = reader(path)
got = b""
while len(got) < len(data):
    got += os.read(source, 50000)
eq("the result of the write", len(data), wait.result())
eq("the bytes", data, got)


def interrupted():
    signal.signal(signal.SIGUSR1, lambda *args: None)
    return raw_write(writer(path), data)


wait = Child(interrupted)
wait_waiting(path, 1)
eq("bytes", data[:30000], os.read(source, 30000))
wait_for("the ring to be full again", lambda: os.stat(path).st_size == 65536)
wait.signal(signal.SIGUSR1)
eq("the result of the interrupted write", 95536, wait.result())
os.set_blocking(source, False)
eq("exactly the counted bytes are in the ring", data[30000:95536], drain(source))
eq("nobody waits", 0, of_ring("waiting", path))
# full=error: as much as there is room for, then the refusal.
set_attr(path, "full", "error")
eq("a write longer than the ring into an empty one", 65536, os.write(keep, data))
with raises("the next", errno.ENOSPC):
    os.write(keep, data)
eq("the bytes", data[:65536], drain(source))
PY
stop
