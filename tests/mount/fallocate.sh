# SPDX-License-Identifier: MIT
# fallocate is EOPNOTSUPP in every mode and changes nothing.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import ctypes, os, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
libc = ctypes.CDLL(None, use_errno=True)
libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
KEEP_SIZE, PUNCH_HOLE, COLLAPSE, ZERO, INSERT = 1, 2, 8, 16, 32
for flags in (os.O_WRONLY, os.O_RDWR):
    fd = os.open(path, flags | os.O_CREAT, 0o644)
    write_all(fd, line(1))
    before = read_path(path)
    for mode in (0, KEEP_SIZE, PUNCH_HOLE | KEEP_SIZE, COLLAPSE, ZERO, ZERO | KEEP_SIZE, INSERT):
        with raises("fallocate mode %d" % mode, errno.EOPNOTSUPP):
            if libc.fallocate(fd, mode, 0, 4096) != 0:
                raise OSError(ctypes.get_errno(), "fallocate")
    eq("the bytes", before, read_path(path))
PY
stop
