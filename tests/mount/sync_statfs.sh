# SPDX-License-Identifier: MIT
# fsync, fdatasync, sync and statfs answer; statfs is the store's.
. "$(dirname "$0")/lib.sh"
start size=64K "$STORE"
py "$STORE" <<'PY'
import os, sys
from ringlib import *
mount, store = sys.argv[1:3]
path = mount + "/app.log"
fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
write_all(fd, line(1))
os.fsync(fd)
os.fdatasync(fd)
view = os.open(path, os.O_RDONLY)
os.fsync(view)
directory = os.open(mount, os.O_RDONLY)
os.fsync(directory)
here, there = os.statvfs(mount), os.statvfs(store)
eq("f_blocks in bytes", there.f_blocks * there.f_frsize, here.f_blocks * here.f_frsize)
eq("f_namemax", there.f_namemax, here.f_namemax)
eq("the bytes", line(1), read_path(path))
PY
stop
