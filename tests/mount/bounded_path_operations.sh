# SPDX-License-Identifier: MIT
# While the program that created a ring waits to write to it, others remove, rename, truncate and set it by its path.
. "$(dirname "$0")/lib.sh"
start policy=bounded,size=64K
py << 'PY'
from waitlib import *
def blocked(path):
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    write_all(fd, b"x" * 65536)
    return os.write(fd, b"y")


todo = {
    "chmod": lambda path: os.chmod(path, 0o600),
    "utime": lambda path: os.utime(path, (1, 1)),
    "setxattr": lambda path: set_attr(path, "lost", "mark"),
    "link": lambda path: os.link(path, path + ".link"),
    "rename": lambda path: os.rename(path, path + ".moved"),
    "unlink": os.unlink,
    "truncate": lambda path: os.truncate(path, 0),
}
for what, do in todo.items():
    path = at(what)
    wait = Child(blocked, path)
    wait_waiting(path, 1)
    eq(what, None, Child(do, path).result())
    if what == "truncate":
        eq("the write that found room then", 1, wait.result())
    else:
        wait.kill()
        wait.reap()
PY
stop
