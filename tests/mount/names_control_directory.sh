# SPDX-License-Identifier: MIT
# /.ringfs is there without being listed, holds version and metrics, and cannot be changed.
. "$(dirname "$0")/lib.sh"
start size=64K
eq "names in an empty mount" "" "$(ls -A "$MNT")"
version=$("$RINGFS" --version | grep -o '[0-9]\+\.[0-9]\+\.[0-9]\+' | head -n 1)
grep -qF "$version" "$MNT/.ringfs/version" || fail "version $version is not in .ringfs/version: $(cat "$MNT/.ringfs/version")"
py <<'PY'
import os, re, sys
from ringlib import *
mount = sys.argv[1]
eq("what the directory lists", ["metrics", "version"], sorted(os.listdir(mount + "/.ringfs")))
os.close(os.open(mount + "/app.log", os.O_WRONLY | os.O_CREAT))
os.close(os.open(mount + "/app.log", os.O_RDONLY))
text = read_path(mount + "/.ringfs/metrics").decode()
holds("the text ends in a newline", text.endswith("\n"))
sample = re.compile(r'[a-z_:][a-z0-9_:]*(\{([a-z_]+="([^"\\]|\\.)*",?)*\})? [0-9.e+-]+')
typed = set()
for row in text.splitlines():
    if row.startswith("# TYPE "):
        name, kind = row.split(" ")[2:]
        holds("%s has a known type" % name, kind in ("counter", "gauge", "histogram", "summary"))
        holds("%s is described once" % name, name not in typed)
        typed.add(name)
    elif row and not row.startswith("#"):
        holds("a sample in Prometheus text format: " + row, sample.fullmatch(row))
        name = re.match(r"[a-z0-9_:]*", row).group()
        holds("a TYPE line stands before " + name, any(name.startswith(kind) for kind in typed))
eq("views opened", 1, metric(mount, "ringfs_views_opened_total"))
eq("fallbacks", 0, metric(mount, "ringfs_canonical_fallbacks_total"))
with raises("mkdir", errno.EEXIST):
    os.mkdir(mount + "/.ringfs")
refusals = (errno.EPERM, errno.EACCES, errno.EROFS, errno.EEXIST, errno.EBUSY, errno.EXDEV, errno.EISDIR, errno.EINVAL)
for name, attempt in (
        ("create", lambda: os.open(mount + "/.ringfs/x", os.O_WRONLY | os.O_CREAT)),
        ("mkdir in it", lambda: os.mkdir(mount + "/.ringfs/x")),
        ("write", lambda: os.open(mount + "/.ringfs/metrics", os.O_WRONLY)),
        ("truncate", lambda: os.truncate(mount + "/.ringfs/metrics", 0)),
        ("unlink", lambda: os.unlink(mount + "/.ringfs/metrics")),
        ("rmdir", lambda: os.rmdir(mount + "/.ringfs")),
        ("rename away", lambda: os.rename(mount + "/.ringfs", mount + "/x")),
        ("rename over", lambda: os.rename(mount + "/app.log", mount + "/.ringfs/metrics")),
        ("rename into", lambda: os.rename(mount + "/app.log", mount + "/.ringfs/app.log")),
        ("link out", lambda: os.link(mount + "/.ringfs/metrics", mount + "/x")),
        ("chmod", lambda: os.chmod(mount + "/.ringfs/metrics", 0o777))):
    with raises(name, *refusals):
        attempt()
eq("names at the end", ["app.log"], os.listdir(mount))
PY
stop
