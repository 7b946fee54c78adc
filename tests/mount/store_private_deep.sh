# SPDX-License-Identifier: MIT
# A private store with more levels of directories than the daemon may have descriptors goes with its mount, too.
. "$(dirname "$0")/lib.sh"
start size=64K
py "${DAEMON[$MNT]}" <<'PY'
import os, resource, sys
from ringlib import *
os.chdir(sys.argv[1])
for level in range(300):
    for name in "0", "1", "file": # names that may be in the way of a removal that moves things
        os.close(os.open(name + "-", os.O_WRONLY | os.O_CREAT))
        os.mkdir(name)
    os.chmod("1", 0)
    os.chdir("0")
os.chdir("/")
resource.prlimit(int(sys.argv[2]), resource.RLIMIT_NOFILE, (64, 64))
PY
stop
