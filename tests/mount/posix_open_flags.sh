# SPDX-License-Identifier: MIT
# Each flag of open(2) on both kinds of ring does what it does on a plain file, but for O_TMPFILE and O_DIRECT's alignment.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, sys
from ringlib import *
os.chdir(sys.argv[1])
os.mkdir("queues")
os.setxattr("queues", "user.ring.policy", b"bounded")
for path in ("log", "queues/queue"):
    N = os.O_NONBLOCK # so that no queue waits
    def opened(flags, what=path, mode=0o644):
        return os.open(what, flags | N, mode)
    with raises("no O_CREAT", errno.ENOENT):
        opened(os.O_WRONLY)
    keep = opened(os.O_RDWR | os.O_CREAT | os.O_EXCL, mode=0o640)
    eq("O_CREAT makes it with its mode", 0o100640, os.fstat(keep).st_mode)
    with raises("O_EXCL", errno.EEXIST):
        opened(os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    os.close(opened(os.O_WRONLY | os.O_CREAT))
    eq("O_CREAT of what is there leaves its mode", 0o100640, os.fstat(keep).st_mode)
    reader, writer = opened(os.O_RDONLY), opened(os.O_WRONLY)
    for fd, what, attempt in ((reader, "write to O_RDONLY", lambda: os.write(reader, b"x")),
                              (writer, "read from O_WRONLY", lambda: os.read(writer, 1)),
                              (reader, "ftruncate of O_RDONLY", lambda: os.ftruncate(reader, 0))):
        with raises(what, errno.EBADF, *((errno.EINVAL,) if "ftruncate" in what else ())):
            attempt()
    for flag in (os.O_APPEND, os.O_NOATIME, os.O_NOCTTY, os.O_CLOEXEC, os.O_NOFOLLOW, os.O_DIRECT, os.O_LARGEFILE if hasattr(os, "O_LARGEFILE") else 0):
        fd = opened(os.O_RDWR | flag)
        write_all(fd, b"abc") # O_DIRECT asks for no alignment
        eq("what it wrote", b"abc", (os.pread(fd, 1000, 0) if path == "log" else os.read(fd, 1000))[-3:])
        os.close(fd)
    eq("a plain close on exec", True, os.get_inheritable(reader) is False)
    for flag in (os.O_SYNC, os.O_DSYNC):
        fd = opened(os.O_WRONLY | flag)
        write_all(fd, b"synced")
        os.close(fd)
    fd = os.open(path, os.O_PATH)
    for what, attempt in (("read", lambda: os.read(fd, 1)), ("write", lambda: os.write(fd, b"x"))):
        with raises("%s of O_PATH" % what, errno.EBADF):
            attempt()
    eq("stat of O_PATH", os.stat(path).st_ino, os.fstat(fd).st_ino)
    with raises("O_DIRECTORY", errno.ENOTDIR):
        opened(os.O_RDONLY | os.O_DIRECTORY)
    os.symlink(os.path.basename(path), path + ".link")
    with raises("O_NOFOLLOW", errno.ELOOP):
        opened(os.O_RDONLY | os.O_NOFOLLOW, path + ".link")
    os.close(opened(os.O_RDONLY, path + ".link"))
    fd = opened(os.O_RDWR | os.O_TRUNC)
    eq("O_TRUNC clears a log and leaves a queue", path != "log", os.stat(path).st_size > 0)
    fd = opened(3) # access mode 3: for ioctl(2) only
    for what, attempt in (("read", lambda: os.read(fd, 1)), ("write", lambda: os.write(fd, b"x"))):
        with raises("%s with access mode 3" % what, errno.EBADF):
            attempt()
with raises("O_TMPFILE", errno.EOPNOTSUPP):
    os.open(".", os.O_TMPFILE | os.O_RDWR)
PY
stop
