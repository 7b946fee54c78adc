# SPDX-License-Identifier: MIT
# Readers that wait at the end are released when eof becomes end; a clear, a signal and a kill do to them what they should.
. "$(dirname "$0")/lib.sh"
start size=64K
py << 'PY'
from waitlib import *
path = make("log", eof="wait")
sink = writer(path)
waiting = [read_in(path, 10) for _ in range(4)]
wait_waiting(path, 4)
set_attr(path, "eof", "end")
for child in waiting:
    eq("end of file", b"", child.result())
set_attr(path, "eof", "wait")
write_all(sink, b"0123456789")
fd = reader(path)
eq("the bytes", b"0123456789", os.read(fd, 100))
wait = Child(os.read, fd, 100)
wait_waiting(path, 1)
os.truncate(path, 0)
write_all(sink, b"after the clear")
eq("after a clear", b"after the clear", wait.result())
wait_waiting(path, 0)


def interrupted():
    close_opened()
    signal.signal(signal.SIGUSR1, lambda *args: None)
    return raw_read_twice()


def raw_read_twice():
    mine = os.open(path, os.O_RDONLY)
    raw_read(mine, 1000)
    return raw_read(mine, 1000)


wait = Child(interrupted)
wait_waiting(path, 1)
wait.signal(signal.SIGUSR1)
eq("a signal", "EINTR", wait.result())
waiting = [Child(raw_read_twice) for _ in range(5)]
wait_waiting(path, 5)
for child in waiting[:4]:
    child.kill()
for child in waiting[:4]:
    child.reap()
wait_waiting(path, 1)
write_all(sink, b"next")
eq("who was not killed", b"next", waiting[4].result())
removed = path + ".removed"
wait = Child(raw_read_twice)
wait_waiting(path, 1)
os.rename(path, removed)
os.unlink(removed)
write_all(sink, b"of no name")
eq("a ring without a name", b"of no name", wait.result())
PY
stop
