# SPDX-License-Identifier: MIT
# Reading the metrics never undoes a chmod, also where the daemon is bound by modes and has to open a ring past its own.
. "$(dirname "$0")/lib.sh"
need setpriv
need_root "takes capabilities from the daemon"
RUNNER=(setpriv --bounding-set "-dac_override,-dac_read_search" --inh-caps "-dac_override,-dac_read_search")
start size=64K "$STORE"
py <<'PY'
import os, sys, threading
from ringlib import *
mount = sys.argv[1]
path = mount + "/app.log"
os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o200))
done, failures = threading.Event(), []

def look():
    while not done.is_set():
        try:
            eq("the ring is listed", 0, metric(mount, 'ringfs_ring_held_bytes{ring="app.log"}'))
        except BaseException as error:
            failures.append(str(error))
            return

threads = [threading.Thread(target=look) for _ in range(3)]
for thread in threads:
    thread.start()
try:
    for n in range(600):
        mode = (0o200, 0o000, 0o222, 0o044)[n % 4]
        os.chmod(path, mode)
        for _ in range(3):
            eq("the mode after chmod %d" % n, 0o100000 | mode, os.stat(path).st_mode)
finally:
    done.set()
    for thread in threads:
        thread.join()
eq("failures", [], failures)
PY
stop
