# SPDX-License-Identifier: MIT
# follow_clear.sh -f|-F: tail goes on after the ring was cleared; every line written after the clear arrives once.
. "$(dirname "$0")/lib.sh"
start size=64K
write_lines 1 3000
bg tail -n 0 "$1" -s 0.05 "$RING" > "$T/seen" 2> "$T/tail.err"
tail=$BGPID
follows() {
	echo "probe" >> "$RING"
	has_text "$T/seen" probe
}
wait_for "tail to follow" follows
: > "$RING"
for ((n = 0; n < 50; n++)); do
	echo "after the clear $n" >> "$RING"
done
wait_for "the last line" has_text "$T/seen" "after the clear 49"
grep -v '^probe$' "$T/seen" > "$T/after"
for ((n = 0; n < 50; n++)); do echo "after the clear $n"; done > "$T/wanted"
same "the lines after the clear" "$T/wanted" "$T/after"
end_bg "$tail"
stop
