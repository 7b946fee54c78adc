# SPDX-License-Identifier: MIT
# full=error: ENOSPC on a full ring, nothing is lost or written by halves, the refusal is counted, and room is room again.
. "$(dirname "$0")/lib.sh"
start policy=bounded,size=64K,full=error
py << 'PY'
from waitlib import *
path = make("queue", align="byte")
fd = writer(path)
write_all(fd, b"a" * 60000)
for size in (5537, 65536, 60000):
    with raises("%d bytes into 5536" % size, errno.ENOSPC):
        os.write(fd, b"b" * size)
eq("refusals", 3, of_ring("dropped_records_total", path))
write_all(fd, b"c" * 5536)
with raises("one byte more", errno.ENOSPC):
    os.write(fd, b"d")
with raises("one byte more, with O_NONBLOCK", errno.ENOSPC):
    os.write(writer(path, os.O_NONBLOCK), b"d")
source = reader(path, os.O_NONBLOCK)
eq("one byte", b"a", os.read(source, 1))
write_all(fd, b"e")
eq("all that was acknowledged", b"a" * 59999 + b"c" * 5536 + b"e", drain(source))
# A ring that is told so while a writer waits.
set_attr(path, "full", "block")
write_all(fd, b"f" * 65536)
wait = write_in(path, b"g")
wait_waiting(path, 1)
set_attr(path, "full", "error")
eq("who waited", "ENOSPC", wait.result())
eq("nothing of it was written", b"f" * 65536, drain(source))
PY
stop
