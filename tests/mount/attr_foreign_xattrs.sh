# SPDX-License-Identifier: MIT
# Extended attributes of other kinds are ENOTSUP, so that the tools that ask for them say nothing: ls -l, cp -a, getfacl, getcap.
. "$(dirname "$0")/lib.sh"
start size=64K
mkdir "$MNT/dir"
write_lines 1 100
ln -s app.log "$MNT/link"
py <<'PY'
import os, sys
from ringlib import *
mount = sys.argv[1]
for path in (mount + "/app.log", mount + "/dir", mount, mount + "/.ringfs", mount + "/.ringfs/metrics"):
    for name in ("security.selinux", "security.capability", "trusted.overlay.opaque", "user.other", "user.mime_type",
                 "system.posix_acl_access", "system.posix_acl_default"):
        if name.endswith("default") and not os.path.isdir(path):
            continue
        # The kernel itself keeps some from all but root, and says ENODATA or EPERM.
        kernels = (errno.EPERM, errno.EACCES, errno.ENODATA) if os.geteuid() != 0 else ()
        with raises("get %s of %s" % (name, path), errno.ENOTSUP, *kernels, *((errno.ENODATA,) if name == "user.other" else ())):
            os.getxattr(path, name)
        acl = b"\x02\0\0\0" + b"".join(b"%c\0%c\0\xff\xff\xff\xff" % (tag, bits) for tag, bits in ((1, 6), (4, 4), (0x20, 4)))
        value = acl if "acl" in name else b"\x01\0\0\x02" + bytes(16) if "capability" in name else b"x"
        with raises("set %s of %s" % (name, path), errno.ENOTSUP, *kernels):
            os.setxattr(path, name, value)
        with raises("remove %s of %s" % (name, path), errno.ENOTSUP, *kernels):
            os.removexattr(path, name)
PY
quiet() {
	local status=0
	"$@" > "$T/out" 2> "$T/err" || status=$?
	eq "the status of $* ($(cat "$T/err"))" 0 "$status"
	eq "what $* says" "" "$(cat "$T/err")"
}
quiet ls -lZ "$MNT"
quiet ls -la "$MNT"
! grep -E '^.{10}[+@]' "$T/out" || fail "ls shows marks for attributes that tell a user nothing"
mkdir "$T/out.d"
quiet cp -a "$MNT/app.log" "$MNT/link" "$MNT/dir" "$T/out.d"
same "copied out" "$MODEL" "$T/out.d/app.log"
quiet cp -a "$T/out.d/app.log" "$MNT/copy.log"
quiet cp -a "$MNT/app.log" "$MNT/dir/app.log"
same "copied in" "$MODEL" "$MNT/copy.log"
same "copied within" "$MODEL" "$MNT/dir/app.log"
quiet mv "$MNT/copy.log" "$T/out.d/moved.log"
quiet mv "$T/out.d/moved.log" "$MNT/dir/moved.log"
same "moved out and in" "$MODEL" "$MNT/dir/moved.log"
for tool in "getfacl -p" "getcap" "lsattr" "getfattr --absolute-names -d" "getfattr --absolute-names -d -m -" "rsync -aX --dry-run"; do
	read -ra words <<< "$tool"
	command -v "${words[0]}" > "$T/which" || continue
	case $tool in
	lsattr) # a question by ioctl(2), which is not one of ours: it says so on any file system without flags
		continue ;;
	rsync*) quiet "${words[@]}" "$MNT/app.log" "$T/out.d/" ;;
	*) quiet "${words[@]}" "$MNT/app.log" "$MNT/dir" ;;
	esac
done
stop
