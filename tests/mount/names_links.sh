# SPDX-License-Identifier: MIT
# Hard links are one ring under several names; symbolic links are followed and read.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, sys
from ringlib import *
mount = sys.argv[1]
a, b, d = mount + "/a", mount + "/b", mount + "/d"
model = Model(65536)
fd = os.open(a, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
os.link(a, b)
os.mkdir(d)
os.link(b, d + "/c")
other = os.open(d + "/c", os.O_WRONLY)
view = os.open(b, os.O_RDONLY)
for n in range(0, 4000, 2):
    write_all(fd, model.write(line(n)))
    write_all(other, model.write(line(n + 1)))
for name in (a, b, d + "/c"):
    eq("links of " + name, 3, os.stat(name).st_nlink)
    eq("the inode of " + name, os.stat(a).st_ino, os.stat(name).st_ino)
    eq("the bytes of " + name, model.live(), read_path(name))
with raises("a link over what exists", errno.EEXIST):
    os.link(a, b)
with raises("a link to a directory", errno.EPERM):
    os.link(d, mount + "/e")
os.unlink(a)
eq("links left", 2, os.fstat(fd).st_nlink)
write_all(fd, model.write(line(4000)))
eq("the bytes behind another name", model.live(), read_path(b))
os.symlink("b", mount + "/s")
eq("readlink", "b", os.readlink(mount + "/s"))
eq("the size of a symlink", 1, os.lstat(mount + "/s").st_size)
eq("a symlink is one", 0o120777, os.lstat(mount + "/s").st_mode)
eq("the bytes behind a symlink", model.live(), read_path(mount + "/s"))
with open(mount + "/s", "ab", buffering=0) as file:
    file.write(model.write(line(4001)))
eq("a line written through a symlink", model.live(), read_path(b))
with raises("O_NOFOLLOW on a symlink", errno.ELOOP):
    os.open(mount + "/s", os.O_RDONLY | os.O_NOFOLLOW)
os.symlink("nowhere", mount + "/dangling")
with raises("a dangling symlink", errno.ENOENT):
    os.open(mount + "/dangling", os.O_RDONLY)
os.symlink("/etc", mount + "/out")
eq("a symlink that leads out of the mount", True, os.path.isdir(mount + "/out"))
os.unlink(mount + "/out")
os.unlink(b)
with raises("a symlink whose target went", errno.ENOENT):
    os.open(mount + "/s", os.O_RDONLY)
eq("a ring that still has a name", model.live(), read_path(d + "/c"))
PY
stop
