# SPDX-License-Identifier: MIT
# Opens from a chroot, another mount namespace, another PID namespace and a bind mount give the whole ring.
. "$(dirname "$0")/lib.sh"
need unshare
need_root "changes root and namespaces"
# Not in a chroot whose root directory is no mountpoint.
unshare -m true 2> "$T/which" || skip "no mount namespace of its own here: $(cat "$T/which")"
start size=64K
write_lines 1 5000
expected 65536 > "$T/expected"
mkdir "$T/other"
unshare -m sh -ec 'mount --bind "$1" "$2"; cat "$2/app.log"' sh "$MNT" "$T/other" > "$T/seen"
same "from another mount namespace" "$T/expected" "$T/seen"
for n in 1 2 3; do
	unshare -pf --mount-proc sh -ec 'cat "$1"; exit 0' sh "$RING" > "$T/seen"
	same "from another PID namespace" "$T/expected" "$T/seen"
done
unshare -pf --mount-proc sh -ec 'for n in 1 2 3 4 5; do tail -n 1 "$1" & done; wait' sh "$RING" > "$T/seen"
eq "last lines from another PID namespace" 5 "$(grep -c '^00005000 ' "$T/seen")"
py "$T/expected" <<'PY'
import os, sys
from ringlib import *
wanted = open(sys.argv[2], "rb").read()
os.chroot(sys.argv[1])
os.chdir("/")
eq("from a chroot", wanted, read_path("/app.log"))
eq("from a chroot, relative", wanted, read_path("app.log"))
PY
mount --bind "$MNT" "$T/other"
SCRATCH+=("$T/other")
cat "$T/other/app.log" > "$T/seen"
same "through a bind mount" "$T/expected" "$T/seen"
umount "$T/other"
eq "fallbacks to the ring's own inode" 0 "$(metric ringfs_canonical_fallbacks_total)"
stop
