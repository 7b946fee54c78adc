# SPDX-License-Identifier: MIT
# ringctl_write_many.sh owner|none: of several ringctl write and shells that append at once, each line is whole, once, in order.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start "size=64M,map=$1"
: > "$RING"
writers=()
for ((w = 0; w < 4; w++)); do
	"$PYTHON" -c 'import sys; sys.stdout.write("".join("%s %d %s\n" % (sys.argv[1], n, "y" * (n * 37 % 300)) for n in range(20000)))' \
		"$w" > "$T/in.$w"
	bg sh -c 'dd bs=1009 status=none "if=$3" | "$1" write "$2"' - "$RINGCTL" "$RING" "$T/in.$w" 2> "$T/said.$w"
	writers+=("$BGPID")
done
shell() {
	local n
	for ((n = 0; n < 2000; n++)); do echo "$1 $n $n"; done >> "$RING"
}
for w in 4 5; do
	bg shell "$w"
	writers+=("$BGPID")
	for ((n = 0; n < 2000; n++)); do echo "$w $n $n"; done > "$T/in.$w"
done
: > "$T/said"
for pid in "${writers[@]}"; do ends "$pid" 0; done
for ((w = 0; w < 6; w++)); do
	grep "^$w " "$RING" > "$T/out"
	same "the lines of writer $w" "$T/in.$w" "$T/out"
done
eq "bytes" "$(cat "$T"/in.? | wc -c)" "$(size_of "$RING")"
stop
