# SPDX-License-Identifier: MIT
# Readers that race with a writer at the wrap get whole lines in order, whatever their block size (peers 6).
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
writer = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
LAST = 60000
write_all(writer, line(0))
done, tell = os.pipe()

def read(block, opens):
    """Follow one view to the last line, or open anew again and again; lines must be whole and in order."""
    view, text, overruns = os.open(path, os.O_RDONLY), b"", 0
    last = -1
    while last < LAST:
        part = os.read(view, block)
        text += part
        whole, newline, text = text.rpartition(b"\n")
        if newline:
            first, last_now, missing = check(whole + newline, gaps=True)
            if not opens:
                holds("line %d after line %d" % (first, last), first > last)
                overruns += missing + (first - last - 1)
            last = last_now
        if not part and opens:
            eq("what follows the last newline at the end of the file", b"", text)
            os.close(view)
            view = os.open(path, os.O_RDONLY)
    return overruns

children = []
for block, opens in ((100, False), (4096, False), (65536, False), (1000, True), (100000, True)):
    pid = os.fork()
    if pid == 0:
        try:
            missing = read(block, opens)
        except BaseException as error:
            print("block %d, opens %s: %s" % (block, opens, error), file=sys.stderr)
            os._exit(1)
        os.write(tell, b"%d\n" % missing)
        os._exit(0)
    children.append(pid)
for n in range(1, LAST + 1, 4):
    write_all(writer, b"".join(line(k) for k in range(n, n + 4)))
write_all(writer, line(LAST + 1))
for pid in children:
    eq("the status of a reader", 0, os.waitpid(pid, 0)[1])
# How much was lost is a matter of the machine's speed, and no matter of this case.
print("lines lost by the readers:", os.read(done, 4096).decode().split())
PY
stop
