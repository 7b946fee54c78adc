# SPDX-License-Identifier: MIT
# One ring takes 1024 fcntl locks, so that nobody's locks make those of others slow; more are ENOLCK and change nothing.
. "$(dirname "$0")/lib.sh"
start size=64K
py << 'PY'
import fcntl
from waitlib import *
fd, other = writer(at("a")), writer(at("b"))
for n in range(1024):
    fcntl.lockf(fd, fcntl.LOCK_EX, 1, 2 * n)
with raises("one more", errno.ENOLCK):
    fcntl.lockf(fd, fcntl.LOCK_EX, 1, 4096)
fcntl.flock(fd, fcntl.LOCK_EX)
fcntl.lockf(other, fcntl.LOCK_EX, 1, 4096)
is_locked = lambda start: Child(lambda: fcntl.lockf(writer(at("a")), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, start)).result()
eq("the last one that was taken", "EAGAIN", is_locked(2046))
eq("the one that was not", "ENOLCK", is_locked(4096))
fcntl.lockf(fd, fcntl.LOCK_UN, 1, 0)
eq("in its place", None, is_locked(4096))
fcntl.lockf(fd, fcntl.LOCK_EX) # all in one
eq("all of the ring", "EAGAIN", is_locked(1))
os.close(fd)
eq("after the close", None, is_locked(0))
PY
stop
