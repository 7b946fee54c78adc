# SPDX-License-Identifier: MIT
# A resize for which the store has no room is ENOSPC and leaves the ring as it was, writable and with all its bytes; one larger
# than the store can ever hold is ERANGE.
. "$(dirname "$0")/lib.sh"
scratch_tmpfs "$STORE" 3M
start size=1M,align=byte "$STORE"
py <<'PY'
import os, sys
from ringlib import *
mount = sys.argv[1]
path = mount + "/app.log"
block = b"".join(line64(n) for n in range(1024))
fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
for _ in range(20):
    write_all(fd, block)
full = (block * 20)[-1048576:]
hog = os.open(mount + "/hog", os.O_WRONLY | os.O_CREAT)
os.setxattr(mount + "/hog", "user.ring.capacity", b"1536K")
for _ in range(24):
    write_all(hog, block)
free = lambda: os.statvfs(mount).f_bavail * os.statvfs(mount).f_frsize
before = (free(), os.stat(path).st_blocks)
for size in (b"960K", b"1088K", b"2M"): # each has to keep a copy of more than is free
    with raises("a resize to %s with %d bytes free" % (size, free()), errno.ENOSPC):
        os.setxattr(path, "user.ring.capacity", size)
    eq("the capacity", b"1048576", os.getxattr(path, "user.ring.capacity"))
    eq("the bytes", full, read_path(path))
    eq("what is free and held", before, (free(), os.stat(path).st_blocks))
with raises("larger than the store", errno.ERANGE):
    os.setxattr(path, "user.ring.capacity", b"4M")
with raises("a default larger than the store", errno.ERANGE):
    os.setxattr(mount, "user.ring.capacity", b"4M")
write_all(fd, block)
full = (full + block)[-1048576:]
eq("the ring goes on", full, read_path(path))
os.setxattr(path, "user.ring.capacity", b"128K") # a smaller copy has room
eq("a shrink that has room", full[-131072:], read_path(path))
os.close(hog)
os.unlink(mount + "/hog")
def room():
    try:
        os.setxattr(path, "user.ring.capacity", b"1536K")
        return True
    except OSError as error:
        eq("the error", "ENOSPC", errno.errorcode[error.errno])
        return False
wait_for("room after an unlink", room)
eq("the bytes in the end", full[-131072:], read_path(path))
PY
stop
