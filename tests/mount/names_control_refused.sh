# SPDX-License-Identifier: MIT
# Everything that would change .ringfs at the root, or what is in it, is EPERM, by root too, and changes nothing.
. "$(dirname "$0")/lib.sh"
need_root "nobody else gets past the modes"
start size=64K
py <<'PY'
import ctypes, os, sys
from ringlib import *
os.chdir(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)

def rename2(old, new, flags):
    if libc.renameat2(-100, old.encode(), -100, new.encode(), flags) != 0:
        raise OSError(ctypes.get_errno(), "renameat2")

os.mknod("ring")
os.mkdir("dir")
before = [tuple(os.stat(path))[:6] for path in (".ringfs", ".ringfs/metrics", ".ringfs/version")]
for what, attempt in (
        ("rmdir", lambda: os.rmdir(".ringfs")),
        ("unlink of a file", lambda: os.unlink(".ringfs/version")),
        ("rename away", lambda: os.rename(".ringfs", "x")),
        ("rename of a file out", lambda: os.rename(".ringfs/version", "x")),
        ("rename of a directory over it", lambda: os.rename("dir", ".ringfs")),
        ("rename in", lambda: os.rename("ring", ".ringfs/ring")),
        ("rename over a file", lambda: os.rename("ring", ".ringfs/version")),
        ("EXCHANGE with it", lambda: rename2("dir", ".ringfs", 2)),
        ("EXCHANGE with a file", lambda: rename2("ring", ".ringfs/version", 2)),
        ("create in it", lambda: os.open(".ringfs/x", os.O_WRONLY | os.O_CREAT)),
        ("mkdir in it", lambda: os.mkdir(".ringfs/x")),
        ("mkfifo in it", lambda: os.mkfifo(".ringfs/x")),
        ("mknod in it", lambda: os.mknod(".ringfs/x")),
        ("symlink in it", lambda: os.symlink("x", ".ringfs/x")),
        ("link into it", lambda: os.link("ring", ".ringfs/x")),
        ("link of a file out", lambda: os.link(".ringfs/version", "x")),
        ("open for writing", lambda: os.open(".ringfs/version", os.O_WRONLY)),
        ("open for both", lambda: os.open(".ringfs/version", os.O_RDWR)),
        ("open with O_TRUNC", lambda: os.open(".ringfs/version", os.O_RDONLY | os.O_TRUNC)),
        ("truncate", lambda: os.truncate(".ringfs/version", 0)),
        ("chmod", lambda: os.chmod(".ringfs", 0o777)),
        ("chmod of a file", lambda: os.chmod(".ringfs/version", 0o666)),
        ("chown", lambda: os.chown(".ringfs", 12, 34)),
        ("utime", lambda: os.utime(".ringfs/version", (1, 1))),
        ("setxattr", lambda: os.setxattr(".ringfs", "user.ring.capacity", b"1M")),
        ("setxattr of a file", lambda: os.setxattr(".ringfs/version", "user.ring.capacity", b"1M")),
        ("removexattr", lambda: os.removexattr(".ringfs", "user.ring.capacity"))):
    with raises(what, errno.EPERM):
        attempt()
for what, attempt in (("mkdir", lambda: os.mkdir(".ringfs")), ("mknod", lambda: os.mknod(".ringfs")),
                      ("link", lambda: os.link("ring", ".ringfs")), ("symlink", lambda: os.symlink("x", ".ringfs"))):
    with raises(what + " of what is there already", errno.EEXIST):
        attempt()
with raises("open of it for writing", errno.EISDIR):
    os.open(".ringfs", os.O_WRONLY)
with raises("rename of a ring over it", errno.EISDIR, errno.EPERM):
    os.rename("ring", ".ringfs")
eq("what it is", before, [tuple(os.stat(path))[:6] for path in (".ringfs", ".ringfs/metrics", ".ringfs/version")])
eq("names", (["dir", "ring"], ["metrics", "version"]), (sorted(os.listdir(".")), sorted(os.listdir(".ringfs"))))
PY
stop
