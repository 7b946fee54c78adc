# SPDX-License-Identifier: MIT
# 120 pollers on one ring, of which some go away while they poll: all the others are woken by one write, and nothing is left behind.
. "$(dirname "$0")/lib.sh"
start size=64K,eof=wait
py << 'PY'
from waitlib import *
path = make("log")
sink = writer(path)
before = metric(MNT, "ringfs_handles")


def follow():
    close_opened()
    fd = reader(path)
    poll_until(fd, select.POLLIN)
    return os.read(fd, 100)


children = [Child(follow) for _ in range(120)]
wait_for("120 readers", lambda: of_ring("readers", path) == 120)
gone, stay = children[::3], children[:]
for child in gone:
    child.kill()
    child.reap()
    stay.remove(child)
wait_for("the killed ones to be gone", lambda: of_ring("readers", path) == len(stay))
write_all(sink, b"line\n")
for child in stay:
    eq("what a poller reads", b"line\n", child.result())
wait_for("all files closed", lambda: metric(MNT, "ringfs_handles") <= before) # that one may count the close of make()
# One descriptor in several sets; it is closed while the sets are asked.
fd = reader(path)
os.read(fd, 100)
sets = [select.epoll() for _ in range(10)]
for one in sets:
    one.register(fd, select.EPOLLIN)
    eq("nothing new", [], one.poll(0))
write_all(sink, b"more\n")
for one in sets:
    eq("told to every set", [(fd, select.EPOLLIN)], one.poll(DEADLINE))
os.close(fd)
for one in sets:
    eq("closed", [], one.poll(0))
write_all(sink, b"to nobody\n")
PY
stop
