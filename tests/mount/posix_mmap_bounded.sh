# SPDX-License-Identifier: MIT
# MAP_SHARED of a bounded ring is ENODEV and consumes nothing.
. "$(dirname "$0")/lib.sh"
start size=64K,policy=bounded
py <<'PY'
import mmap, os, sys
from ringlib import *
fd = os.open(sys.argv[1] + "/queue", os.O_RDWR | os.O_CREAT | os.O_NONBLOCK)
write_all(fd, line(1))
for protection in (mmap.PROT_READ, mmap.PROT_READ | mmap.PROT_WRITE):
    with raises("MAP_SHARED", errno.ENODEV):
        mmap.mmap(fd, len(line(1)), mmap.MAP_SHARED, protection)
eq("its bytes", line(1), os.read(fd, 100))
PY
stop
