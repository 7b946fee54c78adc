# SPDX-License-Identifier: MIT
# Defaults of directories and attributes of rings last over a remount, on stores without user xattrs too.
# Argument: what the store lies on: plain, tmpfs, ramfs or ext4.
. "$(dirname "$0")/lib.sh"
case $1 in
plain) ;;
tmpfs) scratch_tmpfs "$STORE" 16M ;;
ramfs)
	need_root "mounts a ramfs"
	mount -t ramfs ringfs-test "$STORE" || skip "no ramfs here"
	SCRATCH+=("$STORE")
	;;
ext4)
	need_root "mounts an ext4"
	need mkfs.ext4
	truncate -s 24M "$T/image"
	mkfs.ext4 -q -F "$T/image" > "$T/which" 2>&1
	if ! mount -o loop,nouser_xattr "$T/image" "$STORE" 2> "$T/which" &&
		! mount -o loop "$T/image" "$STORE" 2> "$T/which"; then
		skip "no loop device or no ext4 here"
	fi
	SCRATCH+=("$STORE")
	;;
esac
start size=64K "$STORE"
py <<'PY'
import os, sys
from ringlib import *
os.chdir(sys.argv[1])
os.makedirs("a/b")
for path, name, value in ((".", "lost", b"mark"), ("a", "capacity", b"128K"), ("a", "policy", b"bounded"), ("a/b", "eof", b"wait")):
    os.setxattr(path, "user.ring." + name, value)
fd = os.open("ring", os.O_WRONLY | os.O_CREAT, 0o644)
write_all(fd, line(1))
os.setxattr("ring", "user.ring.capacity", b"192K")
os.setxattr("ring", "user.ring.align", b"byte")
PY
stop
start size=1M,policy=overwrite,lost=skip "$STORE"
py <<'PY'
import os, sys
from ringlib import *
os.chdir(sys.argv[1])
ATTRS = ("capacity", "policy", "align", "full", "eof", "lost")
eq("the root's", ["user.ring.lost"], os.listxattr("."))
eq("a's", {"user.ring.capacity": b"131072", "user.ring.policy": b"bounded"}, {name: os.getxattr("a", name) for name in os.listxattr("a")})
eq("b's", ["user.ring.eof"], os.listxattr("a/b"))
os.close(os.open("a/b/new", os.O_WRONLY | os.O_CREAT, 0o644))
eq("a new ring", [b"131072", b"bounded", b"line", b"block", b"wait", b"mark"],
   [os.getxattr("a/b/new", "user.ring." + name) for name in ATTRS])
eq("the ring", [b"196608", b"overwrite", b"byte", b"block", b"end", b"mark"],
   [os.getxattr("ring", "user.ring." + name) for name in ATTRS])
eq("its bytes", line(1), read_path("ring"))
eq("names", [["a", "ring"], ["b"], ["new"]], [sorted(os.listdir(path)) for path in (".", "a", "a/b")])
PY
stop
for i in "${SCRATCH[@]}"; do umount "$i"; done
SCRATCH=()
