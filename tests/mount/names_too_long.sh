# SPDX-License-Identifier: MIT
# Names of 255 bytes work everywhere, longer ones are ENAMETOOLONG everywhere, and so are paths of 4096 bytes.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, socket, sys
from ringlib import *
os.chdir(sys.argv[1])
makers = (("create", lambda name: os.close(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL))), ("mkdir", os.mkdir),
          ("mkfifo", os.mkfifo), ("mknod", os.mknod), ("symlink", lambda name: os.symlink("x", name)),
          ("link", lambda name: os.link("ring", name)), ("rename", lambda name: os.rename("old", name)))
os.mknod("ring")
for length, works in ((255, True), (256, False), (1000, False)):
    for what, make in makers:
        os.mknod("old")
        for name in ("n" * length, "\u00e4" * (length // 2) + "x" * (length % 2)):
            if works:
                make(name)
                eq("%s of %d bytes is listed" % (what, length), True, name in os.listdir("."))
                (os.rmdir if what == "mkdir" else os.unlink)(name)
                if what == "rename":
                    os.mknod("old")
            else:
                with raises("%s of %d bytes" % (what, length), errno.ENAMETOOLONG):
                    make(name)
        os.unlink("old")
    for what, use in (("stat", os.stat), ("open", lambda name: os.open(name, os.O_RDONLY)), ("unlink", os.unlink),
                      ("rmdir", os.rmdir), ("chmod", lambda name: os.chmod(name, 0)),
                      ("getxattr", lambda name: os.getxattr(name, "user.ring.capacity"))):
        with raises("%s of a missing name of %d bytes" % (what, length), errno.ENOENT if works else errno.ENAMETOOLONG):
            use("n" * length)
eq("what is left", ["ring"], os.listdir("."))
deep, path = 0, ""
while len(path) + 201 < 4096:
    path += "d" * 200 + "/"
    os.mkdir(path)
with open(path + "ring", "wb") as file:
    file.write(line(1))
eq("a ring at the end of a long path", line(1), read_path(path + "ring"))
with raises("a path of 4096 bytes", errno.ENAMETOOLONG):
    os.stat(path + "x" * (4096 - len(path)))
with raises("a symlink longer than a page", errno.ENAMETOOLONG):
    os.symlink("x" * 4096, "link")
os.symlink("x" * 4095, "link")
eq("the longest symlink", "x" * 4095, os.readlink("link"))
PY
stop
