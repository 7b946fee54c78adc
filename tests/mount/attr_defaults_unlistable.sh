# SPDX-License-Identifier: MIT
# A directory that its owner may not list or enter is removed and replaced although it has defaults, by a daemon too that
# is bound by modes.
. "$(dirname "$0")/lib.sh"
need setpriv
need_root "takes capabilities from the daemon"
RUNNER=(setpriv --bounding-set "-dac_override,-dac_read_search" --inh-caps "-dac_override,-dac_read_search")
start size=64K "$STORE"
py << 'PY'
import os, sys
from ringlib import *
os.chdir(sys.argv[1])
for mode in (0o700, 0o500, 0o300, 0o100, 0o000):
    for with_defaults in (False, True):
        os.mkdir("a")
        if with_defaults:
            os.setxattr("a", "user.ring.capacity", b"128K")
        os.chmod("a", mode)
        os.rmdir("a")
        os.mkdir("a")
        if with_defaults:
            os.setxattr("a", "user.ring.capacity", b"128K")
        os.chmod("a", mode)
        os.mkdir("b")
        os.rename("b", "a")
        eq("what is left", ["a"], os.listdir("."))
        os.rmdir("a")
PY
cd /
stop
