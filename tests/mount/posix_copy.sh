# SPDX-License-Identifier: MIT
# sendfile, splice, tee and copy_file_range out of a ring, into it and within it: the bytes, or an error that programs fall back from.
. "$(dirname "$0")/lib.sh"
start size=64K
py "$T" <<'PY'
import os, sys
from ringlib import *
mount, scratch = sys.argv[1:3]
os.chdir(mount)
os.mkdir("queues")
os.setxattr("queues", "user.ring.policy", b"bounded")
text = b"".join(line(n) for n in range(20))
with open(scratch + "/source", "wb") as file:
    file.write(text)

def taken(fd, log):
    """The newest bytes of a log, all that is in a queue."""
    return os.pread(fd, 1 << 16, 0)[-len(text):] if log else os.read(fd, 1 << 16)

for path in ("log", "queues/queue"):
    log = path == "log"
    def source():
        return os.open(scratch + "/source", os.O_RDONLY)
    def sink():
        return os.open(scratch + "/sink", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK)
    # into
    eq("sendfile into " + path, len(text), os.sendfile(fd, source(), 0, 1 << 20))
    eq("its bytes", text, taken(fd, log))
    pipe = os.pipe()
    os.write(pipe[1], text)
    eq("splice into " + path, len(text), os.splice(pipe[0], fd, 1 << 20))
    eq("its bytes", text, taken(fd, log))
    with raises("copy_file_range into %s from another file system" % path, errno.EXDEV):
        os.copy_file_range(source(), os.open(path, os.O_WRONLY), 100)
    # out of
    write_all(fd, text)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with raises("copy_file_range out of " + path, errno.EXDEV):
        os.copy_file_range(reader, sink(), 100)
    if log:
        out = sink()
        size = os.fstat(reader).st_size
        eq("sendfile out of a log", size, os.sendfile(out, reader, 0, 1 << 20))
        eq("its bytes", text * 3, os.pread(out, 1 << 20, 0))
        eq("splice out of a log", 100, os.splice(reader, pipe[1], 100))
        eq("its bytes", text[:100], os.read(pipe[0], 1000))
        other = os.open("other", os.O_RDWR | os.O_CREAT)
        done = 0
        start = os.open(path, os.O_RDONLY)
        while done < size:
            done += os.copy_file_range(start, other, size - done)
        eq("copy_file_range within the mount", text * 3, read_path("other"))
    else:
        with raises("sendfile out of a queue", errno.EINVAL):
            os.sendfile(sink(), reader, None, 100)
        with raises("splice out of a queue", errno.EINVAL):
            os.splice(reader, pipe[1], 100)
        with raises("copy_file_range out of a queue within the mount", errno.EINVAL):
            os.copy_file_range(reader, os.open("other", os.O_WRONLY), 100)
        eq("nothing was consumed", text, os.read(reader, 1 << 16))
    with raises("tee, which is for pipes", errno.EINVAL):
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.tee(fd, pipe[1], 100, 0) < 0:
            raise OSError(ctypes.get_errno(), "tee")
PY
stop
