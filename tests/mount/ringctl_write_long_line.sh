# SPDX-License-Identifier: MIT
# ringctl_write_long_line.sh owner|none: lines longer than the ring or a run arrive in order, as do those around them.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start "size=8M,map=$1"
: > "$RING"
{
	echo before
	head -c 3000000 /dev/zero | tr '\0' a
	echo
	echo between
	head -c 1048575 /dev/zero | tr '\0' b
	echo
	head -c 1500000 /dev/zero | tr '\0' c
} > "$MODEL"
"$RINGCTL" write "$RING" < "$MODEL" 2> "$T/said"
same "the ring" "$MODEL" "$RING"
silent create -a capacity=64K "$MNT/small"
"$RINGCTL" write "$MNT/small" < "$MODEL" 2> "$T/which"
has "$MNT/small" "head=$(size_of "$MODEL")"
silent create -a capacity=64K -a policy=bounded "$MNT/queue"
writes "$MODEL" "$MNT/queue"
wait_for "the first bytes" has_size "$MNT/queue" 1
cat "$MNT/queue" > "$T/out"
ends "$WRITER" 0
same "what came through a queue" "$MODEL" "$T/out"
stop
