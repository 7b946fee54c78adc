# SPDX-License-Identifier: MIT
# A directory that is renamed or removed while it is open or somebody's working directory goes on as on a plain file system.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, sys
from ringlib import *
mount = sys.argv[1]
os.makedirs(mount + "/a/b")
os.chdir(mount + "/a/b")
fd = os.open(".", os.O_RDONLY)
os.rename(mount + "/a", mount + "/moved")
with open("ring", "wb") as file:
    file.write(line(1))
eq("made in a directory whose parent moved", line(1), read_path(mount + "/moved/b/ring"))
eq("its path", mount + "/moved/b", os.getcwd())
eq("by descriptor", ["ring"], os.listdir(fd))
reader = os.open("ring", os.O_RDONLY, dir_fd=fd)
os.rename("ring", mount + "/ring")
eq("an open ring moved out", line(1), os.read(reader, 100))
os.rmdir(mount + "/moved/b")
eq("a removed directory", [], os.listdir(fd))
for what, attempt in (("create", lambda: os.open("x", os.O_WRONLY | os.O_CREAT)), ("mkdir", lambda: os.mkdir("x")),
                      ("rename into", lambda: os.rename(mount + "/ring", "x")), ("link into", lambda: os.link(mount + "/ring", "x")),
                      ("stat of a name in", lambda: os.stat("x"))):
    with raises(what + " a removed directory", errno.ENOENT):
        attempt()
eq("its links", 0, os.fstat(fd).st_nlink)
os.chdir("/")
PY
stop
