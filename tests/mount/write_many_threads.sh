# SPDX-License-Identifier: MIT
# Twenty threads of five processes write through descriptors of their own and shared ones (peers 5): no line is lost,
# torn or doubled while all fits, and what is left after the wrap is whole.
. "$(dirname "$0")/lib.sh"
start size=8M
py <<'PY'
import os, sys, threading
from ringlib import *
mount = sys.argv[1]
EACH = 2000

def work(fd, writer):
    for n in range(EACH):
        write_all(fd, line(writer * EACH + n))

def run(path):
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o644))
    children = []
    for process in range(5):
        pid = os.fork()
        if pid == 0:
            failed = []
            shared = os.open(path, os.O_WRONLY | os.O_APPEND)
            def guarded(fd, writer):
                try:
                    work(fd, writer)
                except BaseException as error:
                    print(error, file=sys.stderr)
                    failed.append(writer)
            threads = []
            for k in range(4):
                fd = shared if k < 2 else os.open(path, os.O_WRONLY | os.O_APPEND)
                threads.append(threading.Thread(target=guarded, args=(fd, process * 4 + k)))
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            os._exit(1 if failed else 0)
        children.append(pid)
    for pid in children:
        eq("the status of a writer", 0, os.waitpid(pid, 0)[1])

path = mount + "/app.log"
run(path)
seen = [0] * 20
for text in read_path(path).splitlines(keepends=True):
    n = int(text[:8])
    eq("a line", line(n), text)
    writer = n // EACH
    eq("the next line of writer %d" % writer, writer * EACH + seen[writer], n)
    seen[writer] += 1
eq("lines of each writer", [EACH] * 20, seen)
PY
stop
