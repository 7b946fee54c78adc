# SPDX-License-Identifier: MIT
# ringctl_follow_resize.sh owner|none: a ring that is resized under follow, both ways, loses nothing that is still there.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start "size=256K,map=$1"
write_lines 1 10
follow --from oldest "$RING"
shows "$(lines gen 10 10)"
next=11
for capacity in 1M 64K 192K 64K 4M; do
	kill -STOP "$FOLLOW"
	write_lines "$next" $((next + 400))
	silent set "capacity=$capacity" "$RING"
	write_lines $((next + 401)) $((next + 700))
	kill -CONT "$FOLLOW"
	shows "$(lines gen $((next + 700)) $((next + 700)))"
	next=$((next + 701))
done
same "what follow wrote" "$MODEL" "$T/seen"
says follow "$1"
end_bg "$FOLLOW"
stop
