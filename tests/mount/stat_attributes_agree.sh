# SPDX-License-Identifier: MIT
# Mode, owner, links and times are one thing for the path and for every open, and can be changed through a view.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
writer = os.open(path, os.O_WRONLY | os.O_CREAT, 0o640)
view = os.open(path, os.O_RDONLY)

def agree(what):
    a, b, c = os.stat(path), os.fstat(view), os.fstat(writer)
    for name in ("st_mode", "st_uid", "st_gid", "st_nlink", "st_mtime_ns", "st_ctime_ns", "st_atime_ns", "st_blocks"):
        eq("%s: %s through the view" % (what, name), getattr(a, name), getattr(b, name))
        eq("%s: %s through the writer" % (what, name), getattr(a, name), getattr(c, name))
    return a

eq("the mode at creation", 0o100640, agree("at creation").st_mode)
os.chmod(path, 0o600)
eq("the mode", 0o100600, agree("chmod").st_mode)
os.fchmod(view, 0o644)
eq("the mode", 0o100644, agree("fchmod of the view").st_mode)
os.link(path, path + ".2")
eq("links", 2, agree("link").st_nlink)
os.unlink(path + ".2")
eq("links", 1, agree("unlink").st_nlink)
os.utime(view, ns=(5, 7))
eq("mtime", 7, agree("futimens of the view").st_mtime_ns)
if os.geteuid() == 0:
    os.fchown(view, 12, 34)
    eq("the owner", 12, agree("fchown of the view").st_uid)
    os.chown(path, 56, -1)
    eq("the owner", (56, 34), (agree("chown").st_uid, agree("chown").st_gid))
write_all(writer, line(1))
agree("a write")
holds("st_blocks counts what the store holds", os.stat(path).st_blocks > 0)
PY
stop
