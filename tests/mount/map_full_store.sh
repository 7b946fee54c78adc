# SPDX-License-Identifier: MIT
# On a full disk a mapped append is ENOSPC, never a signal, and the ring goes on when there is room again.
. "$(dirname "$0")/lib.sh"
scratch_tmpfs "$STORE" 2M
start size=1M,align=byte "$STORE"
py "$STORE" <<'PY'
from maplib import *
path = make("ring")
fd = writer(path)
tool = Tool(path)
tool.append("first")
filler = os.open(sys.argv[2] + "/filler", os.O_WRONLY | os.O_CREAT)
with contextlib.suppress(OSError):
    while True:
        os.write(filler, b"x" * 65536)
with contextlib.suppress(OSError):
    while True:
        os.write(filler, b"x" * 4096)
written = 5
def grow():
    global written
    while True:
        written += tool.append("*1000")
eq("a mapped append on a full disk", "ENOSPC", errno_of(grow))
eq("a reservation", "ENOSPC", errno_of(lambda: tool.ask("reserve", 200000)))
eq("a write(2)", "ENOSPC", errno_of(lambda: os.write(fd, b"x" * 200000)))
eq("what is there", b"first" + b"*" * (written - 5), read_path(path))
# A ring that has moved away from under the mapping, with no page left for what was there.
os.ftruncate(filler, os.fstat(filler).st_size - 300000)
set_attr(path, "capacity", "64K")
os.lseek(filler, 0, os.SEEK_END)
with contextlib.suppress(OSError):
    while True:
        os.write(filler, b"x" * 4096)
eq("an append to the old place on a full disk", "ESTALE", errno_of(lambda: tool.append("*1000")))
os.ftruncate(filler, 0)
tool.ask("reattach")
set_attr(path, "capacity", "1M")
tool.ask("reattach")
tool.append("room")
eq("with room again", b"room", read_path(path)[-4:])
tool.end()
PY
stop
