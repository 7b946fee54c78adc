# SPDX-License-Identifier: MIT
# poll on a bounded ring says what read and write would do, and its wake-ups arrive: bytes, room, the end.
. "$(dirname "$0")/lib.sh"
start policy=bounded,size=64K,align=byte
py << 'PY'
from waitlib import *
IN, OUT, HUP, PRI, ERR = select.POLLIN, select.POLLOUT, select.POLLHUP, select.POLLPRI, select.POLLERR

path = make("queue")
source = reader(path, os.O_NONBLOCK)
eq("no writer: the end", IN | HUP, poll_now(source, IN | OUT | PRI))
eq("and so says read", b"", os.read(source, 1))
sink = writer(path, os.O_NONBLOCK)
eq("empty, with a writer", 0, poll_now(source, IN | OUT | PRI))
eq("room", OUT, poll_now(sink, IN | OUT | PRI))


def told(fd, events):
    close = [other for other in (source, sink) if other != fd]
    return Child(lambda: ([os.close(other) for other in close], poll_until(fd, events))[1])


def in_poll(child):
    with open("/proc/%d/wchan" % child.pid) as file:
        return "poll" in file.read()


wait = told(source, IN)
wait_for("the poller", lambda: in_poll(wait))
write_all(sink, b"x")
eq("woken by a byte", IN, wait.result())
eq("a byte", IN, poll_now(source, IN | OUT))
eq("the byte", b"x", os.read(source, 10))
eq("empty again", 0, poll_now(source, IN | OUT))
write_all(sink, b"x" * 65536)
eq("full", 0, poll_now(sink, OUT))
wait = told(sink, OUT)
wait_for("the poller", lambda: in_poll(wait))
eq("read one byte", 1, len(os.read(source, 1)))
eq("not enough room to be told of", 0, poll_now(sink, OUT))
eq("read a page", 4095, len(os.read(source, 4095)))
eq("woken by room", OUT, wait.result())
eq("all", 65536 - 4096, len(drain(source)))
wait = Child(lambda: (os.close(sink), poll_until(source, IN))[1])
wait_for("the poller", lambda: in_poll(wait))
os.close(sink)
eq("woken by the end", IN | HUP, wait.result() & (IN | HUP))
set_attr(path, "eof", "wait")
eq("eof=wait: no end", 0, poll_now(source, IN))
set_attr(path, "full", "error")
sink = writer(path)
write_all(sink, b"x" * 65536)
eq("full=error: a write never waits", OUT, poll_now(sink, OUT))
PY
stop
