# SPDX-License-Identifier: MIT
# chmod, chown and utimensat on every kind of file; set-id, sticky and setgid bits as on a plain file system.
. "$(dirname "$0")/lib.sh"
need_second_user
start size=64K,allow_other "$STORE"
py <<'PY'
import os, socket, stat, sys
from ringlib import *
os.chdir(sys.argv[1])
os.close(os.open("ring", os.O_WRONLY | os.O_CREAT, 0o644))
os.mkdir("dir")
os.mkfifo("fifo")
socket.socket(socket.AF_UNIX).bind("socket")
os.symlink("nowhere", "link")
for name in ("ring", "dir", "fifo", "socket"):
    for mode in (0, 0o777, 0o4755, 0o2755, 0o1777, 0o7777, 0o600, 0o755):
        os.chmod(name, mode)
        eq("the mode of " + name, mode, stat.S_IMODE(os.stat(name).st_mode))
    os.chown(name, 12, 34)
    eq("the owner of " + name, (12, 34), tuple(os.stat(name))[4:6])
    os.chown(name, -1, 56)
    eq("the owner of " + name, (12, 56), tuple(os.stat(name))[4:6])
for name in ("ring", "dir", "fifo", "socket", "link"):
    for ns in ((10 ** 9 + 1, 2 * 10 ** 9 + 3), (0, 0), (4 * 10 ** 18, 4 * 10 ** 18 + 999)):
        os.utime(name, ns=ns, follow_symlinks=False)
        seen = os.lstat(name)
        eq("the times of " + name, ns, (seen.st_atime_ns, seen.st_mtime_ns))
os.chown("link", 12, 34, follow_symlinks=False)
eq("the owner of a link", (12, 34), tuple(os.lstat("link"))[4:6])
libc_now = os.stat("ring").st_mtime_ns
os.utime("ring")
holds("utime to now", os.stat("ring").st_mtime_ns != libc_now)
mtime = os.stat("ring").st_mtime_ns
os.chmod("ring", 0o644)
eq("chmod does not change mtime", mtime, os.stat("ring").st_mtime_ns)
os.chown("ring", 0, 0)
os.mkdir("queues")
os.setxattr("queues", "user.ring.policy", b"bounded")
CHANGED = {"written": 0o777, "queues/written": 0o777, "cleared": 0o777, "truncated": 0o777, "group": 0o2767, "owned": 0o755}
for path in list(CHANGED) + ["queues/cleared"]:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT))
    os.chmod(path, 0o6777)
os.chmod("group", 0o6767)
os.chown("owned", 65534, 65534)
os.chmod("owned", 0o6755)
os.close(os.open("roots", os.O_WRONLY | os.O_CREAT))
os.chmod("roots", 0o6755)
os.mkdir("sticky")
os.chmod("sticky", 0o1777)
os.mkdir("setgid")
os.chmod("setgid", 0o2777)
os.chown("setgid", 0, 4242)
os.chmod("setgid", 0o2777)
os.close(os.open("sticky/roots", os.O_WRONLY | os.O_CREAT, 0o666))
os.chmod("sticky/roots", 0o666)
os.mkdir("sticky/dir")

def other(uid):
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
    os.umask(0)
    for what, attempt in (("unlink", lambda: os.unlink("sticky/roots")), ("rename", lambda: os.rename("sticky/roots", "sticky/x")),
                          ("rmdir", lambda: os.rmdir("sticky/dir"))):
        with raises(what + " of another's in a sticky directory", errno.EPERM):
            attempt()
    fd = os.open("sticky/mine", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    with raises("rename over another's in a sticky directory", errno.EPERM):
        os.rename("sticky/mine", "sticky/roots")
    os.rename("sticky/mine", "sticky/still")
    os.unlink("sticky/still")
    fd = os.open("setgid/ring", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o660)
    eq("owner and group in a setgid directory", (uid, 4242), (os.fstat(fd).st_uid, os.fstat(fd).st_gid))
    os.mkdir("setgid/dir", 0o755)
    eq("a directory in a setgid directory", (0o042755, 4242), (os.stat("setgid/dir").st_mode, os.stat("setgid/dir").st_gid))
    for make in (lambda path: os.mkfifo(path), lambda path: os.symlink("x", path), lambda path: os.mknod(path)):
        make("setgid/x")
        eq("the group", (uid, 4242), tuple(os.lstat("setgid/x"))[4:6])
        os.unlink("setgid/x")
    for path in ("written", "queues/written", "group", "owned"):
        write_all(os.open(path, os.O_WRONLY), line(1))
    for path in ("cleared", "queues/cleared"):
        os.open(path, os.O_WRONLY | os.O_TRUNC)
    os.truncate("truncated", 0)

pid = os.fork()
if pid == 0:
    try:
        other(65534)
    except BaseException as error:
        print(repr(error), file=sys.stderr)
        os._exit(1)
    os._exit(0)
eq("the second user's status", 0, os.waitpid(pid, 0)[1])
for path, mode in CHANGED.items():
    eq("set-id bits of %s, which somebody else has changed" % path, oct(mode), oct(stat.S_IMODE(os.stat(path).st_mode)))
eq("O_TRUNC changes nothing in a queue", 0o6777, stat.S_IMODE(os.stat("queues/cleared").st_mode))
write_all(os.open("roots", os.O_WRONLY | os.O_TRUNC), line(1))
eq("root keeps them", 0o6755, stat.S_IMODE(os.stat("roots").st_mode))
PY
stop
