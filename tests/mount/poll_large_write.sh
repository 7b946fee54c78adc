# SPDX-License-Identifier: MIT
# A large O_NONBLOCK write that found no room is announced by POLLOUT once it fits, not before; other writers are not concerned.
. "$(dirname "$0")/lib.sh"
start policy=bounded,size=64K,align=byte
py << 'PY'
from waitlib import *
IN, OUT, HUP, PRI, ERR = select.POLLIN, select.POLLOUT, select.POLLHUP, select.POLLPRI, select.POLLERR

path = make("queue")
source, sink, other = reader(path), writer(path, os.O_NONBLOCK), writer(path, os.O_NONBLOCK)
write_all(sink, b"x" * 50000)
eq("room for a page", OUT, poll_now(sink, OUT))
with raises("a record larger than the room", errno.EAGAIN):
    os.write(sink, b"y" * 30000)
eq("not announced to who has tried", 0, poll_now(sink, OUT))
eq("announced to others", OUT, poll_now(other, OUT))
wait = Child(lambda: (poll_until(sink, OUT), os.write(sink, b"y" * 30000))[1])
left = 50000
while 65536 - left < 30000:
    holds("not written before it fits", not wait.is_done())
    left -= len(os.read(source, 1000))
eq("the result of the write that was announced", 30000, wait.result())
eq("bytes", left + 30000, len(os.read(source, 65536)))
eq("a write longer than the ring", 65536, os.write(sink, b"z" * 100000))
eq("full", 0, poll_now(sink, OUT))
with raises("another", errno.EAGAIN):
    os.write(sink, b"z" * 100000)
eq("one byte of room", 1, len(os.read(source, 1)))
eq("is room for a write longer than the ring", OUT, poll_now(sink, OUT))
eq("one byte of it", 1, os.write(sink, b"z" * 100000))
PY
stop
