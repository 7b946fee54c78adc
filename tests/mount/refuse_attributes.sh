# SPDX-License-Identifier: MIT
# A bad value of an attribute as a mount option: one clear line that names it and what was expected, exit status 2.
. "$(dirname "$0")/lib.sh"
. "$HERE/refuse.sh"
for option in capacity=4X policy=Bounded full=wait eof=block lost=zap; do
	refused 2 "'${option#*=}'" "$MNT" -o "$option"
	[[ $(< "$T/refuse.err") == "ringfs: ${option%%=*} "*"expected "* ]] ||
		fail "$option: no word of what was expected: $(< "$T/refuse.err")"
done
refused 2 "policy" "$MNT" -o policy=
refused 2 "full" "$MNT" -o full
refused 2 "'17179869184G'" "$MNT" -o capacity=17179869184G
refused 2 "'zap'" "$MNT" -o "size=64K,lost=zap,policy=bounded"
