# SPDX-License-Identifier: MIT
# A lock of an open file description (F_OFD_SETLK) excludes others and ends when the description is closed.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import fcntl, os, struct, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
F_OFD_SETLK = 37
whole = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
first = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
second = os.open(path, os.O_RDWR)
fcntl.fcntl(first, F_OFD_SETLK, whole)
with raises("a second description's lock", errno.EAGAIN):
    fcntl.fcntl(second, F_OFD_SETLK, whole)
os.close(first)
fcntl.fcntl(second, F_OFD_SETLK, whole)
os.close(second)
third = os.open(path, os.O_RDWR)
fcntl.lockf(third, fcntl.LOCK_EX | fcntl.LOCK_NB)
PY
stop
