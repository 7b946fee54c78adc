# SPDX-License-Identifier: MIT
# A mapping has the rights of the open it comes from and what `map` allows to that user, wherever it is set: no more.
. "$(dirname "$0")/lib.sh"
need_second_user
rights() {
	py "$1" "$2" <<'PY'
from maplib import *
import mmap
by, value = sys.argv[2:]
OTHER = 65534
if by == "directory":
    os.mkdir(at("dir"))
    set_attr(at("dir"), "map", value)
path = at("dir/ring" if by == "directory" else "ring")
os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
os.chmod(path, 0o666)
if by == "attribute":
    set_attr(path, "map", value)

def attempts():
    return [errno_of(lambda: Tool(path, how).end()) for how in ("ro", "rw")]

wanted = {"owner": ([None, None], [None, "EACCES"]), "none": (["EACCES"] * 2,) * 2,
          "ro": ([None, "EACCES"],) * 2, "rw": ([None, None],) * 2}[value]
os.chown(path, OTHER, OTHER) # root may write whatever the owner may
eq("root, then the owner: map=%s by %s" % (value, by), [wanted[0]] * 2, [attempts(), as_user(OTHER, attempts)])
os.chown(path, 0, 0)
eq("another one: map=%s by %s" % (value, by), wanted[1], as_user(OTHER, attempts))
os.chmod(path, 0o600)
eq("who may not open it: map=%s by %s" % (value, by), ["EACCES"] * 2, as_user(OTHER, attempts))
os.chmod(path, 0o644)
eq("who may not write it: map=%s by %s" % (value, by), [wanted[1][0], "EACCES"], as_user(OTHER, attempts))
os.unlink(path)
PY
}
for value in owner none ro rw; do
	start "size=64K,allow_other,map=$value"
	rights option "$value"
	stop
done
start size=64K,allow_other
for value in none ro rw owner; do
	rights attribute "$value"
	rights directory "$value"
	rmdir "$MNT/dir"
done
py <<'PY'
from maplib import *
path = make("ring")
fd = writer(path)
eq("a file that is open for writing only", "EACCES", errno_of(lambda: ticket(fd)))
PY
stop
