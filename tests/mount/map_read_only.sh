# SPDX-License-Identifier: MIT
# A descriptor handed over for reading stays that: it cannot be mapped or opened for writing, whatever the ring's mode, nor can its
# locks and leases hold up anybody.
. "$(dirname "$0")/lib.sh"
need_second_user
start size=64K,allow_other "$STORE"
py <<'PY'
from maplib import *
import mmap
OTHER = 65534
F_OFD_SETLK = 37
path = make("ring")
write_all(writer(path), line(1))
os.chmod(path, 0o666)

def attempts(path):
    tool = Tool(path, "ro")
    fd = os.open(tool.fd_path(), os.O_RDONLY) # another open of the same file, as its process could have it
    found = [errno_of(lambda: mmap.mmap(fd, 65536, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)),
             errno_of(lambda: os.ftruncate(fd, 0)),
             errno_of(lambda: os.write(fd, b"x"))]
    for flags in (os.O_RDWR, os.O_WRONLY, os.O_RDWR | os.O_TRUNC):
        found.append(errno_of(lambda: os.open(tool.fd_path(), flags)) in ("EROFS", "EACCES"))
        found.append(errno_of(lambda: os.open("/proc/self/fd/%d" % fd, flags)) in ("EROFS", "EACCES"))
    found.append(errno_of(lambda: os.fchmod(fd, 0o777)) in ("EROFS", "EPERM"))
    tool.end()
    return found

refused = ["EACCES", "EINVAL", "EBADF"] + [True] * 7
eq("a stranger who may write by mode", refused, as_user(OTHER, lambda: attempts(path)))
os.chown(path, OTHER, OTHER)
set_attr(path, "map", "ro")
eq("the owner of a ring with map=ro", refused, as_user(OTHER, lambda: attempts(path)))
eq("root", refused, attempts(path))
eq("the ring's bytes", line(1), read_path(path))
eq("the ring's mode", 0o666, os.stat(path).st_mode & 0o777)

# Locks for reading over the bytes by which writers are known. A daemon that takes a dead writer for a living one would say so.
def lock_slots(fd):
    for slot in range(64):
        with contextlib.suppress(BlockingIOError):
            fcntl.fcntl(fd, F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, (1 << 40) + slot, 1, 0))

def nobody_has_it():
    return of_ring("readers", path) + of_ring("writers", path) == 0

set_attr(path, "map", "owner")
close_opened()
victim, tool = Tool(path), Tool(path, "ro")
fd = os.open(tool.fd_path(), os.O_RDONLY)
victim.ask("reserve", 100)
victim.end(signal.SIGKILL)
lock_slots(fd)
with open(path, "ab", 0) as file:
    file.write(line(2))
tool.end()
wait_for("the ring to be nobody's", nobody_has_it)
lock_slots(fd)
with open(path, "ab", 0) as file:
    file.write(line(3))
eq("the ring behind a reader's locks", line(1) + line(2) + line(3), read_path(path))

# A lease makes an open wait for most of a minute.
signal.signal(signal.SIGIO, signal.SIG_IGN)
wait_for("the ring to be nobody's", nobody_has_it)
wait_for("a lease", lambda: errno_of(lambda: fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)) is None)
eq("an open against a lease", "EBUSY", Child(lambda: os.open(path, os.O_RDONLY)).result())
fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
os.close(fd)
eq("the ring without the lease", line(1) + line(2) + line(3), read_path(path))
PY
stop
