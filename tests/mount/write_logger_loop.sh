# SPDX-License-Identifier: MIT
# Logger-like loops that each keep the ring open: every line is whole, each program's own are in order.
. "$(dirname "$0")/lib.sh"
start size=1M
logger_loop() {
	exec 3>> "$RING"
	for ((n = 0; n < 1500; n++)); do
		printf 'Jan  1 00:00:00 host %s[%d]: message %05d\n' "$1" 42 "$n" >&3
	done
}
loops=()
for name in alpha beta gamma delta; do
	bg logger_loop "$name"
	loops+=("$BGPID")
done
for pid in "${loops[@]}"; do wait "$pid"; done
for name in alpha beta gamma delta; do
	logged=$(grep -c "^Jan  1 00:00:00 host $name\[42\]: message [0-9]\{5\}\$" "$RING")
	eq "whole lines of $name" 1500 "$logged"
	grep -F " $name[" "$RING" > "$T/own"
	sort -c "$T/own" || fail "the lines of $name are out of order"
done
eq "all lines" 6000 "$(wc -l < "$RING")"
stop
