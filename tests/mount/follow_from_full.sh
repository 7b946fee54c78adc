# SPDX-License-Identifier: MIT
# follow_from_full.sh -f|-F: tail that starts on a full ring shows its last ten lines, then what is written from then on.
. "$(dirname "$0")/lib.sh"
start size=64K
write_lines 1 5000
bg tail "$1" -s 0.05 "$RING" > "$T/seen" 2> "$T/tail.err"
tail=$BGPID
lines gen 4991 5000 > "$T/wanted"
wait_for "the last ten lines" has_size "$T/seen" "$(size_of "$T/wanted")"
for ((n = 5000; n < 5020; n++)); do
	write_lines $((n + 1)) $((n + 1))
	lines gen $((n + 1)) $((n + 1)) >> "$T/wanted"
	wait_for "line $((n + 1))" has_size "$T/seen" "$(size_of "$T/wanted")"
done
same "what tail $1 printed" "$T/wanted" "$T/seen"
eq "tail's stderr" "" "$(cat "$T/tail.err")"
end_bg "$tail"
stop
