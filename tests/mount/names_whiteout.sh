# SPDX-License-Identifier: MIT
# RENAME_WHITEOUT is EINVAL and the device node that is a whiteout EPERM: nothing is renamed.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import ctypes, os, stat, sys
from ringlib import *
os.chdir(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
os.mknod("a")
for flags in (4, 5):
    with raises("rename with flags %d" % flags, errno.EINVAL, errno.EPERM):
        if libc.renameat2(-100, b"a", -100, b"b", flags) != 0:
            raise OSError(ctypes.get_errno(), "renameat2")
with raises("a whiteout", errno.EPERM):
    os.mknod("b", stat.S_IFCHR, 0)
eq("names", ["a"], os.listdir("."))
PY
stop
