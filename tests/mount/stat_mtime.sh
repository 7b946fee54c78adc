# SPDX-License-Identifier: MIT
# st_mtime is strictly later after every write, by path and through an open view.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
writer = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
view = os.open(path, os.O_RDONLY)
last = os.stat(path).st_mtime_ns
for n in range(3000):
    write_all(writer, b"x\n")
    now = os.stat(path).st_mtime_ns
    holds("mtime %d after %d (write %d)" % (now, last, n), now > last)
    eq("mtime through the view", now, os.fstat(view).st_mtime_ns)
    last = now
os.utime(path, ns=(10**18, 2 * 10**18 + 5))
eq("mtime that was set", 2 * 10**18 + 5, os.stat(path).st_mtime_ns)
eq("atime that was set", 10**18, os.stat(path).st_atime_ns)
for n in range(100):
    last = os.stat(path).st_mtime_ns
    write_all(writer, b"x\n")
    holds("later than a time that was set in the future", os.stat(path).st_mtime_ns > last)
PY
stop
