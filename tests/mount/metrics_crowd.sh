# SPDX-License-Identifier: MIT
# A crowd that opens the metrics of many rings again and again does not keep others from being answered.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import mmap, os, signal, sys
from ringlib import *
mount = sys.argv[1]
CROWD, ROUNDS = 50, 50
for n in range(1000):
    os.close(os.open(mount + "/%d" % n, os.O_WRONLY | os.O_CREAT))
counts = mmap.mmap(-1, CROWD) # how often each has been served

def ask(me):
    while True:
        os.close(os.open(mount + "/.ringfs/metrics", os.O_RDONLY))
        counts[me] = (counts[me] + 1) % 256

children = []
for me in range(CROWD):
    pid = os.fork()
    if pid == 0:
        try:
            ask(me)
        finally:
            os._exit(1)
    children.append(pid)
wait_for("the crowd", lambda: sum(counts[:]) > CROWD)
before, answered = sum(counts[:]), 0
while sum(counts[:]) < before + ROUNDS:
    os.stat(mount + "/0")
    answered += 1
for pid in children:
    os.kill(pid, signal.SIGKILL)
for pid in children:
    eq("how one of the crowd ended", signal.SIGKILL, os.waitpid(pid, 0)[1])
holds("only %d answers to others while the crowd got %d" % (answered, ROUNDS), answered > ROUNDS)
PY
stop
