# SPDX-License-Identifier: MIT
# ringctl touches nothing that is not a ring: files of other file systems, FIFOs, what /.ringfs holds.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=64K
echo precious > "$T/plain"
ln -s "$T/plain" "$MNT/link"
mkfifo "$MNT/fifo"
for path in "$T/plain" "$MNT/link" "$T" /dev/null /proc/self/status; do
	refused 1 "set: $path: is not on a ringfs mount" set align=byte "$path"
	refused 1 "clear: $path: is not on a ringfs mount" clear "$path"
	refused 1 "cat: $path: is not on a ringfs mount" cat "$path"
	refused 1 "stat: $path: is not on a ringfs mount" stat "$path"
	refused 1 "ls: $path: is not on a ringfs mount" ls "$path"
done
refused 1 "create: $T/new: is not on a ringfs mount" create "$T/new"
[[ ! -e $T/new ]] || fail "create makes files anywhere"
for path in "$MNT/fifo" "$MNT/.ringfs" "$MNT/.ringfs/metrics"; do
	for verb in clear stat ls cat "set align=byte"; do
		refused 1 "${verb%% *}: $path: is neither a ring nor a directory for rings" $verb "$path"
	done
done
eq "the plain file" precious "$(< "$T/plain")"
eq "its attributes" "[]" "$("$PYTHON" -c 'import os, sys; print(os.listxattr(sys.argv[1]))' "$T/plain")"
stop
