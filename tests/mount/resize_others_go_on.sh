# SPDX-License-Identifier: MIT
# While a large ring is resized, also with a crowd that waits for it, requests for other rings are answered, and so is a
# signal for somebody who waits for that ring.
. "$(dirname "$0")/lib.sh"
start size=32M
py <<'PY'
import os, signal, sys, threading
from ringlib import *
mount = sys.argv[1]
big, other = mount + "/big", mount + "/other"
fd = os.open(big, os.O_WRONLY | os.O_CREAT)
block = b"x" * (1 << 20)
for _ in range(32):
    write_all(fd, block)
with open(other, "wb") as file:
    file.write(line(1))
os.setxattr(big, "user.ring.eof", b"wait")

def crowd(ready, go):
    """Someone who uses the big ring all the time."""
    mine = os.open(big, os.O_WRONLY)
    os.write(ready, b"r")
    os.read(go, 1)
    while True:
        os.stat(big)
        write_all(mine, b"line\n")

ready, go = os.pipe(), os.pipe()
children = []
for _ in range(40):
    pid = os.fork()
    if pid == 0:
        os.close(go[1])
        crowd(ready[1], go[0])
    children.append(pid)
wait_for("the crowd", lambda: len(os.read(ready[0], 1)) == 1)
for _ in range(39):
    os.read(ready[0], 1)
waiter = os.fork()
if waiter == 0:
    mine = os.open(big, os.O_RDONLY)
    os.lseek(mine, 0, os.SEEK_END)
    while True:
        os.read(mine, 1 << 20)

def rounds_during(size):
    """How often another ring was looked at and read while the big one was resized."""
    done = threading.Event()
    def resize():
        os.setxattr(big, "user.ring.capacity", size)
        done.set()
    thread = threading.Thread(target=resize)
    thread.start()
    answered = 0
    while not done.is_set():
        os.stat(other)
        eq("the other ring", line(1), read_path(other))
        answered += not done.is_set()
    thread.join()
    return answered

def best_of_some(what):
    """A busy machine may give this program no time during one resize, but not during each of several."""
    found = []
    for _ in range(6):
        for size in (b"48M", b"32M"):
            found.append(rounds_during(size))
            if found[-1] >= 20:
                return print("%s: %s rounds" % (what, found))
    fail("%s: only %s rounds on another ring during the resizes" % (what, found))

best_of_some("alone")
os.write(go[1], b"g" * 40)
best_of_some("with a crowd")
for pid in children + [waiter]:
    os.kill(pid, signal.SIGKILL)
for pid in children + [waiter]:
    os.waitpid(pid, 0)
PY
stop
