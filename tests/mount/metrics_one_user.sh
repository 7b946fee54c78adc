# SPDX-License-Identifier: MIT
# A crowd of one user that opens the metrics of many rings again and again does not keep others from opening them.
. "$(dirname "$0")/lib.sh"
need_second_user
start size=64K,allow_other
py <<'PY'
import mmap
from maplib import *
CROWD, TIMES = 100, 8
for n in range(1000):
    os.close(os.open(at(str(n)), os.O_WRONLY | os.O_CREAT))
path = MNT + "/.ringfs/metrics"
told = mmap.mmap(-1, CROWD) # who has had an answer

def ask(me):
    os.setgid(65534)
    os.setuid(65534)
    die_with_us() # another user: it is not told by itself any more
    while True:
        with contextlib.suppress(OSError): # EBUSY
            os.close(os.open(path, os.O_RDONLY))
        told[me] = 1

crowd = [Child(ask, me) for me in range(CROWD)]
wait_for("the crowd", lambda: sum(told[:]) > CROWD // 4)
for _ in range(TIMES):
    os.close(os.open(path, os.O_RDONLY)) # no EBUSY
for child in crowd:
    child.kill()
for child in crowd:
    child.reap()
PY
stop
