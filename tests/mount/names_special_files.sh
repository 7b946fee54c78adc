# SPDX-License-Identifier: MIT
# FIFOs and sockets work as on any file system, device nodes are EPERM.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, socket, stat, sys
from ringlib import *
os.chdir(sys.argv[1])
os.mkfifo("fifo", 0o600)
eq("the mode of a FIFO", 0o010600, os.stat("fifo").st_mode)
reader = os.open("fifo", os.O_RDONLY | os.O_NONBLOCK)
writer = os.open("fifo", os.O_WRONLY)
write_all(writer, b"through a pipe")
eq("a FIFO carries bytes", b"through a pipe", os.read(reader, 100))
server = socket.socket(socket.AF_UNIX)
server.bind("socket")
eq("a socket is one", True, stat.S_ISSOCK(os.stat("socket").st_mode))
server.listen(1)
client = socket.socket(socket.AF_UNIX)
client.connect("socket")
client.sendall(b"through a socket")
eq("a socket carries bytes", b"through a socket", server.accept()[0].recv(100))
with raises("open of a socket", errno.ENXIO):
    os.open("socket", os.O_RDONLY)
for kind, name in ((stat.S_IFCHR, "chr"), (stat.S_IFBLK, "blk")):
    with raises("mknod of a device", errno.EPERM):
        os.mknod(name, kind | 0o600, os.makedev(1, 3))
os.mknod("regular", stat.S_IFREG | 0o640)
eq("mknod of a regular file is a ring", 0o100640, os.stat("regular").st_mode)
with open("regular", "wb", buffering=0) as file:
    for n in range(5000):
        file.write(line(n))
eq("and it wraps", 65536, os.stat("regular").st_size)
eq("names", ["fifo", "regular", "socket"], sorted(os.listdir(".")))
for name in os.listdir("."):
    os.unlink(name)
PY
stop
