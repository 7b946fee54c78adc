# SPDX-License-Identifier: MIT
# A directory that is read while names come and go, with telldir and seekdir: no name that stayed is missed or doubled.
. "$(dirname "$0")/lib.sh"
start size=64K
mkdir "$MNT/dir"
py <<'PY'
import ctypes, os, random, sys
from ringlib import *
directory = sys.argv[1] + "/dir"
random.seed(6)
libc = ctypes.CDLL(None, use_errno=True)

class Dirent(ctypes.Structure):
    _fields_ = [("ino", ctypes.c_uint64), ("off", ctypes.c_int64), ("reclen", ctypes.c_ushort), ("type", ctypes.c_ubyte),
                ("name", ctypes.c_char * 256)]

libc.opendir.restype = ctypes.c_void_p
libc.readdir.restype = ctypes.POINTER(Dirent)
libc.telldir.restype = ctypes.c_long
for function in (libc.readdir, libc.telldir, libc.rewinddir, libc.closedir):
    function.argtypes = [ctypes.c_void_p]
libc.seekdir.argtypes = [ctypes.c_void_p, ctypes.c_long]

def next_name(stream):
    entry = libc.readdir(stream)
    return entry.contents.name.decode() if entry else None

def put(name):
    os.mknod(directory + "/" + name, 0o100644)

os.setxattr(directory, "user.ring.capacity", b"64K") # a hidden name among the others
stay = ["stay-%03d-%s" % (n, "x" * random.randrange(60)) for n in range(400)]
gone = ["gone-%03d" % n for n in range(300)]
names = stay + gone
random.shuffle(names)
for name in names:
    put(name)
for turn in range(6):
    stream = libc.opendir(directory.encode())
    seen, places, fresh, left = [], [], 0, list(gone)
    while True:
        if random.random() < 0.05:
            places.append((libc.telldir(stream), len(seen)))
        if random.random() < 0.03 and places:
            place, count = random.choice(places[-3:]) # back to an earlier place: what follows is read again
            libc.seekdir(stream, place)
            del seen[count:]
            places = [known for known in places if known[1] <= count]
        for _ in range(random.randrange(3)):
            if left and random.random() < 0.6:
                os.unlink(directory + "/" + left.pop(random.randrange(len(left))))
            else:
                put("new-%d-%d" % (turn, fresh))
                fresh += 1
                if fresh > 500:
                    break
        name = next_name(stream)
        if name is None:
            break
        seen.append(name)
    kept = [name for name in seen if name.startswith("stay")]
    eq("turn %d: names that stayed" % turn, sorted(stay), sorted(kept))
    eq("turn %d: dot and dot-dot, once each" % turn, [".", ".."], sorted(name for name in seen if name[0] == "."))
    eq("turn %d: no name twice" % turn, len(seen), len(set(seen)))
    libc.rewinddir(stream)
    again = []
    for name in iter(lambda: next_name(stream), None):
        again.append(name)
    eq("turn %d: after rewinddir it is what is there" % turn, sorted(os.listdir(directory) + [".", ".."]), sorted(again))
    libc.closedir(stream)
    for name in os.listdir(directory):
        if name.startswith("new"):
            os.unlink(directory + "/" + name)
    for name in gone:
        if not os.path.exists(directory + "/" + name):
            put(name)
# A directory that is removed while it is read ends.
os.mkdir(directory + ".2")
stream = libc.opendir(directory.encode() + b".2")
os.rmdir(directory + ".2")
holds("a removed directory is empty", {next_name(stream) for _ in range(3)} <= {".", "..", None})
PY
stop
