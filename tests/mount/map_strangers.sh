# SPDX-License-Identifier: MIT
# The socket of a hand-over is for the user who asked: another one who knows its name gets nothing, and takes nothing away.
. "$(dirname "$0")/lib.sh"
need_second_user
start size=64K,allow_other
py <<'PY'
from maplib import *
OTHER = 65534
path = make("ring")
fd = os.open(path, os.O_RDWR)
name = ticket(fd)
eq("what another user gets", [], as_user(OTHER, lambda: take(connect(MNT, name))))
got = take(connect(MNT, name))
eq("what the one who asked gets", 2, len(got))
eq("its rights", os.O_RDWR, fcntl.fcntl(got[0], fcntl.F_GETFL) & os.O_ACCMODE)
holds("a second time", errno_of(lambda: connect(MNT, name)) in ("ENOENT", "ECONNREFUSED"))
eq("what readdir shows of sockets", [], [n for n in os.listdir(MNT) + os.listdir(MNT + "/.ringfs") if "ringfs-map" in n])
eq("a socket of somebody's own", True, errno_of(lambda: os.mknod(MNT + "/.ringfs/" + name, 0o140600)) is not None)

# One user does not get all places there are.
os.chmod(path, 0o644)
def crowd():
    mine = os.open(path, os.O_RDONLY)
    held = []
    with contextlib.suppress(OSError):
        for n in range(4096):
            held.append(take(connect(MNT, ticket(mine))))
    return len(held), errno_of(lambda: ticket(mine)), errno_of(lambda: os.read(mine, 1))
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192))
eq("what one user can map", (1024, "EUSERS", None), as_user(OTHER, crowd))
Tool(path).end()
PY
stop
