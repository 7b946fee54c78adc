# SPDX-License-Identifier: MIT
# Where the disk cannot say what the defaults of a directory are, nothing is set or made by what was not read.
. "$(dirname "$0")/lib.sh"
. "$HERE/strace.sh"
start size=64K "$STORE"
mkdir "$MNT/dir"
setfattr -n user.ring.capacity -v 128K "$MNT/dir"
for what in "setfattr -n user.ring.eof -v wait $MNT/dir" "setfattr -x user.ring.capacity $MNT/dir" \
	"getfattr -n user.ring.eof $MNT/dir" "touch $MNT/dir/ring"; do
	traced inject=pread64:error=EIO
	$what 2> "$T/said" && fail "$what succeeded"
	untraced
	has_text "$T/said" "Input/output error" || fail "$what said: $(cat "$T/said")"
	eq "the defaults" "user.ring.capacity=\"131072\"" "$(getfattr --absolute-names -d "$MNT/dir" | grep =)"
	eq "the ring" "" "$(ls "$MNT/dir")"
done
touch "$MNT/dir/ring"
eq "the capacity" 131072 "$(getfattr --absolute-names --only-values -n user.ring.capacity "$MNT/dir/ring")"
stop
