# SPDX-License-Identifier: MIT
# logging.handlers.WatchedFileHandler keeps its ring open while it wraps, and goes over to a new one when that was renamed away or removed.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import logging.handlers, os, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
opened = 0
class Handler(logging.handlers.WatchedFileHandler):
    def _open(self):
        global opened
        opened += 1
        return super()._open()
    def handleError(self, record):
        raise
handler = Handler(path)
log = logging.getLogger("ring")
log.addHandler(handler)
log.propagate = False
def put(first, last):
    for n in range(first, last + 1):
        log.warning(line(n)[:-1].decode())
put(1, 3000)
eq("how often it opened the ring while that wrapped", 1, opened)
eq("the ring", 3000, check(read_path(path))[1])
os.rename(path, path + ".1")
put(3001, 3100)
eq("how often it opened a ring after the rename", 2, opened)
eq("the ring renamed away", 3000, check(read_path(path + ".1"))[1])
eq("the new ring", (3001, 3100), check(read_path(path))[:2])
os.unlink(path)
put(3101, 3200)
eq("how often it opened a ring after the removal", 3, opened)
eq("the newest ring", (3101, 3200), check(read_path(path))[:2])
PY
stop
