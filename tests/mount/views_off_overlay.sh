# SPDX-License-Identifier: MIT
# views=off serves a file system in the kernel that opens without a path walk: overlayfs with the mount as a layer.
. "$(dirname "$0")/lib.sh"
need_root "mounts an overlay"
start size=64K,views=off
write_lines 1 5000
expected 65536 > "$T/expected"
mkdir "$T/tmp"
scratch_tmpfs "$T/tmp" 16M
mkdir "$T/tmp/upper" "$T/tmp/work" "$T/merged"
mount -t overlay -o "lowerdir=$MNT,upperdir=$T/tmp/upper,workdir=$T/tmp/work" overlay "$T/merged" 2> "$T/overlay.err" ||
	skip "no overlay over FUSE here: $(cat "$T/overlay.err")"
SCRATCH+=("$T/merged")
cat "$T/merged/app.log" > "$T/seen"
same "the ring through an overlay" "$T/expected" "$T/seen"
umount "$T/merged"
stop
