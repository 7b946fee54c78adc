# SPDX-License-Identifier: MIT
# eof=wait on an overwrite ring: a read at the end waits, O_NONBLOCK gives EAGAIN, and several followers get every line as it is written.
. "$(dirname "$0")/lib.sh"
start size=64K,eof=wait
py << 'PY'
from waitlib import *
path = make("log")
sink = writer(path)
fd = reader(path, os.O_NONBLOCK)
with raises("empty, O_NONBLOCK", errno.EAGAIN):
    os.read(fd, 10)


def follow():
    close_opened()
    mine = reader(path)
    got = b""
    while not got.endswith(b"last\n"):
        part = os.read(mine, 4096)
        holds("no end of file", part)
        got += part
    return got


children = [Child(follow) for _ in range(6)]
wait_waiting(path, 6)
data = b""
for n in range(200):
    write_all(sink, line(n))
    data += line(n)
    if n < 3:
        wait_waiting(path, 6) # each line wakes them
os.close(sink) # a log's readers wait whether or not a writer has it open
sink = writer(path)
write_all(sink, b"last\n")
for child in children:
    eq("what a follower has read", data + b"last\n", child.result())
eq("an old reader", data + b"last\n", drain(fd))
with raises("at the end, O_NONBLOCK", errno.EAGAIN):
    os.read(fd, 10)
PY
stop
