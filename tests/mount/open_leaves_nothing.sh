# SPDX-License-Identifier: MIT
# Thousands of opens, failed opens and unlinked rings leave no node, handle, descriptor or mapping in the daemon.
. "$(dirname "$0")/lib.sh"
start size=64K
pid=${DAEMON[$MNT]}
descriptors() { find "/proc/$pid/fd" -mindepth 1 | wc -l; }
mappings() { grep -c ' rw-s ' "/proc/$pid/maps" || true; }
facts() { echo "$(metric ringfs_nodes) $(metric ringfs_handles) $(descriptors) $(mappings)"; }
work() {
	py "$1" <<'PY'
import os, sys
from ringlib import *
mount, rounds = sys.argv[1], int(sys.argv[2])
path = mount + "/app.log"
for n in range(rounds):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    write_all(fd, line(n))
    views = [os.open(path, os.O_RDONLY) for _ in range(4)] + [os.open(path, os.O_RDWR)]
    os.read(views[0], 100)
    with raises("O_EXCL", errno.EEXIST):
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    with raises("a missing ring", errno.ENOENT):
        os.open(path + ".none", os.O_RDONLY)
    other = os.open("%s/%d" % (mount, n), os.O_RDWR | os.O_CREAT, 0o644)
    os.listdir(mount)
    os.unlink("%s/%d" % (mount, n))
    write_all(other, line(n))
    for fd in views + [fd, other]:
        os.close(fd)
os.unlink(path)
PY
}
work 3
before=
settled() {
	now=$(facts)
	[[ $now == "$before" ]] || { before=$now && return 1; }
}
wait_for "the first facts to settle" settled
first=$before
work 400
as_before() { [[ $(facts) == "$first" ]]; }
wait_for "nodes, handles, descriptors and mappings to be as before ($first, not $(facts))" as_before
stop
