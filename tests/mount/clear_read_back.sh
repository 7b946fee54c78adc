# SPDX-License-Identifier: MIT
# Who clears a ring and writes by one handle reads back what it wrote, at the offsets of a plain file.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
text = b"0123456789" * 10
def check(what, fd):
    write_all(fd, text)
    eq("size " + what, 100, os.fstat(fd).st_size)
    eq("middle " + what, text[50:60], os.pread(fd, 10, 50))
    eq("start " + what, text, os.pread(fd, 1000, 0))
    eq("first data " + what, 0, os.lseek(fd, 0, os.SEEK_DATA))
for n in range(2000):
    write_path = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    write_all(write_path, line(n))
    os.close(write_path)
fd = os.open(path, os.O_RDWR | os.O_TRUNC)
check("after O_TRUNC", fd)
os.ftruncate(fd, 0)
check("after ftruncate", fd)
os.close(fd)
fd = os.open(path, os.O_RDONLY | os.O_TRUNC)
eq("size of a view opened with O_TRUNC", 0, os.fstat(fd).st_size)
PY
stop
