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
# Whoever has its lock, or although nobody has it open, or nothing is damaged but the head is where nothing fits any more.
py <<'PY'
import mmap
from maplib import *
INTENT, HEAD, TAIL, LIMIT = 0x100, 0x108, 0x180, (1 << 63) - 1
for policy in "overwrite", "bounded":
    for what, head in ("locked", 1 << 63), ("closed", 1 << 63), ("used up", LIMIT - 50):
        name = policy + ", " + what
        path = make(name, policy=policy, eof="end")
        fd, source = writer(path), reader(path, os.O_NONBLOCK)
        write_all(fd, b"whole")
        tool, idle = Tool(path), Tool(path, "ro")
        with open(tool.fd_path(), "r+b") as file, mmap.mmap(file.fileno(), 65536) as header:
            if what == "locked":
                tool.ask("reserve", 100)
                os.kill(tool.pid, signal.SIGSTOP)
            for word in INTENT, HEAD, TAIL:
                struct.pack_into("<Q", header, word, head)
        if what == "used up":
            eq(name + ": a write", "EFBIG", errno_of(lambda: os.write(fd, b"x" * 51)))
            drain(source) # which is made to believe in these positions
        if what == "closed":
            tool.end()
            idle.end()
            os.close(fd)
            os.close(source)
            # The kernel tells of the last close a moment later; until then the daemon has it mapped.
            wait_for(name + ": a look to be EIO", lambda: errno_of(lambda: get_attr(path, "head")) == "EIO")
            opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            if policy == "overwrite":
                eq(name + ": a read", "EIO", errno_of(lambda: os.read(opened, 100)))
            os.close(opened)
        os.truncate(path, 0)
        fd = os.open(path, os.O_WRONLY)
        write_all(fd, b"mended\n")
        last = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        eq(name + ": what was written then", b"mended\n", os.read(last, 100))
        os.close(last)
        if what != "closed":
            # Who has it mapped is told that it is another ring now, and finds it.
            eq(name + ": a read that was mapped", "ESTALE", errno_of(lambda: idle.read(10)))
            idle.ask("reattach")
            idle.ask("seek", "newest")
            write_all(fd, b"on\n")
            eq(name + ": a mapped read", b"on\n", idle.read(10))
            if policy == "overwrite":
                # Another reader gets what has come since it was made good, or the last of it; nothing else.
                got = drain(source)
                holds("%s: an older reader got %s" % (name, got), got.endswith(b"on\n") and b"mended\non\n".endswith(got))
                holds(name + ": its size", 0 <= os.fstat(source).st_size < 1 << 62)
            tool.end(signal.SIGKILL)
            idle.end()
        os.close(fd)
PY
: > "$T/mnt.err" # that they were damaged, and one was locked out
stop
