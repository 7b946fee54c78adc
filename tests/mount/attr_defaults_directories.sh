# SPDX-License-Identifier: MIT
# Defaults go with their directory: renamed, exchanged, removed and replaced as if it held nothing but what is listed.
. "$(dirname "$0")/lib.sh"
start size=64K "$STORE"
py <<'PY'
import ctypes, os, sys
from ringlib import *
os.chdir(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)

def rename2(old, new, flags):
    if libc.renameat2(-100, old.encode(), -100, new.encode(), flags) != 0:
        raise OSError(ctypes.get_errno(), "renameat2")

def make(path, capacity):
    os.mkdir(path)
    os.setxattr(path, "user.ring.capacity", capacity)

def of(path):
    """What the directory sets, and what a ring made in it gets."""
    own = os.getxattr(path, "user.ring.capacity") if os.listxattr(path) else None
    os.close(os.open(path + "/x", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
    got = os.getxattr(path + "/x", "user.ring.capacity")
    os.unlink(path + "/x")
    return own, got

K = lambda n: b"%d" % (n << 10)
make("a", b"128K")
os.mkdir("a/sub")
os.rename("a", "moved")
eq("moved", (K(128), K(128)), of("moved"))
eq("a directory in it", (None, K(128)), of("moved/sub"))
make("other", b"192K")
os.rename("moved/sub", "other/sub")
eq("a directory that came elsewhere", (None, K(192)), of("other/sub"))
rename2("moved", "other", 2)
eq("EXCHANGE: the one", (K(192), K(192)), of("moved"))
eq("EXCHANGE: the other", (K(128), K(128)), of("other"))
with raises("NOREPLACE onto a directory that holds only its defaults", errno.EEXIST):
    rename2("moved", "other", 1)
make("fresh", b"256K")
rename2("fresh", "named", 1)
eq("NOREPLACE to a free name", (K(256), K(256)), of("named"))
# rmdir
os.rmdir("named")
with raises("it is gone", errno.ENOENT):
    os.stat("named")
os.mkdir("named")
eq("a new one of that name", (None, K(64)), of("named"))
make("full", b"320K")
os.close(os.open("full/ring", os.O_WRONLY | os.O_CREAT, 0o644))
with raises("rmdir of a directory that holds more", errno.ENOTEMPTY):
    os.rmdir("full")
eq("and keeps its defaults", (K(320), K(320)), of("full"))
# rename over
for victim in ("named", "other"):
    make("new", b"384K")
    os.rename("new", victim)
    eq("renamed over " + victim, (K(384), K(384)), of(victim))
os.mkdir("bare")
os.rename("bare", "other")
eq("a directory without defaults over one that has them", (None, K(64)), of("other"))
make("new", b"448K")
with raises("rename over a directory that holds more", errno.ENOTEMPTY):
    os.rename("new", "full")
eq("both keep what they had", (K(448), K(320)), (of("new")[0], of("full")[0]))
os.mkdir("new/below")
with raises("rename below itself", errno.EINVAL):
    os.rename("new", "new/below/x")
with raises("rename over its parent", errno.ENOTEMPTY):
    os.rename("new/below", "new")
eq("the parent keeps what it had", (K(448), K(448)), of("new"))
with raises("a ring over a directory that holds only its defaults", errno.EISDIR):
    make("victim", b"512K")
    os.rename("full/ring", "victim")
eq("which it still does", (K(512), K(512)), of("victim"))
with raises("rename of a missing name over it", errno.ENOENT):
    os.rename("missing", "victim")
eq("which it still does", (K(512), K(512)), of("victim"))
# A directory whose name went while it was open
fd = os.open("victim", os.O_RDONLY)
os.rmdir("victim")
with raises("setxattr on a removed directory", errno.ENOENT):
    os.setxattr(fd, "user.ring.capacity", b"1M")
eq("its defaults went with it", [], os.listxattr(fd))
os.close(fd)
with raises("rmdir of a mount's root", errno.EBUSY):
    os.rmdir(sys.argv[1])
PY
cd /
stop
eq "files of defaults in the store: full, moved, named, new" 4 "$(find "$STORE/.ringfs/rings" -name .ringfs | wc -l)"
eq "half-made ones" "" "$(find "$STORE" -name '*.new')"
