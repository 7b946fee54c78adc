# SPDX-License-Identifier: MIT
# Attributes are set by who may write the ring or directory and read by who may read it; another user may not.
. "$(dirname "$0")/lib.sh"
need_second_user
start size=64K,allow_other "$STORE"
py <<'PY'
import os, sys
from ringlib import *
mount = sys.argv[1]
for name, mode in (("public", 0o644), ("shared", 0o666), ("private", 0o600), ("drop", 0o622)):
    fd = os.open(mount + "/" + name, os.O_WRONLY | os.O_CREAT)
    os.fchmod(fd, mode)
    write_all(fd, line(1))
    os.close(fd)
for name, mode in (("dir", 0o755), ("open", 0o777), ("tmp", 0o1777)):
    os.mkdir(mount + "/" + name)
    os.chmod(mount + "/" + name, mode)
    os.setxattr(mount + "/" + name, "user.ring.capacity", b"128K")

def other():
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    os.umask(0)
    for name in ("public", "private", "dir"):
        for attr, value in (("capacity", b"1M"), ("lost", b"mark"), ("policy", b"bounded")):
            with raises("set %s of %s" % (attr, name), errno.EACCES):
                os.setxattr(mount + "/" + name, "user.ring." + attr, value)
        with raises("remove from " + name, errno.EACCES):
            os.removexattr(mount + "/" + name, "user.ring.capacity")
    with raises("defaults of a sticky directory of another", errno.EPERM):
        os.setxattr(mount + "/tmp", "user.ring.capacity", b"1M")
    with raises("defaults of the root", errno.EACCES):
        os.setxattr(mount, "user.ring.capacity", b"1M")
    for name in ("private", "drop"):
        with raises("get from " + name, errno.EACCES):
            os.getxattr(mount + "/" + name, "user.ring.capacity")
    eq("get from public", b"65536", os.getxattr(mount + "/public", "user.ring.capacity"))
    os.setxattr(mount + "/shared", "user.ring.capacity", b"128K")
    os.setxattr(mount + "/drop", "user.ring.lost", b"mark")
    eq("get from shared", b"131072", os.getxattr(mount + "/shared", "user.ring.capacity"))
    os.setxattr(mount + "/open", "user.ring.capacity", b"192K")
    fd = os.open(mount + "/open/mine", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    eq("a ring of his by the defaults he set", (65534, 0o100400), (os.fstat(fd).st_uid, os.fstat(fd).st_mode))
    eq("its capacity", b"196608", os.getxattr(mount + "/open/mine", "user.ring.capacity"))
    with raises("set on a ring of his that he may not write", errno.EACCES):
        os.setxattr(mount + "/open/mine", "user.ring.capacity", b"1M")

pid = os.fork()
if pid == 0:
    try:
        other()
    except BaseException as error:
        print(error, file=sys.stderr)
        os._exit(1)
    os._exit(0)
eq("the second user's status", 0, os.waitpid(pid, 0)[1])
eq("what he could not change", [b"65536"] * 2 + [b"131072"] * 2,
   [os.getxattr(mount + "/" + name, "user.ring.capacity") for name in ("public", "private", "dir", "tmp")])
eq("the root's defaults", [], os.listxattr(mount))
eq("the mode of what he has set on", (0o100666, 0), (os.stat(mount + "/shared").st_mode, os.stat(mount + "/shared").st_uid))
eq("the bytes", line(1), read_path(mount + "/shared"))
PY
stop
start ro,allow_other "$STORE"
py <<'PY'
import os, sys
from ringlib import *
for path in (sys.argv[1] + "/public", sys.argv[1] + "/dir"):
    with raises("set on a read-only mount", errno.EROFS):
        os.setxattr(path, "user.ring.capacity", b"1M")
    with raises("remove on a read-only mount", errno.EROFS):
        os.removexattr(path, "user.ring.capacity")
eq("get on a read-only mount", b"131072", os.getxattr(sys.argv[1] + "/dir", "user.ring.capacity"))
PY
stop
