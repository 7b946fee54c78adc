# SPDX-License-Identifier: MIT
# inotify on the directory reports every write to a bounded ring; on the ring itself none, for every open has an inode of its own.
. "$(dirname "$0")/lib.sh"
start size=64K,policy=bounded
py <<'PY'
import ctypes, os, select, struct, sys
from ringlib import *
os.chdir(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
MODIFY = 2
maker = os.open("queue", os.O_RDWR | os.O_CREAT | os.O_NONBLOCK)
inotify = libc.inotify_init1(os.O_NONBLOCK)
on_directory, on_ring = libc.inotify_add_watch(inotify, b".", MODIFY), libc.inotify_add_watch(inotify, b"queue", MODIFY)

def events():
    """The watches that have told something; the kernel tells before write(2) returns."""
    found, data = [], b""
    while select.select([inotify], [], [], 0)[0]:
        data += os.read(inotify, 65536)
    while data:
        watch, mask, _, length = struct.unpack_from("iIII", data)
        found.append(watch)
        data = data[16 + length:]
    return sorted(set(found))

other = os.open("queue", os.O_WRONLY | os.O_NONBLOCK)
for n in range(5):
    write_all(maker, line(n))
    eq("a write by the open that made it", [on_directory], events())
    write_all(other, line(n))
    eq("a write by another open", [on_directory], events())
holds("two watches", on_directory != on_ring)
PY
stop
