# SPDX-License-Identifier: MIT
# A reader or writer that is killed while it waits is gone at once and leaves no trace: no byte read or written, and the next in line is served.
. "$(dirname "$0")/lib.sh"
start policy=bounded,size=64K
py << 'PY'
from waitlib import *
path = make("queue", align="byte")
keep = os.open(path, os.O_RDWR)
waiting = []
for n in range(4):
    waiting.append(read_in(path, 100))
    wait_waiting(path, n + 1)
for n in (0, 2):
    waiting[n].kill()
    waiting[n].reap()
wait_waiting(path, 2)
write_all(keep, b"1" * 100)
eq("the second reader", b"1" * 100, waiting[1].result())
waiting[3].kill()
waiting[3].reap()
wait_waiting(path, 0)
write_all(keep, b"2" * 65536)
waiting = []
for n in range(4):
    waiting.append(write_in(path, b"%d" % n * 1000))
    wait_waiting(path, n + 1)
for n in (0, 3):
    waiting[n].kill()
    waiting[n].reap()
eq("nothing consumed", 65536, os.stat(path).st_size)
eq("bytes", b"2" * 65536, os.read(keep, 65536))
for n in (1, 2):
    eq("writer %d" % n, 1000, waiting[n].result())
eq("what the killed ones have written", b"1" * 1000 + b"2" * 1000, os.read(keep, 70000))
# A large write first in line was all that stopped the small ones behind it.
write_all(keep, b"3" * 60000)
large = write_in(path, b"4" * 10000)
wait_waiting(path, 1)
small = write_in(path, b"5" * 10)
wait_waiting(path, 2)
large.kill()
large.reap()
eq("the small write behind the killed one", 10, small.result())
eq("the bytes", b"3" * 60000 + b"5" * 10, os.read(keep, 70000))
wait_waiting(path, 0)
# A write longer than the ring has written what is in when it is killed: no more.
data = bytes(range(256)) * 800
large = write_in(path, data)
wait_waiting(path, 1)
eq("a piece", data[:1000], os.read(keep, 1000))
wait_for("the ring to be full", lambda: os.stat(path).st_size == 65536)
large.kill()
large.reap()
wait_waiting(path, 0)
os.set_blocking(keep, False)
eq("what is in", data[1000:66536], drain(keep))
PY
stop
