# SPDX-License-Identifier: MIT
# Directories: mkdir, rmdir, nested rings, modes, readdir of many names, removal of a tree.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, shutil, stat, sys
from ringlib import *
mount = sys.argv[1]
os.makedirs(mount + "/a/b/c")
eq("the mode of a directory", 0o040755, os.stat(mount + "/a").st_mode)
os.mkdir(mount + "/tight", 0o700)
eq("the mode that was asked for", 0o040700, os.stat(mount + "/tight").st_mode)
links = os.stat(mount + "/a").st_nlink
with open(mount + "/a/b/c/app.log", "wb") as file:
    file.write(line(1))
eq("a ring three levels down", line(1), read_path(mount + "/a/b/c/app.log"))
with raises("rmdir of a directory in use", errno.ENOTEMPTY):
    os.rmdir(mount + "/a/b/c")
with raises("rmdir of a ring", errno.ENOTDIR):
    os.rmdir(mount + "/a/b/c/app.log")
with raises("unlink of a directory", errno.EISDIR):
    os.unlink(mount + "/a")
with raises("mkdir of what exists", errno.EEXIST):
    os.mkdir(mount + "/a")
with raises("open of a directory for writing", errno.EISDIR):
    os.open(mount + "/a", os.O_WRONLY)
with raises("a ring as a directory", errno.ENOTDIR):
    os.stat(mount + "/a/b/c/app.log/x")
with raises("a missing directory", errno.ENOENT):
    os.open(mount + "/none/x", os.O_WRONLY | os.O_CREAT)
with raises("O_EXCL on what exists", errno.EEXIST):
    os.open(mount + "/a/b/c/app.log", os.O_WRONLY | os.O_CREAT | os.O_EXCL)
with raises("a name of 256 bytes", errno.ENAMETOOLONG):
    os.open(mount + "/" + "n" * 256, os.O_WRONLY | os.O_CREAT)
long_name = mount + "/" + "n" * 255
os.close(os.open(long_name, os.O_WRONLY | os.O_CREAT))
os.unlink(long_name)
odd = os.fsencode(mount) + b"/\xff new\nline *"
os.close(os.open(odd, os.O_WRONLY | os.O_CREAT))
eq("an odd name", True, os.path.basename(odd) in os.listdir(os.fsencode(mount)))
os.unlink(odd)
names = {"ring-%04d" % n for n in range(700)}
os.mkdir(mount + "/many")
for name in names:
    os.close(os.open(mount + "/many/" + name, os.O_WRONLY | os.O_CREAT))
eq("readdir of many names", names, set(os.listdir(mount + "/many")))
eq("each name once", 700, len(os.listdir(mount + "/many")))
types = {entry.name: entry.is_file(follow_symlinks=False) for entry in os.scandir(mount + "/many")}
eq("all are regular files", {True}, set(types.values()))
shutil.rmtree(mount + "/many")
shutil.rmtree(mount + "/a")
eq("what is left", ["tight"], os.listdir(mount))
fd = os.open(mount + "/tight", os.O_RDONLY)
os.fsync(fd)
os.rmdir(mount + "/tight")
with raises("creation in a removed directory", errno.ENOENT):
    os.open("x", os.O_WRONLY | os.O_CREAT, dir_fd=fd)
PY
stop
