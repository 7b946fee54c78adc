# SPDX-License-Identifier: MIT
# mount.fuse3, which mount(8) runs for fstab lines of type fuse.ringfs, mounts with a store and without one.
. "$(dirname "$0")/lib.sh"
need_root "runs mount.fuse3"
PATH=$PATH:/usr/sbin:/sbin
need mount.fuse3
export PATH=${RINGFS%/*}:$PATH
for source in "$STORE" none ringfs; do
	mount.fuse3 "$source" "$MNT" -t fuse.ringfs -o rw,nofail,_netdev,size=64K > "$T/helper.out" 2> "$T/helper.err" < /dev/null ||
		fail "mount.fuse3 with $source: $(cat "$T/helper.err")"
	mounted "$MNT" || fail "mount.fuse3 returned and nothing is mounted"
	eq "its stderr" "" "$(cat "$T/helper.err")"
	eq "its type" "fuse.ringfs" "$(findmnt -n -o FSTYPE "$MNT")"
	: > "$MODEL"
	[[ ! -e $RING ]] || fail "the mount of $source is not empty"
	write_lines 1 3000
	expected 65536 > "$T/expected"
	cat "$RING" > "$T/seen"
	same "the ring on $source" "$T/expected" "$T/seen"
	umount "$MNT"
done
