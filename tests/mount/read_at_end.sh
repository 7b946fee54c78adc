# SPDX-License-Identifier: MIT
# Reading at the head is end of file, and later lines appear in the same open view without a seek.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
writer = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
views = [os.open(path, flags) for flags in (os.O_RDONLY, os.O_RDONLY | os.O_NONBLOCK, os.O_RDWR)]
for n in range(4000):
    for view in views:
        eq("end of file", b"", os.read(view, 100))
    write_all(writer, line(n))
    for view in views:
        eq("line %d" % n, line(n), os.read(view, 100))
copy = os.dup(views[0])
write_all(writer, line(1) + line(2))
eq("a duplicate shares the offset", line(1), os.read(copy, len(line(1))))
eq("and so does the original", line(2), os.read(views[0], 100))
PY
stop
