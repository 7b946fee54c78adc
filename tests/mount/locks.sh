# SPDX-License-Identifier: MIT
# flock and fcntl locks work between any two opens of one ring, views included, and waiting for one keeps nobody else waiting.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import fcntl, os, struct, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
writer = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
write_all(writer, line(1))
opens = {"writer": writer, "view": os.open(path, os.O_RDONLY), "another view": os.open(path, os.O_RDONLY),
         "read-write": os.open(path, os.O_RDWR)}
for a, fd in opens.items():
    for b, other in opens.items():
        if a == b:
            continue
        fcntl.flock(fd, fcntl.LOCK_EX)
        for kind in (fcntl.LOCK_EX, fcntl.LOCK_SH):
            with raises("flock of %s while %s has it" % (b, a), errno.EWOULDBLOCK):
                fcntl.flock(other, kind | fcntl.LOCK_NB)
        fcntl.flock(fd, fcntl.LOCK_SH)
        fcntl.flock(other, fcntl.LOCK_SH | fcntl.LOCK_NB)
        fcntl.flock(fd, fcntl.LOCK_UN)
        fcntl.flock(other, fcntl.LOCK_UN)

def in_child(function):
    pid = os.fork()
    if pid == 0:
        try:
            function()
        except BaseException as error:
            print(error, file=sys.stderr)
            os._exit(1)
        os._exit(0)
    return pid

def blocked_by_read_lock():
    fd = os.open(path, os.O_RDWR)
    with raises("a write lock where a view has a read lock", errno.EAGAIN, errno.EACCES):
        fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB, 10, 0)
    fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB, 10, 100)
    asked = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 10, 0)
    kind, _, start, length, owner = struct.unpack("hhqqi4x", fcntl.fcntl(fd, fcntl.F_GETLK, asked))
    eq("F_GETLK", (fcntl.F_RDLCK, 0, 10, os.getppid()), (kind, start, length, owner))

fcntl.lockf(opens["view"], fcntl.LOCK_SH | fcntl.LOCK_NB, 10, 0)
eq("fcntl locks", 0, os.waitpid(in_child(blocked_by_read_lock), 0)[1])
fcntl.lockf(opens["view"], fcntl.LOCK_UN)

fcntl.flock(opens["view"], fcntl.LOCK_EX)
ready, tell = os.pipe()
def wait_for_lock():
    fd = os.open(path, os.O_RDONLY)
    os.write(tell, b"x")
    fcntl.flock(fd, fcntl.LOCK_EX)
waiting = [in_child(wait_for_lock) for _ in range(14)]
got = b""
while len(got) < len(waiting):
    got += os.read(ready, 100)
for n in range(50):
    os.stat(path)
    read_path(path)
    write_all(writer, line(n))
os.kill(waiting[0], 9)
eq("a killed waiter is gone", 9, os.waitpid(waiting[0], 0)[1])
fcntl.flock(opens["view"], fcntl.LOCK_UN)
for pid in waiting[1:]:
    eq("a waiter got its lock", 0, os.waitpid(pid, 0)[1])
# Not LOCK_NB: FUSE hears of the end of a waiter's file after its close.
fcntl.flock(writer, fcntl.LOCK_EX)
PY
stop
