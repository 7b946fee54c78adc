# SPDX-License-Identifier: MIT
# allow_other: a second user owns what he creates, and the kernel holds him to modes, owners and groups.
. "$(dirname "$0")/lib.sh"
need_second_user
start size=64K,allow_other "$STORE"
mkdir -m 1777 "$MNT/tmp"
mkdir -m 2775 "$MNT/team"
chgrp 4242 "$MNT/team"
py <<'PY'
import os, sys
from ringlib import *
mount = sys.argv[1]
for name, mode, gid in (("public", 0o644, 0), ("private", 0o600, 0), ("group", 0o640, 4242), ("drop", 0o622, 0)):
    fd = os.open(mount + "/" + name, os.O_WRONLY | os.O_CREAT, 0o600)
    os.fchmod(fd, mode)
    os.fchown(fd, 0, gid)
    for n in range(5000):
        write_all(fd, line(n))
    os.close(fd)
model = Model(65536)
for n in range(5000):
    model.write(line(n))

def other():
    os.setgroups([4242])
    os.setgid(65534)
    os.setuid(65534)
    os.umask(0o027)
    eq("a public ring", model.live(), read_path(mount + "/public"))
    eq("a ring of a group of his", model.live(), read_path(mount + "/group"))
    for name, flags in (("public", os.O_WRONLY), ("public", os.O_RDWR), ("private", os.O_RDONLY), ("private", os.O_WRONLY),
                        ("group", os.O_WRONLY), ("drop", os.O_RDONLY), ("public", os.O_WRONLY | os.O_TRUNC)):
        with raises("open %s with %#o" % (name, flags), errno.EACCES):
            os.open(mount + "/" + name, flags)
    fd = os.open(mount + "/drop", os.O_WRONLY)
    write_all(fd, line(5000))
    with raises("creation in the root directory", errno.EACCES):
        os.open(mount + "/mine", os.O_WRONLY | os.O_CREAT)
    with raises("unlink in the root directory", errno.EACCES):
        os.unlink(mount + "/public")
    with raises("truncate", errno.EACCES):
        os.truncate(mount + "/public", 0)
    for attempt in (lambda: os.chmod(mount + "/public", 0o666), lambda: os.chown(mount + "/public", 65534, -1),
                    lambda: os.utime(mount + "/public", (1, 1))):
        with raises("chmod, chown or utime of another's ring", errno.EPERM):
            attempt()
    path = mount + "/tmp/mine"
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
    seen = os.fstat(fd)
    eq("owner, group and mode of his ring", (65534, 65534, 0o100640), (seen.st_uid, seen.st_gid, seen.st_mode))
    os.mkdir(mount + "/tmp/dir")
    os.symlink("mine", mount + "/tmp/link")
    os.mkfifo(mount + "/tmp/fifo")
    for name in ("dir", "link", "fifo"):
        eq("the owner of " + name, (65534, 65534), tuple(os.lstat(mount + "/tmp/" + name))[4:6])
    write_all(fd, line(1))
    eq("his own ring", line(1), read_path(path))
    os.chmod(path, 0o600)
    with raises("giving his ring away", errno.EPERM):
        os.chown(path, 0, -1)
    os.chown(path, -1, 4242)
    fd = os.open(mount + "/team/shared", os.O_WRONLY | os.O_CREAT, 0o664)
    eq("a ring in a setgid directory", (65534, 4242), (os.fstat(fd).st_uid, os.fstat(fd).st_gid))
    os.mkdir(mount + "/team/below")
    eq("setgid is handed down", 0o042750, os.stat(mount + "/team/below").st_mode)

pid = os.fork()
if pid == 0:
    try:
        other()
    except BaseException as error:
        print(error, file=sys.stderr)
        os._exit(1)
    os._exit(0)
eq("the second user's status", 0, os.waitpid(pid, 0)[1])
eq("a private ring of his, to root", line(1), read_path(mount + "/tmp/mine"))
eq("a line he dropped", line(5000), read_path(mount + "/drop")[-len(line(5000)):])
eq("the groups", 4242, os.stat(mount + "/tmp/mine").st_gid)
PY
stop
