# SPDX-License-Identifier: MIT
# Defaults of directories: for each attribute the nearest directory that sets it counts, then the mount.
. "$(dirname "$0")/lib.sh"
start size=64K,full=error
py <<'PY'
import os, sys
from ringlib import *
os.chdir(sys.argv[1])
ATTRS = ("capacity", "policy", "align", "full", "eof", "lost")

def put(path, **values):
    for name, value in values.items():
        os.setxattr(path, "user.ring." + name, value.encode())

def new(path):
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
    return tuple(os.getxattr(path, "user.ring." + name).decode() for name in ATTRS)

os.makedirs("a/b/c/d")
eq("the mount's", ("65536", "overwrite", "line", "error", "end", "skip"), new("a/b/c/d/1"))
put(".", capacity="128K", lost="error")
put("a", capacity="192K", policy="bounded", eof="wait")
put("a/b", align="byte")
put("a/b/c", capacity="256K", policy="overwrite", full="block")
eq("in the root", ("131072", "overwrite", "line", "error", "end", "error"), new("2"))
eq("in a", ("196608", "bounded", "line", "error", "wait", "error"), new("a/2"))
eq("in a/b", ("196608", "bounded", "byte", "error", "wait", "error"), new("a/b/2"))
eq("in a/b/c", ("262144", "overwrite", "byte", "block", "wait", "error"), new("a/b/c/2"))
eq("in a/b/c/d, which sets nothing", ("262144", "overwrite", "byte", "block", "wait", "error"), new("a/b/c/d/2"))
os.mknod("a/b/c/d/3", 0o100644)
eq("by mknod too", b"262144", os.getxattr("a/b/c/d/3", "user.ring.capacity"))
eq("an older ring keeps what it is", b"65536", os.getxattr("a/b/c/d/1", "user.ring.capacity"))
os.removexattr("a/b/c", "user.ring.capacity")
eq("one attribute less", ("196608", "overwrite", "byte", "block", "wait", "error"), new("a/b/c/d/4"))
for name in ("policy", "full"):
    os.removexattr("a/b/c", "user.ring." + name)
eq("none left in a/b/c", [], os.listxattr("a/b/c"))
eq("as if it had never set any", ("196608", "bounded", "byte", "error", "wait", "error"), new("a/b/c/d/5"))
eq("a directory has what it sets and no more", ["user.ring.align"], os.listxattr("a/b"))
with raises("a default that is not set here", errno.ENODATA):
    os.getxattr("a/b", "user.ring.capacity")
fd = os.open("a/b/c/d", os.O_RDONLY)
os.setxattr(fd, "user.ring.capacity", b"1M")
eq("set through an open directory", "1048576", new("a/b/c/d/6")[0])
eq("what it was rounded to", b"1048576", os.getxattr("a/b/c/d", "user.ring.capacity"))
os.symlink("a/b/c", "link")
eq("through a symbolic link", "196608", new("link/7")[0])
PY
stop
