# SPDX-License-Identifier: MIT
# One user keeps the metrics open 64 times at most, since each is a text of its own; others have theirs, and so has he once he closes some.
. "$(dirname "$0")/lib.sh"
need_second_user
start size=64K,allow_other
py <<'PY'
from maplib import *
path = MNT + "/.ringfs/metrics"

def other():
    os.setuid(65533)
    return os.read(os.open(path, os.O_RDONLY), 6)

held = Child(lambda: (os.setuid(65534), die_with_us(), [os.open(path, os.O_RDONLY) for _ in range(64)], time.sleep(1000)))
wait_for("a user to have all of his", lambda: as_user(65534, lambda: errno_of(lambda: os.open(path, os.O_RDONLY))) == "EBUSY")
eq("what another user reads", b"# HELP", Child(other).result())
many = [os.open(path, os.O_RDONLY) for _ in range(100)] # the daemon's own user
for fd in many:
    os.close(fd)
held.kill()
held.reap()
wait_for("his places to be free", lambda: as_user(65534, lambda: errno_of(lambda: os.open(path, os.O_RDONLY))) is None)
PY
stop
