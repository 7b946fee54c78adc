# SPDX-License-Identifier: MIT
# ringctl_follow_lines.sh owner|none: --lines begins with as many lines as tail -n would, whether the ring has wrapped or not.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start "size=64K,map=$1"
# begins N ARGUMENTS...: follow begins with what tail -n N shows, and goes on
begins() {
	local n=$1
	shift
	tail -n "$n" "$RING" > "$T/wanted"
	follow "$@" "$RING"
	[[ ! -s $T/wanted ]] || wait_for "the last $n lines" cmp -s "$T/wanted" "$T/seen"
	if ((n == 0)); then # nothing tells that it has begun
		wait_for "it to begin" probed
	else
		echo more >> "$RING"
		echo more >> "$T/wanted"
		wait_for "the next line" cmp -s "$T/wanted" "$T/seen"
	fi
	says follow "${map}"
	end_bg "$FOLLOW"
}
probed() {
	echo probe >> "$RING"
	[[ $(sort -u "$T/seen") == probe ]]
}
map=$1
echo one > "$RING"
begins 10 # fewer than ten
write_lines 1 500
begins 10
for n in 0 1 3 250 1000000 18446744073709551615; do begins "${n:0:7}" --lines "$n"; done
write_lines 501 5000
begins 10
begins 3 -n 3
begins 1000000 -n1000000
printf 'no end' >> "$RING"
begins 2 -n 2
stop
