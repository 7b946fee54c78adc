# SPDX-License-Identifier: MIT
# A write longer than the capacity returns the full count and leaves its last bytes.
. "$(dirname "$0")/lib.sh"
start size=64K,align=byte
py <<'PY'
import os, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
text = b"".join(line(n) for n in range(60000))
model = Model(65536, "byte")
for length in (65537, 65536 + 4096, 100000, 131072, 131073, 1 << 20, (1 << 20) + 1, len(text)):
    write_all(fd, model.write(text[-length:]))
    eq("the bytes after a write of %d" % length, text[-65536:], read_path(path))
    eq("the size after a write of %d" % length, 65536, os.stat(path).st_size)
PY
stop
