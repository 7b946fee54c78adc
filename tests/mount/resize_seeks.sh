# SPDX-License-Identifier: MIT
# Programs that seek for data and holes while a ring is resized again and again: two seconds of it, and the daemon lives.
. "$(dirname "$0")/lib.sh"
start size=64K "$STORE"
py <<'PY'
from waitlib import *
path = make("log")
write_all(writer(path), b"0123456789\n" * 5000)
end = time.monotonic() + 2

def seek():
    close_opened()
    fd, n = os.open(path, os.O_RDONLY), 0
    while time.monotonic() < end:
        eq("the first byte", 0, os.lseek(fd, 0, os.SEEK_DATA))
        eq("the end", 55000, os.lseek(fd, 0, os.SEEK_HOLE))
        n += 1
    return n

seekers = [Child(seek) for _ in range(3)]
n = 0
while time.monotonic() < end:
    set_attr(path, "capacity", "128K" if n % 2 else "64K")
    n += 1
for seeker in seekers:
    holds("only %d seeks and %d sizes" % (seeker.result(), n), n > 1)
PY
stop
