# SPDX-License-Identifier: MIT
# follow and write refuse what is no ring with one line; follow refuses a bounded ring and says what to use.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=64K
silent create -a policy=bounded "$MNT/queue"
mkfifo "$MNT/fifo"
: > "$T/plain"
refused 1 "follow: $MNT/queue: is a bounded ring, whose readers take what they read: use ringctl cat, or cat --peek to look" \
	follow "$MNT/queue"
refused 1 "follow: $MNT/none: No such file or directory" follow "$MNT/none"
for verb in follow write; do
	refused 1 "$verb: $MNT: is a directory: expected a ring" "$verb" "$MNT"
	refused 1 "$verb: $T/plain: is not on a ringfs mount" "$verb" "$T/plain"
	for path in "$MNT/fifo" "$MNT/.ringfs/metrics"; do
		refused 1 "$verb: $path: is neither a ring nor a directory for rings" "$verb" "$path"
	done
done
refused 1 "write: $T/new: is not on a ringfs mount" write "$T/new"
refused 1 "write: $MNT/none/new: there is no directory '$MNT/none'" write "$MNT/none/new"
[[ ! -e $T/new ]] || fail "write makes files anywhere"
stop
