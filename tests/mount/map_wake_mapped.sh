# SPDX-License-Identifier: MIT
# A process that waits in the mapping, also one that cannot write, wakes for a write(2), a read(2) that makes room, and its peers.
. "$(dirname "$0")/lib.sh"
start size=64K "$STORE"
py <<'PY'
from maplib import *
path = make("log")
fd = writer(path)
for how in "rw", "ro":
    tool = Tool(path, how)
    tool.ask("seek", "newest")
    for n in range(20):
        tool.sleeps("wait", 600000)
        write_all(fd, line(n))
        tool.answer()
        eq("what was waited for", line(n), tool.read())
    peer = Tool(path)
    tool.sleeps("wait", 600000)
    peer.append("peer")
    tool.answer()
    eq("what a peer appended", b"peer", tool.read())
    eq("a wait that ends", "ETIMEDOUT", errno_of(lambda: tool.ask("wait", 20)))
    tool.end()
    peer.end()

queue = make("queue", policy="bounded")
tool = Tool(queue)
tool.sleeps("wait", 600000)
write_all(writer(queue), b"x" * 65536)
tool.answer()
eq("a full queue takes no more", "EAGAIN", errno_of(lambda: tool.append("more")))
tool.sleeps("room", 1000, 600000)
eq("what the file gives", 2000, len(os.read(reader(queue), 2000)))
tool.answer()
eq("the room is there", 1000, int(tool.ask("append", "*1000")))

# One that was killed asleep counts as a sleeper for ever: that costs wake-ups that wake nobody.
for n in range(30):
    sleeper = Tool(path)
    sleeper.ask("seek", "newest")
    sleeper.sleeps("wait", 600000)
    sleeper.end(signal.SIGKILL)
tool.end()
tool = Tool(path)
for n in range(1000):
    write_all(fd, line(n))
    tool.append("peer")
tool.end()
PY
stop
