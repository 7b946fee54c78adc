# SPDX-License-Identifier: MIT
# ioctl(2) on rings: FIONREAD is the kernel's, what is not known is ENOTTY, a clone is refused.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import fcntl, os, struct, sys, termios
from ringlib import *
os.chdir(sys.argv[1])
os.mkdir("queues")
os.setxattr("queues", "user.ring.policy", b"bounded")
FICLONE, FS_IOC_GETFLAGS, FS_IOC_SETFLAGS = 0x40049409, 0x80086601, 0x40086602
for path in ("log", "queues/queue"):
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK)
    write_all(fd, b"0123456789")
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    eq("FIONREAD", (10,), struct.unpack("i", fcntl.ioctl(reader, termios.FIONREAD, bytes(4))))
    for what, number in (("TCGETS", termios.TCGETS), ("FS_IOC_GETFLAGS", FS_IOC_GETFLAGS), ("FS_IOC_SETFLAGS", FS_IOC_SETFLAGS),
                         ("one that nobody has", 0xdead)):
        with raises("%s on %s" % (what, path), errno.ENOTTY):
            fcntl.ioctl(reader, number, bytes(64))
    with raises("FICLONE", errno.EOPNOTSUPP, errno.EXDEV, errno.ENOTTY):
        fcntl.ioctl(fd, FICLONE, reader)
    holds("no terminal", not os.isatty(fd))
    eq("the bytes", b"0123456789", os.read(reader, 100))
PY
stop
