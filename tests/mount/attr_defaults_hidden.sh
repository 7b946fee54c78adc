# SPDX-License-Identifier: MIT
# What keeps a directory's defaults is no file of the mount: .ringfs cannot be seen, made, opened, renamed or removed anywhere.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import ctypes, os, socket, sys
from ringlib import *
os.chdir(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)

def rename2(old, new, flags):
    if libc.renameat2(-100, old.encode(), -100, new.encode(), flags) != 0:
        raise OSError(ctypes.get_errno(), "renameat2")

os.makedirs("a/b")
os.mkdir("plain")
os.setxattr("a", "user.ring.capacity", b"128K")
os.setxattr("a/b", "user.ring.eof", b"wait")
os.close(os.open("file", os.O_WRONLY | os.O_CREAT, 0o644))
os.mkdir("dir")
eq("names", ["a", "dir", "file", "plain"], sorted(os.listdir(".")))
eq("names in a", ["b"], os.listdir("a"))
eq("names in b", [], os.listdir("a/b"))

for where in ("a/.ringfs", "a/b/.ringfs", "plain/.ringfs"):
    for what, attempt in (("stat", lambda: os.stat(where)), ("read", lambda: os.open(where, os.O_RDONLY)),
                          ("write", lambda: os.open(where, os.O_WRONLY)), ("truncate", lambda: os.truncate(where, 0)),
                          ("chmod", lambda: os.chmod(where, 0o777)), ("getxattr", lambda: os.getxattr(where, "user.ring.eof"))):
        with raises("%s of %s" % (what, where), errno.ENOENT):
            attempt()
    def bind():
        with socket.socket(socket.AF_UNIX) as s:
            try:
                s.bind(where)
            except OSError as error: # bind(2) says EADDRINUSE for EEXIST only
                raise error
    for what, attempt in (("create", lambda: os.open(where, os.O_WRONLY | os.O_CREAT)), ("mkdir", lambda: os.mkdir(where)),
                          ("mknod", lambda: os.mknod(where)), ("mkfifo", lambda: os.mkfifo(where)), ("bind", bind),
                          ("symlink", lambda: os.symlink("x", where)), ("link", lambda: os.link("file", where)),
                          ("rename to it", lambda: os.rename("file", where)),
                          ("rename a directory to it", lambda: os.rename("dir", where)),
                          ("NOREPLACE", lambda: rename2("file", where, 1))):
        with raises("%s: %s" % (what, where), errno.EPERM):
            attempt()
    for what, attempt in (("unlink", lambda: os.unlink(where)), ("rmdir", lambda: os.rmdir(where)),
                          ("rename away", lambda: os.rename(where, "x")), ("EXCHANGE", lambda: rename2(where, "file", 2)),
                          ("link to it", lambda: os.link(where, "x"))):
        with raises("%s: %s" % (what, where), errno.ENOENT, errno.EPERM):
            attempt()
eq("names at the end", ["a", "dir", "file", "plain"], sorted(os.listdir(".")))
eq("a's defaults", b"131072", os.getxattr("a", "user.ring.capacity"))
eq("b's defaults", b"wait", os.getxattr("a/b", "user.ring.eof"))
eq("no defaults of plain", [], os.listxattr("plain"))
PY
stop
