# SPDX-License-Identifier: MIT
# While a ring is open its policy stays: EBUSY both ways and for any kind of open, and nothing changes for who has it.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, sys
from ringlib import *
mount = sys.argv[1]
def closed(path):
    wait_for("the close to be heard of", lambda: (os.getxattr(path, "user.ring.writers"), os.getxattr(path, "user.ring.readers")) == (b"0", b"0"))
for name, other in ((b"overwrite", b"bounded"), (b"bounded", b"overwrite")):
    path = mount + "/" + name.decode()
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o644))
    closed(path)
    os.setxattr(path, "user.ring.policy", name)
    for flags in (os.O_WRONLY, os.O_RDONLY | os.O_NONBLOCK, os.O_RDWR | os.O_NONBLOCK):
        fd = os.open(path, flags)
        if flags & os.O_ACCMODE:
            write_all(fd, line(1))
        size = os.stat(path).st_size
        for where in (path, fd):
            with raises("%s to %s while it is open with %#o" % (name, other, flags), errno.EBUSY):
                os.setxattr(where, "user.ring.policy", other)
        eq("the kind", name, os.getxattr(path, "user.ring.policy"))
        eq("the size", size, os.stat(path).st_size)
        os.setxattr(path, "user.ring.policy", name) # the kind it has is no change
        os.close(fd)
        closed(path)
    fd = os.open(path, os.O_PATH) # is no open
    os.setxattr(path, "user.ring.policy", other)
    eq("changed at last", other, os.getxattr(path, "user.ring.policy"))
PY
stop
