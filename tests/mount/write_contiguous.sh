# SPDX-License-Identifier: MIT
# One write(2) of up to 1 MiB lands as one run, never mixed with another writer's, however its buffer is aligned.
. "$(dirname "$0")/lib.sh"
start size=16M
py <<'PY'
import mmap, os, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o644))
LENGTHS = [1 << 20, 100, 5000, 131072 + 17, (1 << 20) - 1, 4096, 700001, 64]
PER_WRITER = 2

def record(writer, n, length):
    """Says its writer, number and length; the rest is the writer's letter."""
    head = b"%d %d %d " % (writer, n, length)
    return head + bytes([97 + writer]) * (length - len(head) - 1) + b"\n"

def work(writer):
    area = mmap.mmap(-1, (1 << 20) + 8192)
    fd = os.open(path, os.O_WRONLY)
    n = 0
    for turn in range(PER_WRITER):
        for length in LENGTHS:
            shift = 1 + 511 * writer
            area[shift:shift + length] = record(writer, n, length)
            view = memoryview(area)[shift:shift + length]
            eq("the result of write", length, os.write(fd, view))
            view.release()
            n += 1

children = []
for writer in range(2):
    pid = os.fork()
    if pid == 0:
        try:
            work(writer)
        except SystemExit as end:
            print(end, file=sys.stderr)
            os._exit(1)
        os._exit(0)
    children.append(pid)
for pid in children:
    eq("the status of a writer", 0, os.waitpid(pid, 0)[1])
data = read_path(path)
eq("all bytes", 2 * PER_WRITER * sum(LENGTHS), len(data))
following = [0, 0]
at = 0
while at < len(data):
    writer, n, length = (int(word) for word in data[at:at + 40].split(b" ", 3)[:3])
    eq("the next record of writer %d" % writer, following[writer], n)
    eq("record %d of writer %d at %d" % (n, writer, at), record(writer, n, length), data[at:at + length])
    following[writer] += 1
    at += length
eq("records of each", [PER_WRITER * len(LENGTHS)] * 2, following)
PY
stop
