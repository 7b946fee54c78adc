# SPDX-License-Identifier: MIT
# fallocate, posix_fallocate, posix_fadvise, readahead, sync_file_range, syncfs and fsync on both kinds of ring change no byte.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import ctypes, os, sys
from ringlib import *
os.chdir(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
off = ctypes.c_int64

def call(function, *arguments):
    if getattr(libc, function)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), function)

os.mkdir("queues")
os.setxattr("queues", "user.ring.policy", b"bounded")
for path in ("log", "queues/queue"):
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK)
    write_all(fd, line(1))
    for mode in (0, 1, 3):
        with raises("fallocate of %s" % path, errno.EOPNOTSUPP):
            call("fallocate", fd, mode, off(0), off(4096))
    for advice in (os.POSIX_FADV_NORMAL, os.POSIX_FADV_SEQUENTIAL, os.POSIX_FADV_WILLNEED, os.POSIX_FADV_DONTNEED, os.POSIX_FADV_NOREUSE):
        os.posix_fadvise(fd, 0, 0, advice)
    call("readahead", fd, off(0), ctypes.c_size_t(100))
    call("sync_file_range", fd, off(0), off(0), 7)
    call("syncfs", fd)
    os.fsync(fd)
    os.fdatasync(fd)
    size = os.fstat(fd).st_size
    for length in (1, size + 1, 65536, 1 << 40):
        with raises("ftruncate of %s to %d" % (path, length), errno.EINVAL):
            os.ftruncate(fd, length)
    eq("the bytes of " + path, line(1), os.pread(fd, 1000, 0) if path == "log" else os.read(fd, 1000))
    write_all(fd, line(2))
    os.ftruncate(fd, 0)
    eq("ftruncate to 0 clears " + path, 0, os.fstat(fd).st_size)
write_all(os.open("log", os.O_WRONLY), line(3))
# What the C library does where there is no fallocate: it reads and writes a byte for each block.
with raises("posix_fallocate with O_APPEND", errno.EBADF, errno.EOPNOTSUPP):
    os.posix_fallocate(os.open("log", os.O_RDWR | os.O_APPEND), 0, 4096)
with raises("posix_fallocate of a queue", errno.ESPIPE, errno.EOPNOTSUPP):
    os.posix_fallocate(os.open("queues/queue", os.O_RDWR), 0, 4096)
for flags in (os.O_RDWR, os.O_WRONLY):
    with raises("posix_fallocate of a log", errno.EINVAL, errno.EOPNOTSUPP):
        os.posix_fallocate(os.open("log", flags), 0, 4096)
eq("the log", line(3), read_path("log"))
PY
stop
