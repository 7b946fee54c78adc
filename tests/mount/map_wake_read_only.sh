# SPDX-License-Identifier: MIT
# A mapped process that cannot write does not look again and again: the daemon sleeps on the ring in its place, until what it waits for
# has come, or it has gone.
. "$(dirname "$0")/lib.sh"
export STORE
start size=64K "$STORE"
py <<'PY'
from maplib import *

def sleepers(path):
    """What writers of the ring look at: how many they have to wake."""
    with open(os.path.join(os.environ["STORE"], ".ringfs/rings", os.path.basename(path)), "rb") as file:
        return struct.unpack("=I", os.pread(file.fileno(), 4, 0x200))[0]

def nobody_sleeps(path):
    wait_for("the daemon to sleep no more", lambda: sleepers(path) == 0)

path = make("log")
fd = writer(path)
peer = Tool(path)
tools = [Tool(path, "ro") for _ in range(3)]
nobody_sleeps(path)
for n in range(20):
    for tool in tools:
        tool.ask("seek", "newest")
        tool.sleeps("wait", 600000)
    wait_for("the daemon to sleep for them", lambda: sleepers(path) > 0)
    if n % 2 == 0:
        write_all(fd, line(n))
    else:
        peer.append("peer")
    for tool in tools:
        tool.answer()
        eq("what was waited for", b"peer" if n % 2 else line(n), tool.read())
    nobody_sleeps(path)

# One that is killed asleep.
tools[0].sleeps("wait", 600000)
wait_for("the daemon to sleep for it", lambda: sleepers(path) > 0)
tools[0].end(signal.SIGKILL)
nobody_sleeps(path)

# Through a change of shape, too.
tools[1].sleeps("wait", 600000)
wait_for("the daemon to sleep for it", lambda: sleepers(path) > 0)
set_attr(path, "capacity", "128K")
eq("a resize", "ESTALE", errno_of(tools[1].answer))
tools[1].ask("reattach")
tools[1].sleeps("wait", 600000)
write_all(fd, b"on")
tools[1].answer()
eq("what came behind it", b"on", tools[1].read())
PY
stop
