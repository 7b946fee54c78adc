# SPDX-License-Identifier: MIT
# Links, renames, unlink while open, modes and locks are for a bounded ring what they are for any file.
. "$(dirname "$0")/lib.sh"
start size=64K,policy=bounded
py <<'PY'
import fcntl, os, struct, sys
from ringlib import *
os.chdir(sys.argv[1])
fd = os.open("queue", os.O_RDWR | os.O_CREAT | os.O_NONBLOCK, 0o640)
write_all(fd, line(1))
os.link("queue", "second")
os.mkdir("dir")
os.rename("queue", "dir/queue")
for path in ("second", "dir/queue"):
    eq("links, inode, size of " + path, (2, os.fstat(fd).st_ino, len(line(1))),
       (os.stat(path).st_nlink, os.stat(path).st_ino, os.stat(path).st_size))
other = os.open("second", os.O_RDONLY | os.O_NONBLOCK)
eq("through the other name", line(1), os.read(other, 100))
os.fchmod(other, 0o600)
eq("the mode", 0o100600, os.fstat(fd).st_mode)
os.utime(other, ns=(5, 7))
eq("the times", (5, 7), (os.stat("second").st_atime_ns, os.stat("second").st_mtime_ns))
fcntl.flock(fd, fcntl.LOCK_EX)
with raises("flock by another open", errno.EWOULDBLOCK):
    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
fcntl.flock(fd, fcntl.LOCK_UN)
fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
whole = lambda kind: struct.pack("hhqqi4x", kind, os.SEEK_SET, 0, 0, 0)
third = os.open("second", os.O_RDWR | os.O_NONBLOCK)
fcntl.fcntl(fd, 37, whole(fcntl.F_WRLCK)) # F_OFD_SETLK
with raises("a lock of another description", errno.EAGAIN):
    fcntl.fcntl(third, 37, whole(fcntl.F_WRLCK))
pid = os.fork()
if pid == 0:
    mine = os.open("second", os.O_RDWR | os.O_NONBLOCK)
    try:
        fcntl.lockf(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os._exit(0 if error.errno in (errno.EAGAIN, errno.EACCES) else 1)
    os._exit(2)
eq("an fcntl lock of another process", 0, os.waitpid(pid, 0)[1])
os.unlink("second")
os.unlink("dir/queue")
write_all(fd, line(2))
eq("it lives on without a name", (0, line(2)), (os.fstat(fd).st_nlink, os.read(other, 100)))
with raises("by its name", errno.ENOENT):
    os.open("second", os.O_RDONLY)
PY
stop
