# SPDX-License-Identifier: MIT
# Names are unlinked and made anew so that the store uses inode numbers again: no ring ever shows another's bytes (peers 9).
. "$(dirname "$0")/lib.sh"
mkdir "$T/mnt2" "$T/store2"
start size=64K "$STORE"
start_at "$T/mnt2" size=64K "$T/store2"
py "$T/mnt2" <<'PY'
import os, sys
from ringlib import *
mounts = sys.argv[1:3]
held = []
numbers = {}
for n in range(250):
    for mount in mounts:
        path = "%s/%d" % (mount, n % 7)
        if os.path.exists(path):
            os.unlink(path)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        ino = os.fstat(fd).st_ino
        numbers[ino] = numbers.get(ino, 0) + 1
        eq("a new ring is empty", (0, b""), (os.stat(path).st_size, read_path(path)))
        text = ("%s ring %d\n" % (mount, n)).encode()
        write_all(fd, text)
        eq("it shows its own line", text, read_path(path))
        view = os.open(path, os.O_RDONLY)
        held.append((view, fd, text))
        if n % 3:
            view, fd, text = held.pop(len(held) // 2)
            eq("a ring held open, maybe unlinked", text, os.read(view, 1000))
            os.close(view)
            os.close(fd)
for view, fd, text in held:
    write_all(fd, text)
    eq("held to the end", text + text, os.read(view, 1000))
print("inode numbers: %d for 500 rings" % len(numbers))
PY
stop "$T/mnt2"
stop
