# SPDX-License-Identifier: MIT
# stat(path) gives head - tail: it grows to the capacity and stays; fstat of a view gives head - origin and grows on.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
model = Model(65536)
writer = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
first = os.open(path, os.O_RDONLY)
views = []
for n in range(4000):
    write_all(writer, model.write(line(n)))
    eq("stat(path) after line %d" % n, min(model.head, 65536), os.stat(path).st_size)
    eq("fstat of the writer after line %d" % n, min(model.head, 65536), os.fstat(writer).st_size)
    if n % 500 == 0:
        views.append((os.open(path, os.O_RDONLY), model.oldest))
    for view, origin in views:
        eq("fstat of a view after line %d" % n, model.head - origin, os.fstat(view).st_size)
eq("fstat of a view of the empty ring", model.head, os.fstat(first).st_size)
eq("st_blksize is a power of two", 0, os.stat(path).st_blksize & (os.stat(path).st_blksize - 1))
PY
stop
