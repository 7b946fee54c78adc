# SPDX-License-Identifier: MIT
# Every field of stat(2) for both kinds of ring, by path and by descriptor, before and after traffic.
. "$(dirname "$0")/lib.sh"
start size=64K "$STORE"
py "$STORE" <<'PY'
import os, stat, sys
from ringlib import *
mount, store = sys.argv[1:3]
os.mkdir(mount + "/queues")
os.setxattr(mount + "/queues", "user.ring.policy", b"bounded")
for name in ("log", "queues/queue"):
    path, backing = mount + "/" + name, store + "/.ringfs/rings/" + name
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK, 0o640)
    empty = os.stat(path)
    eq("kind and mode", 0o100640, empty.st_mode)
    eq("size and links", (0, 1), (empty.st_size, empty.st_nlink))
    eq("owner", (os.geteuid(), os.getegid()), (empty.st_uid, empty.st_gid))
    eq("the mount's own device", os.stat(mount).st_dev, empty.st_dev)
    holds("which is not the store's", empty.st_dev != os.stat(store).st_dev)
    eq("the inode of the store's file", os.stat(backing).st_ino, empty.st_ino)
    eq("no device of its own", 0, empty.st_rdev)
    holds("a block size", empty.st_blksize >= 512)
    for n in range(1000):
        if name == "log" or os.fstat(fd).st_size < 60000:
            write_all(fd, line(n))
    full = os.stat(path)
    eq("size", min(int(os.getxattr(path, "user.ring.head")), 65536) if name == "log" else int(os.getxattr(path, "user.ring.head")), full.st_size)
    eq("blocks are what the store holds", os.stat(backing).st_blocks, full.st_blocks)
    holds("mtime and ctime are later", full.st_mtime_ns > empty.st_mtime_ns and full.st_ctime_ns > empty.st_ctime_ns)
    eq("by descriptor", tuple(full)[:7], tuple(os.fstat(fd))[:7])
    os.utime(path, ns=(5, full.st_mtime_ns))
    os.read(os.open(path, os.O_RDONLY | os.O_NONBLOCK), 100)
    os.stat(path)
    eq("reading leaves atime, as with noatime", 5, os.stat(path).st_atime_ns)
PY
stop
