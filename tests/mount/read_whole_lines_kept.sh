# SPDX-License-Identifier: MIT
# A full ring of N-byte lines shows floor(capacity / N) whole lines.
. "$(dirname "$0")/lib.sh"
start size=128K
py <<'PY'
import os, sys
from ringlib import *
for length in (1, 2, 3, 17, 64, 100, 4096, 5000, 43690, 65536, 100000):
    path = "%s/%d" % (sys.argv[1], length)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    text = b"x" * (length - 1) + b"\n"
    kept = 131072 // length
    per_write = max(1, 50000 // length)
    for _ in range(3 * kept // per_write + 3):
        write_all(fd, text * per_write)
    eq("bytes shown of lines of %d" % length, text * kept, read_path(path))
PY
stop
