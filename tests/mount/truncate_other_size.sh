# SPDX-License-Identifier: MIT
# truncate to another length than 0 or the present size is EINVAL and changes nothing.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
model = Model(65536)
writer = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
for count in (10, 5000):
    for n in range(count):
        write_all(writer, model.write(line(n)))
    size = os.stat(path).st_size
    eq("the size", min(model.head, 65536), size)
    for length in (1, size - 1, size + 1, 65537, 1 << 32, 1 << 40):
        with raises("truncate to %d of %d" % (length, size), errno.EINVAL):
            os.truncate(path, length)
        with raises("ftruncate to %d of %d" % (length, size), errno.EINVAL):
            os.ftruncate(writer, length)
    eq("nothing changed", model.live(), read_path(path))
    os.truncate(path, size)
    os.ftruncate(writer, size)
    eq("truncate to the present size changes nothing", model.live(), read_path(path))
PY
stop
