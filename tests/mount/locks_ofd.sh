# SPDX-License-Identifier: MIT
# A lock of an open file description (F_OFD_SETLK) excludes others and ends when the description is closed.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import fcntl, os, struct, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
F_OFD_SETLK, F_OFD_SETLKW = 37, 38
whole = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
first = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
second = os.open(path, os.O_RDWR)
fcntl.fcntl(first, F_OFD_SETLK, whole)
with raises("a second description's lock", errno.EAGAIN):
    fcntl.fcntl(second, F_OFD_SETLK, whole)
# Waiting: FUSE hears of the end of a description after its close.
os.close(first)
fcntl.fcntl(second, F_OFD_SETLKW, whole)
os.close(second)
third = os.open(path, os.O_RDWR)
fcntl.lockf(third, fcntl.LOCK_EX)
PY
stop
