# SPDX-License-Identifier: MIT
# A removed ring that somebody has mapped, and resizes again and again, does not hold up those who remove other names.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import mmap
from maplib import *
ROUNDS = 20
path = make("removed", capacity="64M")
fd = os.open(path, os.O_RDWR)
for _ in range(64):
    write_all(fd, b"x" * (1 << 20))
mapped = Tool(path)
os.unlink(path)
rounds = mmap.mmap(-1, 1) # how often it has been resized

def resize():
    while True:
        for capacity in b"65M", b"64M":
            os.setxattr(fd, "user.ring.capacity", capacity)
            rounds[0] = (rounds[0] + 1) % 256

resizer = Child(resize)
wait_for("the first change of shape", lambda: rounds[0] > 0)
before, removed = rounds[0], 0
while rounds[0] < before + ROUNDS:
    os.close(os.open(at("other"), os.O_WRONLY | os.O_CREAT))
    os.unlink(at("other"))
    removed += 1
resizer.kill()
resizer.reap()
holds("only %d names were removed in %d changes of shape" % (removed, ROUNDS), removed > 25 * ROUNDS)
mapped.ask("reattach")
wait_for("its end to be told at last", lambda: errno_of(lambda: mapped.ask("status")) == "EIDRM")
mapped.end()
os.close(fd)
PY
stop
