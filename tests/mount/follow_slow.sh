# SPDX-License-Identifier: MIT
# follow_slow.sh -f|-F: tail follows a ring through several wraps, with a writer it can keep up with: every byte arrives.
. "$(dirname "$0")/lib.sh"
start size=64K
write_lines 1 10
bg tail -n +1 "$1" -s 0.05 "$RING" > "$T/seen" 2> "$T/tail.err"
tail=$BGPID
for ((n = 10; n < 6000; n += 500)); do
	write_lines $((n + 1)) $((n + 500))
	wait_for "tail to catch up at line $n" has_size "$T/seen" "$(size_of "$MODEL")"
done
same "what tail $1 printed" "$MODEL" "$T/seen"
eq "tail's stderr" "" "$(cat "$T/tail.err")"
(($(size_of "$MODEL") > 4 * 65536)) || fail "the ring did not wrap several times"
end_bg "$tail"
stop
