# SPDX-License-Identifier: MIT
# An fcntl lock that two processes would wait for for ever, each for what the other one has, is EDEADLK, as on a plain file.
. "$(dirname "$0")/lib.sh"
start size=64K
py << 'PY'
import fcntl
from waitlib import *

def take_both(mine, other, ready, go):
    """Locks one range, and when the other process has its own that one, too."""
    close_opened()
    fds = {path: writer(path) for path, _ in (mine, other)}
    fcntl.lockf(fds[mine[0]], fcntl.LOCK_EX, 10, mine[1])
    os.write(ready, b"x")
    os.read(go, 1)
    try:
        fcntl.lockf(fds[other[0]], fcntl.LOCK_EX, 10, other[1])
    except OSError as error:
        return error.errno
    return 0


for one, two in (((at("a"), 0), (at("a"), 10)), ((at("a"), 0), (at("b"), 0))): # in one ring and in two
    ready, go = os.pipe(), os.pipe()
    children = [Child(take_both, one, two, ready[1], go[0]), Child(take_both, two, one, ready[1], go[0])]
    for _ in children:
        os.read(ready[0], 1)
    os.write(go[1], b"xx")
    eq("one is told, and the other has both then", [0, errno.EDEADLK], sorted(child.result() for child in children))
PY
stop
