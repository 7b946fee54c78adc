# SPDX-License-Identifier: MIT
# full=block: a writer that finds no room waits, and goes on when a reader has made some, in the order of arrival.
. "$(dirname "$0")/lib.sh"
start policy=bounded,size=64K,full=block
py << 'PY'
from waitlib import *
path = make("queue", align="byte")
fill = writer(path)
write_all(fill, b"0" * 65536)
waiting = []
for n in range(1, 6):
    waiting.append(write_in(path, b"%d" % n * 10000))
    wait_waiting(path, n)
fd = reader(path)
eq("less than the first one needs", b"0" * 9999, os.read(fd, 9999))
holds("a record does not go in by halves", of_ring("waiting", path) == 5 and os.stat(path).st_size == 55537)
eq("the last byte of room", b"0", os.read(fd, 1))
eq("the first in line", 10000, waiting[0].result())
holds("and only that one", of_ring("waiting", path) == 4)
eq("the rest", 55536, len(os.read(fd, 55536)))
for n, wait in enumerate(waiting[1:], 2):
    eq("writer %d" % n, 10000, wait.result())
eq("in the order of arrival", b"".join(b"%d" % n * 10000 for n in range(1, 6)), os.read(fd, 65536))
PY
stop
