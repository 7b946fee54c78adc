# SPDX-License-Identifier: MIT
# A reader overrun after a read that ended inside a line gets the rest of that line first, then whole lines.
. "$(dirname "$0")/lib.sh"
start size=256K
py <<'PY'
import os, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
model = Model(262144)
writer = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
long_line = b"long " + b"0123456789" * 6000 + b" end\n"
lines = [line(0), line(1), long_line, line(2), line(3)]
write_all(writer, model.write(b"".join(lines)))
starts = [sum(map(len, lines[:k])) for k in range(len(lines) + 1)]
cuts = [1, len(line(0)) - 1, len(line(0)), starts[1] + 3, starts[2] + 10, starts[2] + 40000, starts[3] - 1,
        starts[3] + 1, starts[5] - 1, starts[5]]
views = []
for cut in cuts:
    for step in (cut, 997, 4096):
        fd = os.open(path, os.O_RDONLY)
        got = b""
        while len(got) < cut:
            got += os.read(fd, min(step, cut - len(got)))
        eq("the first %d bytes" % cut, bytes(model.data[:cut]), got)
        views.append((cut, step, fd))
for n in range(10, 20000):
    write_all(writer, model.write(line(n)))
for cut, step, fd in views:
    end = min(start for start in starts if start >= cut)
    eq("after a cut at %d, in steps of %d" % (cut, step), bytes(model.data[cut:end]) + model.live(),
       read_to_end(fd, 65536 if step == cut else step))
PY
stop
