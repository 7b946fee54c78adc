# SPDX-License-Identifier: MIT
# A follower that seeks to the end and is overrun before its first read gets whole lines, no hole, and its loss is counted.
. "$(dirname "$0")/lib.sh"
start size=64K
write_lines 1 3000
py <<'PY'
import os, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
def lost():
    with open(sys.argv[1] + "/.ringfs/metrics") as file:
        return [int(row.split()[1]) for row in file if row.startswith("ringfs_lost_bytes_total ")][0]
fd = os.open(path, os.O_RDONLY)
end = os.lseek(fd, 0, os.SEEK_END)
writer = os.open(path, os.O_WRONLY)
written = b""
for n in range(3001, 9001):
    write_all(writer, line(n))
    written += line(n)
before = lost()
got = b""
while chunk := os.read(fd, 8192):
    got += chunk
eq("what a late follower gets is the end of what was written", written[-len(got):], got)
eq("it begins with a line", True, written[:-len(got)].endswith(b"\n"))
eq("the rest is counted as lost", len(written) - len(got), lost() - before)
PY
stop
