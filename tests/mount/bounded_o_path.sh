# SPDX-License-Identifier: MIT
# Who opens a queue through an O_PATH descriptor, and so without an inode of its own, holds up nobody who uses its name: where
# a write would wait it is told EAGAIN.
. "$(dirname "$0")/lib.sh"
start policy=bounded,size=64K
py << 'PY'
from waitlib import *
def fill(path):
    fd = os.open("/proc/self/fd/%d" % os.open(path, os.O_PATH), os.O_WRONLY)
    write_all(fd, b"x" * 65536)
    return os.write(fd, b"y")


path = make("queue")
eq("a write that would wait", "EAGAIN", Child(fill, path).result())
eq("a name beside it", None, Child(lambda: os.mkdir(at("other"))).result())
eq("unlink", None, Child(os.unlink, path).result())
PY
stop
