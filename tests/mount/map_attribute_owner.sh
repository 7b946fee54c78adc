# SPDX-License-Identifier: MIT
# Who may map a ring is said by its owner and root: another who may write the ring or directory sets what he likes, not that.
. "$(dirname "$0")/lib.sh"
need_second_user
start size=64K,allow_other
py <<'PY'
from maplib import *
OTHER = 65534
for name in ("ring", "his"):
    os.close(os.open(at(name), os.O_WRONLY | os.O_CREAT))
    os.chmod(at(name), 0o666)
os.mkdir(at("dir"))
os.chmod(at("dir"), 0o777)
os.chown(at("his"), OTHER, OTHER)
set_attr(at("dir"), "map", "ro")

def other():
    def remove(path):
        os.removexattr(path, "user.ring.map")
    got = []
    for path in (at("ring"), at("dir")):
        set_attr(path, "eof", "wait")
        got += [errno_of(lambda: set_attr(path, "map", "rw")), errno_of(lambda: remove(path))]
    set_attr(at("his"), "map", "rw")
    got.append(errno_of(lambda: Tool(at("ring"), "rw").end()))
    return got

eq("another one", ["EPERM"] * 4 + ["EACCES"], as_user(OTHER, other))
eq("what was set", [b"owner", b"wait", b"ro", b"rw"], [os.getxattr(at(name), "user.ring." + attr) for name, attr in
   (("ring", "map"), ("ring", "eof"), ("dir", "map"), ("his", "map"))])
set_attr(at("his"), "map", "none")
eq("root may", b"none", os.getxattr(at("his"), "user.ring.map"))
PY
stop
