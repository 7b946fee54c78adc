# SPDX-License-Identifier: MIT
# A full store gives ENOSPC on write, keeps what was written, leaves rings that have their pages alone, and the daemon lives.
. "$(dirname "$0")/lib.sh"
scratch_tmpfs "$STORE" 1M
start size=448K,align=byte "$STORE"
py <<'PY'
import os, sys
from ringlib import *
mount = sys.argv[1]
CAPACITY = 448 * 1024
block = b"".join(line64(n) for n in range(64))

def fill(name, limit):
    """Write blocks until the store is full or the limit is reached; the number that returned."""
    fd = os.open(mount + "/" + name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    written = 0
    while written < limit:
        try:
            done = os.write(fd, block)
        except OSError as error:
            eq("the error of a full store", "ENOSPC", errno.errorcode[error.errno])
            return fd, written
        eq("the result of write", len(block), done)
        written += 1
    return fd, written

whole, written = fill("whole", 3 * CAPACITY // 4096)
eq("the first ring has room for all", 3 * CAPACITY // 4096, written)
part, written = fill("part", 3 * CAPACITY // 4096)
for name in ("third", "fourth"):
    try:
        third, more = fill(name, 3 * CAPACITY // 4096)
    except OSError as error:
        eq("the error of creating in a full store", "ENOSPC", errno.errorcode[error.errno])
        holds("no name is left of what could not be created", name not in os.listdir(mount))
        break
    if more < 3 * CAPACITY // 4096:
        part, written, name_of_part = third, more, name
        break
else:
    fail("the store of 1 MiB took four rings of 448 KiB")
if name not in os.listdir(mount):
    fail("the store was full before a write failed")
eq("the bytes of the ring that did not fit", block * written, read_path(mount + "/" + name))
for _ in range(3):
    with raises("another write to the full store", errno.ENOSPC):
        os.write(part, block)
eq("still the same bytes", block * written, read_path(mount + "/" + name))
for n in range(300):
    write_all(whole, block)
eq("a ring that has its pages goes on", block * (CAPACITY // 4096), read_path(mount + "/whole"))
os.close(whole)
os.unlink(mount + "/whole")
def room():
    try:
        return os.write(part, block) == len(block)
    except OSError as error:
        eq("the error", "ENOSPC", errno.errorcode[error.errno])
        return False
wait_for("room after an unlink", room)
eq("the bytes with one more block", block * (written + 1), read_path(mount + "/" + name))
PY
stop
