# SPDX-License-Identifier: MIT
# What fsync, fdatasync, O_SYNC, O_DSYNC and RWF_DSYNC have confirmed is on the disk, of both kinds of ring.
. "$(dirname "$0")/lib.sh"
need_root "mounts an ext4"
need mkfs.ext4
truncate -s 24M "$T/disk"
mkfs.ext4 -q -F "$T/disk" > "$T/which" 2>&1
mount -o loop "$T/disk" "$STORE" 2> "$T/which" || skip "no loop device or no ext4 here"
SCRATCH+=("$STORE")
start size=64K "$STORE"
py "$T/disk" <<'PY'
import os, sys
from ringlib import *
mount, disk = sys.argv[1:3]
os.mkdir(mount + "/queues")
os.setxattr(mount + "/queues", "user.ring.policy", b"bounded")

def is_there(text):
    with open(disk, "rb") as file:
        return text in file.read()

def dsync(fd, text):
    os.pwritev(fd, [text], os.fstat(fd).st_size, os.RWF_DSYNC)

def then(sync):
    def write(fd, text):
        write_all(fd, text)
        sync(fd)
    return write

ways = {"fsync": (0, then(os.fsync)), "fdatasync": (0, then(os.fdatasync)), "O_SYNC": (os.O_SYNC, write_all),
        "O_DSYNC": (os.O_DSYNC, write_all), "RWF_DSYNC": (0, dsync)}
for path in ("log", "queues/queue"):
    for way, (flags, write) in ways.items():
        if path != "log" and way == "RWF_DSYNC":
            continue # ESPIPE: there is no offset
        fd = os.open(mount + "/" + path, os.O_WRONLY | os.O_CREAT | flags, 0o644)
        text = ("%s of %s: %s\n" % (way, path, os.urandom(20).hex())).encode()
        write(fd, text)
        holds("%s of %s: the line is on the disk" % (way, path), is_there(text))
        os.close(fd)
    reader = os.open(mount + "/" + path, os.O_RDONLY | os.O_NONBLOCK)
    holds("all lines of " + path, os.read(reader, 10000).count(b"\n") >= 4)
PY
stop
