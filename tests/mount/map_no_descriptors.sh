# SPDX-License-Identifier: MIT
# A daemon that has no descriptors left at any step of a hand-over refuses it, goes on, and hands over again when it has some.
. "$(dirname "$0")/lib.sh"
need prlimit
start size=64K
py "${DAEMON[$MNT]}" <<'PY'
import resource
from maplib import *
daemon = int(sys.argv[2])
path = make("log")
fd = writer(path)
tool = Tool()
usual = resource.prlimit(daemon, resource.RLIMIT_NOFILE)
refused = 0
for left in range(12):
    count = len(os.listdir("/proc/%d/fd" % daemon))
    resource.prlimit(daemon, resource.RLIMIT_NOFILE, (count + left, usual[1]))
    got = errno_of(lambda: tool.attach(path))
    holds("a hand-over with %d descriptors left gave %s" % (left, got), got in (None, "ENFILE", "EMFILE", "EIO", "ENOTCONN"))
    refused += got is not None
    if got is None:
        eq("an append", 5, tool.append("12345"))
        tool.ask("close")
    write_all(fd, line(left))
resource.prlimit(daemon, resource.RLIMIT_NOFILE, usual)
holds("some were refused (%d) and some not" % refused, 0 < refused < 12)
tool.attach(path)
eq("an append", 4, tool.append("back"))
tool.end()
PY
# It may say that it could not.
grep -v "^ringfs: cannot hand over a ring: " "$T/mnt.err" && fail "the daemon said more"
: > "$T/mnt.err"
stop
