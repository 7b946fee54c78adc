# SPDX-License-Identifier: MIT
# An unknown attribute is ENOTSUP, a bad value EINVAL, one out of range ERANGE, a read-only one EPERM; nothing changes.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, sys
from ringlib import *
os.chdir(sys.argv[1])
ATTRS = ("capacity", "policy", "align", "full", "eof", "lost")
FACTS = ("head", "tail", "overwritten", "lost_bytes", "readers", "writers")
fd = os.open("ring", os.O_WRONLY | os.O_CREAT, 0o644)
for n in range(5000):
    write_all(fd, line(n))
os.mkdir("dir")
os.setxattr("dir", "user.ring.capacity", b"128K")
os.setxattr("dir", "user.ring.lost", b"mark")

def everything():
    found = [read_path("ring"), os.stat("ring").st_size, os.stat("ring").st_blocks, sorted(os.listdir("."))]
    for path in ("ring", "dir"):
        found += [(name, os.getxattr(path, name)) for name in os.listxattr(path)]
    return found

before = everything()
BAD = {
    "capacity": (b"", b"0", b"0K", b"-1", b"+1", b"4X", b"4MB", b"4.5M", b"0x10", b" 4M", b"4M ", b"4M\n", b"K", b"M4", b"1e6",
                 b"128K\0", b"128\0K", b"lots", b"1" * 200, b"1" * 60000, b"\xff"),
    "policy": (b"", b"Bounded", b"bounded ", b"over", b"queue", b"bounded\0", b"1", b"overwritebounded", b"x" * 65536),
    "align": (b"", b"lines", b"word", b"LINE"),
    "full": (b"", b"wait", b"blocks"),
    "eof": (b"", b"block", b"END"),
    "lost": (b"", b"skipp", b"epipe", b"0"),
}
for path in ("ring", "dir"):
    for name, values in BAD.items():
        for value in values:
            with raises("%s of %s as %s" % (name, path, show(value)), errno.EINVAL):
                os.setxattr(path, "user.ring." + name, value)
    for value in (b"18446744073709551616", b"18446744073709551615", b"17179869184G", b"16385G", b"9" * 30, b"16384G"):
        with raises("capacity of %s as %s" % (path, value), errno.ERANGE):
            os.setxattr(path, "user.ring.capacity", value)
    for name in ("user.ring.size", "user.ring.", "user.ring", "user.ring.Capacity", "user.ring.capacityy", "user.ring.cap",
                 "user.ring.capacity.x", "user.other", "user.rings.capacity", "trusted.ring", "security.x"):
        for what, attempt in (("set", lambda: os.setxattr(path, name, b"1M")), ("get", lambda: os.getxattr(path, name)),
                              ("remove", lambda: os.removexattr(path, name))):
            # The kernel itself keeps some from all but root, and says ENODATA or EPERM.
            kernels = (errno.EPERM, errno.ENODATA) if os.geteuid() != 0 and not name.startswith("user.") else ()
            with raises("%s %s of %s" % (what, name, path), errno.ENOTSUP, *kernels):
                attempt()
for name in FACTS:
    with raises("set %s" % name, errno.EPERM):
        os.setxattr("ring", "user.ring." + name, b"1")
    with raises("remove %s" % name, errno.EPERM):
        os.removexattr("ring", "user.ring." + name)
    for attempt in (lambda: os.setxattr("dir", "user.ring." + name, b"1"), lambda: os.getxattr("dir", "user.ring." + name)):
        with raises("%s of a directory" % name, errno.ENOTSUP):
            attempt()
for name in ("capacity", "policy"):
    with raises("remove %s, which every ring has" % name, errno.EPERM):
        os.removexattr("ring", "user.ring." + name)
with raises("remove a default that is not set", errno.ENODATA):
    os.removexattr("dir", "user.ring.eof")
eq("nothing has changed", before, everything())
os.symlink("ring", "link")
os.mkfifo("fifo")
for path in ("link", "fifo"):
    with raises("an attribute of a " + path, errno.EPERM, errno.ENOTSUP):
        os.setxattr(path, "user.ring.capacity", b"1M", follow_symlinks=False)
    with raises("an attribute of a " + path, errno.ENODATA, errno.ENOTSUP):
        os.getxattr(path, "user.ring.capacity", follow_symlinks=False)
for path in (".ringfs", ".ringfs/metrics", ".ringfs/version"):
    with raises("an attribute of " + path, errno.EPERM, *(() if os.geteuid() == 0 else (errno.EACCES,))):
        os.setxattr(path, "user.ring.capacity", b"1M")
    eq("the attributes of " + path, [], os.listxattr(path))
PY
stop
