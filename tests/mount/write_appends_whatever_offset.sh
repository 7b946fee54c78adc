# SPDX-License-Identifier: MIT
# write(2) appends whatever the offset: pwrite, a sought descriptor, no O_APPEND, writev, O_RDWR.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
model = Model(65536)
plain = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
appending = os.open(path, os.O_WRONLY | os.O_APPEND)
both = os.open(path, os.O_RDWR)
for n in range(0, 6000, 6):
    write_all(plain, model.write(line(n)))
    eq("pwrite at 0", len(line(n + 1)), os.pwrite(plain, model.write(line(n + 1)), 0))
    eq("pwrite far away", len(line(n + 2)), os.pwrite(plain, model.write(line(n + 2)), 1 << 40))
    os.lseek(plain, 5, os.SEEK_SET)
    write_all(plain, model.write(line(n + 3)))
    write_all(both, model.write(line(n + 4)))
    text = model.write(line(n + 5))
    eq("writev", len(text), os.writev(appending, [text[:3], text[3:11], text[11:]]))
eq("the ring", model.live(), read_path(path))
PY
stop
