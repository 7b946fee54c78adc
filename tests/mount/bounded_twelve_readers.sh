# SPDX-License-Identifier: MIT
# Twelve readers wait (libfuse has ten threads): the mount answers, and one line after the other wakes one reader after the other (peers 19).
. "$(dirname "$0")/lib.sh"
start policy=bounded,size=64K
py << 'PY'
from waitlib import *
path = make("queue")
keep = writer(path)
waiting = []
for n in range(12):
    waiting.append(read_in(path, 100))
    wait_waiting(path, n + 1)
os.mkdir(at("directory"))
eq("names", ["directory", "queue"], sorted(os.listdir(MNT)))
for n, child in enumerate(waiting):
    write_all(keep, line(n))
    eq("reader %d" % n, line(n), child.result())
PY
stop
