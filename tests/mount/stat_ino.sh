# SPDX-License-Identifier: MIT
# Path, views, writers and read-write opens of one ring show one st_ino and st_dev; other rings show others.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, sys
from ringlib import *
mount = sys.argv[1]
seen = set()
for name in ("a", "b", "c"):
    path = "%s/%s" % (mount, name)
    writer = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    identity = (os.stat(path).st_dev, os.stat(path).st_ino)
    holds("rings have inode numbers of their own", identity not in seen)
    seen.add(identity)
    for turn in range(20):
        write_all(writer, line(turn))
        for flags in (os.O_RDONLY, os.O_RDWR, os.O_WRONLY, os.O_RDONLY | os.O_NONBLOCK, os.O_PATH):
            fd = os.open(path, flags)
            eq("identity with flags %#o" % flags, identity, (os.fstat(fd).st_dev, os.fstat(fd).st_ino))
            eq("os.path.samefile", True, os.path.sameopenfile(fd, writer))
            os.close(fd)
    eq("readdir's number", identity[1], [e.inode() for e in os.scandir(mount) if e.name == name][0])
    eq("stat again", identity, (os.stat(path).st_dev, os.stat(path).st_ino))
PY
stop
