# SPDX-License-Identifier: MIT
# rename with its flags: NOREPLACE, EXCHANGE, across directories, with open rings, and its errors.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import ctypes, os, sys
from ringlib import *
os.chdir(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
NOREPLACE, EXCHANGE = 1, 2

def rename2(old, new, flags):
    if libc.renameat2(-100, old.encode(), -100, new.encode(), flags) != 0:
        raise OSError(ctypes.get_errno(), "renameat2")

def put(name, n):
    with open(name, "wb", buffering=0) as file:
        file.write(line(n))

put("a", 1)
put("b", 2)
os.makedirs("d/e")
with raises("NOREPLACE onto what exists", errno.EEXIST):
    rename2("a", "b", NOREPLACE)
eq("nothing changed", (line(1), line(2)), (read_path("a"), read_path("b")))
fd = os.open("a", os.O_WRONLY)
rename2("a", "d/c", NOREPLACE)
write_all(fd, line(3))
eq("an open ring moved to another directory", line(1) + line(3), read_path("d/c"))
rename2("d/c", "b", EXCHANGE)
eq("EXCHANGE: the one", line(1) + line(3), read_path("b"))
eq("EXCHANGE: the other", line(2), read_path("d/c"))
write_all(fd, line(4))
eq("the descriptor follows its ring", line(1) + line(3) + line(4), read_path("b"))
rename2("b", "d", EXCHANGE)
eq("EXCHANGE of a ring and a directory", (True, line(2)), (os.path.isdir("b"), read_path("b/c")))
rename2("b", "d", EXCHANGE)
with raises("EXCHANGE with a missing name", errno.ENOENT):
    rename2("b", "none", EXCHANGE)
with raises("both flags", errno.EINVAL):
    rename2("b", "d/c", NOREPLACE | EXCHANGE)
with raises("a missing source", errno.ENOENT):
    os.rename("none", "x")
with raises("a directory into itself", errno.EINVAL):
    os.rename("d", "d/e/f")
with raises("a ring over a directory", errno.EISDIR):
    os.rename("b", "d")
with raises("a directory over a ring", errno.ENOTDIR):
    os.rename("d", "b")
os.mkdir("full")
put("full/x", 5)
with raises("a directory over a full one", errno.ENOTEMPTY):
    os.rename("d", "full")
deep = os.open("d/c", os.O_WRONLY)
os.rename("d", "moved")
write_all(deep, line(6))
eq("a ring in a directory that moved", line(2) + line(6), read_path("moved/c"))
os.rename("b", "b")
eq("rename onto itself", line(1) + line(3) + line(4), read_path("b"))
os.link("b", "same")
os.rename("b", "same")
eq("rename between two links of one ring leaves both", 2, os.stat("b").st_nlink)
PY
stop
