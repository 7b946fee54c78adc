# SPDX-License-Identifier: MIT
# A read elsewhere in the overwritten range gives zeros, like a hole, never bytes of another position.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
model = Model(65536)
writer = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
for n in range(100):
    write_all(writer, model.write(line64(n)))
view = os.open(path, os.O_RDONLY)
eq("the first line", line64(0), os.read(view, 64))
for n in range(100, 3000):
    write_all(writer, model.write(line64(n)))
tail, head = model.tail, model.head
for at in (128, 4096, 10000, tail - 5000):
    got = os.pread(view, 4096, at)
    eq("the overwritten bytes at %d" % at, bytes(len(got)), got)
    holds("there are some at %d" % at, got)
at = tail - 100
got = os.pread(view, 200, at)
wanted = bytes(100) + bytes(model.data[tail:tail + 100])
holds("a read across the tail gives something", got)
eq("a read across the tail", wanted[:len(got)], got)
eq("a read from the tail on", bytes(model.data[tail:]), os.pread(view, 100000, tail))
eq("a read at the head", b"", os.pread(view, 100, head))
PY
stop
