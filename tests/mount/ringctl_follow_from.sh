# SPDX-License-Identifier: MIT
# ringctl_follow_from.sh owner|none: --from oldest, newest and POSITION begin there; what a position has lost is told.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start "size=64K,map=$1"
write_lines 1 3000
head=$(size_of "$MODEL")
# begins WHAT ARGUMENTS...: follow shows just $T/wanted and then what comes
begins() {
	follow "${@:2}" "$RING"
	wait_for "$1" cmp -s "$T/wanted" "$T/seen"
}
done_with() {
	says follow "$map" "$@"
	end_bg "$FOLLOW"
}
map=$1
expected 65536 > "$T/wanted"
oldest=$((head - $(size_of "$T/wanted")))
begins "the oldest whole line" --from oldest
done_with
tail -c 2999 "$MODEL" > "$T/wanted"
begins "a position" --from $((head - 2999))
done_with
expected 65536 > "$T/wanted"
begins "what is left from position 17 on" --from 17
done_with "$((oldest - 17)) bytes lost"
: > "$T/wanted"
# In this order: what is appended in the first round is not there yet at that head, nor newer than the newest.
for from in "$head" newest; do
	begins "nothing" --from "$from"
	probed() {
		echo probe >> "$RING"
		[[ $(sort -u "$T/seen") == probe ]]
	}
	wait_for "only what comes" probed
	done_with
done
head=$("$PYTHON" -c 'import os, sys; print(os.getxattr(sys.argv[1], "user.ring.head").decode())' "$RING")
ctl 1 follow --from $((head + 1)) "$RING"
eq "stdout" "" "$(< "$T/ctl.out")"
has_text "$T/ctl.err" "ringctl: follow: $RING: position $((head + 1)) is not written yet: the newest is $head" ||
	fail "a position to come: $(< "$T/ctl.err")"
stop
