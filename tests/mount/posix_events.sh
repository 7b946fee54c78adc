# SPDX-License-Identifier: MIT
# Rings can be polled with epoll (a plain file cannot), watched and leased; an overrun is POLLPRI.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import fcntl, os, select, signal, sys
from ringlib import *
os.chdir(sys.argv[1])
os.mkdir("queues")
os.setxattr("queues", "user.ring.policy", b"bounded")
for path in ("log", "queues/queue"):
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    epoll = select.epoll()
    epoll.register(reader, select.EPOLLIN)
    epoll.register(fd, select.EPOLLOUT)
    eq("a writer of %s with room" % path, select.EPOLLOUT, dict(epoll.poll(0)).get(fd))
    write_all(fd, line(1))
    wait_for("a reader of %s to have bytes" % path, lambda: dict(epoll.poll(0)).get(reader) == select.EPOLLIN)
    told = []
    signal.signal(signal.SIGIO, lambda *_: told.append(1))
    directory = os.open(os.path.dirname(path) or ".", os.O_RDONLY)
    fcntl.fcntl(directory, fcntl.F_NOTIFY, fcntl.DN_MODIFY)
    write_all(fd, line(2))
    wait_for("dnotify of a write to " + path, lambda: told)
    os.close(directory)
    os.close(fd)
    fcntl.fcntl(reader, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    eq("a lease", fcntl.F_RDLCK, fcntl.fcntl(reader, fcntl.F_GETLEASE))
    if path == "log":
        poll = select.poll()
        poll.register(reader, select.POLLIN | select.POLLPRI)
        eq("bytes and no overrun", [(reader, select.POLLIN)], poll.poll(0))
        hasty = os.open(path, os.O_WRONLY)
        for n in range(3000):
            write_all(hasty, line(n))
        os.close(hasty)
        eq("an overrun", [(reader, select.POLLIN | select.POLLPRI)], poll.poll(0))
        read_to_end(reader)
        eq("that was told", [(reader, select.POLLIN)], poll.poll(0))
    writer = os.open(path, os.O_WRONLY | os.O_NONBLOCK) # has a node of its own: a lease does not hold it off
    write_all(writer, line(3))
    fcntl.fcntl(reader, fcntl.F_SETLEASE, fcntl.F_UNLCK)
PY
stop
