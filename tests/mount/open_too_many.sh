# SPDX-License-Identifier: MIT
# More rings open than the daemon may have descriptors: ENFILE for who comes too late, nothing else is lost, and it ends when
# some are closed.
. "$(dirname "$0")/lib.sh"
need prlimit
try() {
	py <<'PY'
import os, sys
from ringlib import *
os.chdir(sys.argv[1])
os.mkdir("dir")
os.setxattr("dir", "user.ring.capacity", b"128K")
with open("there", "wb", buffering=0) as file:
    file.write(line(7))
held = []
for n in range(300):
    try:
        fd = os.open("dir/%d" % n, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
    except OSError as error:
        eq("the error of one ring too many", "ENFILE", errno.errorcode[error.errno])
        break
    write_all(fd, line(n))
    held.append(fd)
else:
    fail("300 rings are open in a daemon with 200 descriptors or so")
holds("many were opened", len(held) > 50)
for what, attempt in (("create", lambda: os.open("dir/new", os.O_WRONLY | os.O_CREAT)), ("mkdir", lambda: os.mkdir("dir/sub")),
                      ("open", lambda: os.open("there", os.O_RDONLY)),
                      ("stat", lambda: eq("the size of a ring", len(line(7)), os.stat("there").st_size)),
                      ("readdir", lambda: os.listdir("dir"))):
    try:
        attempt()
    except OSError as error:
        eq("the error of %s" % what, "ENFILE", errno.errorcode[error.errno])
for n, fd in enumerate(held): # those that are open go on
    write_all(fd, line(n + 1000))
    eq("ring %d" % n, line(n) + line(n + 1000), os.pread(fd, 1000, 0))
for fd in held[::2]:
    os.close(fd)

def recovers():
    try:
        os.close(os.open("dir/after", os.O_WRONLY | os.O_CREAT))
        return True
    except OSError as error:
        eq("the error", "ENFILE", errno.errorcode[error.errno])
        return False
wait_for("room for another ring", recovers)
eq("its directory's default counts", b"131072", os.getxattr("dir/after", "user.ring.capacity"))
for n, fd in enumerate(held):
    eq("ring %d by its name" % n, line(n) + line(n + 1000), read_path("dir/%d" % n))
# What could be made but not opened any more is there, empty and with its attributes.
for name in set(os.listdir("dir")) - {"after", "sub"} - {str(n) for n in range(len(held))}:
    eq("what is left of " + name, (True, b"", b"131072"), (name in ("new", str(len(held))), read_path("dir/" + name),
                                                           os.getxattr("dir/" + name, "user.ring.capacity")))
PY
}
# One more or less, so that it is now this open of the daemon that fails and now that one.
for limit in 200 201 202; do
	RUNNER=(prlimit "--nofile=$limit:$limit")
	start size=64K
	try
	stop
done
