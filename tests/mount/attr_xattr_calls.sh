# SPDX-License-Identifier: MIT
# getxattr, setxattr, listxattr and removexattr do what their manual pages say: size probes, small buffers, flags.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import ctypes, os, sys
from ringlib import *
os.chdir(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)

def call(function, *arguments):
    r = getattr(libc, function)(*arguments)
    if r < 0:
        raise OSError(ctypes.get_errno(), function)
    return r

fd = os.open("ring", os.O_RDWR | os.O_CREAT, 0o644)
view = os.open("ring", os.O_RDONLY)
os.mkdir("dir")
os.setxattr("dir", "user.ring.capacity", b"64K")
NAME = b"user.ring.capacity"
SETTABLE = ["user.ring." + name for name in ("capacity", "policy", "align", "full", "eof", "lost", "map")]
buf = ctypes.create_string_buffer(b"#" * 300, 300)
for path in (b"ring", b"dir"):
    eq("the size of a value", 5, call("getxattr", path, NAME, None, 0))
    for size in (1, 4):
        with raises("a buffer of %d" % size, errno.ERANGE):
            call("getxattr", path, NAME, buf, size)
    eq("nothing was put into it", b"#" * 300, buf.raw)
    eq("a buffer that just fits", 5, call("getxattr", path, NAME, buf, 5))
    eq("its bytes, and none behind", b"65536#", buf.raw[:6])
    eq("a large buffer", 5, call("getxattr", path, NAME, buf, 300))
    buf.raw = b"#" * 300
size = call("listxattr", b"ring", None, 0)
eq("the size of the list", sum(len(name) + 1 for name in SETTABLE), size)
with raises("a list that does not fit", errno.ERANGE):
    call("listxattr", b"ring", buf, size - 1)
eq("a list that just fits", size, call("listxattr", b"ring", buf, size))
eq("the list", "\0".join(SETTABLE) + "\0", buf.raw[:size].decode())
eq("the list of an open ring", SETTABLE, os.listxattr(fd))
eq("the list of a reader", SETTABLE, os.listxattr(view))
eq("the list of a directory", SETTABLE[:1], os.listxattr("dir"))
with raises("a list of a directory that does not fit", errno.ERANGE):
    call("listxattr", b"dir", buf, 3)
for name in SETTABLE:
    value = os.getxattr("ring", name)
    os.setxattr("ring", name, value)
    os.setxattr("ring", name, value, os.XATTR_REPLACE)
    with raises("XATTR_CREATE of %s, which is there" % name, errno.EEXIST):
        os.setxattr("ring", name, value, os.XATTR_CREATE)
    eq("by path, writer and reader", [value] * 3, [os.getxattr(where, name) for where in ("ring", fd, view)])
os.setxattr("dir", "user.ring.eof", b"wait", os.XATTR_CREATE)
with raises("XATTR_CREATE once more", errno.EEXIST):
    os.setxattr("dir", "user.ring.eof", b"end", os.XATTR_CREATE)
with raises("XATTR_REPLACE of what is not there", errno.ENODATA):
    os.setxattr("dir", "user.ring.lost", b"mark", os.XATTR_REPLACE)
os.setxattr("dir", "user.ring.capacity", b"128K", os.XATTR_REPLACE)
eq("the directory's", {"user.ring.capacity": b"131072", "user.ring.eof": b"wait"},
   {name: os.getxattr("dir", name) for name in os.listxattr("dir")})
os.removexattr("dir", "user.ring.eof")
eq("one is removed", ["user.ring.capacity"], os.listxattr("dir"))
with raises("get what was removed", errno.ENODATA):
    os.getxattr("dir", "user.ring.eof")
for n in range(4000):
    write_all(fd, line(n))
head = sum(len(line(n)) for n in range(4000))
facts = {"head": head, "tail": head - 65536, "overwritten": head - 65536, "readers": 2, "writers": 1}
for name, value in facts.items():
    eq("user.ring." + name, str(value).encode(), os.getxattr("ring", "user.ring." + name))
os.setxattr(view, "user.ring.capacity", b"128K")
eq("set through a reader", b"131072", os.getxattr("ring", "user.ring.capacity"))
os.unlink("ring")
os.setxattr(fd, "user.ring.capacity", b"64K")
eq("set on a ring without a name", b"65536", os.getxattr(view, "user.ring.capacity"))
PY
stop
