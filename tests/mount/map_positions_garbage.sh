# SPDX-License-Identifier: MIT
# Positions that no ring can have are EIO to readers of the file, which never hang for it, until the ring is cleared.
. "$(dirname "$0")/lib.sh"
start size=64K "$STORE"
py <<'PY'
import mmap
from maplib import *
INTENT, HEAD, FLOOR, TAIL = 0x100, 0x108, 0x110, 0x180
for policy in "overwrite", "bounded":
    for what, words in (("more than fits", {INTENT: 1 << 40, HEAD: 1 << 40, TAIL: 5}), ("a head beyond intent", {HEAD: 1 << 40}),
                        ("a tail beyond head", {TAIL: 1 << 41, FLOOR: 1 << 41}), ("a head below the last", {HEAD: 1, INTENT: 1}),
                        ("a tail that nobody may move", {TAIL: (1 << 63) + 3})):
        if policy == "overwrite" and TAIL in words and FLOOR not in words:
            continue # nobody looks at it there
        name = policy + ", " + what
        path = make(name, policy=policy)
        fd, source = writer(path), reader(path, os.O_NONBLOCK)
        write_all(fd, b"whole")
        tool = Tool(path)
        file = os.open(tool.fd_path(), os.O_RDWR)
        header = mmap.mmap(file, 65536)
        os.close(file)
        for at_word, value in words.items():
            struct.pack_into("<Q", header, at_word, value)
        got = Child(lambda: os.read(source, 100)).result()
        holds("%s: a read gave %s" % (name, got), got in ("EIO", "EAGAIN", b"", b"w"))
        os.stat(path)
        poll_now(source)
        if what != "a tail that nobody may move":
            eq(name + ": a write", "EIO", errno_of(lambda: os.write(fd, b"x" * 100)))
        header.close()
        os.truncate(path, 0)
        write_all(fd, b"mended")
        last = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        eq(name + ": the cleared ring", b"mended", os.read(last, 100))
        os.close(last)
        tool.end()
PY
: > "$T/mnt.err" # that they were damaged
stop
