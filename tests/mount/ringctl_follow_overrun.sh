# SPDX-License-Identifier: MIT
# ringctl_follow_overrun.sh owner|none: a stopped follower that was overrun goes on at a whole line and says exactly what it lost.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start "size=64K,map=$1"
write_lines 1 20
follow --from oldest "$RING"
shows "$(lines gen 20 20)"
next=21
for ((round = 0; round < 5; round++)); do
	kill -STOP "$FOLLOW"
	write_lines "$next" $((next + 4000))
	printf 'the beginning of ' | tee -a "$MODEL" >> "$RING"
	expected 65536 > "$T/wanted"
	kill -CONT "$FOLLOW"
	shows "$(lines gen $((next + 4000)) $((next + 4000)))"
	echo line | tee -a "$MODEL" >> "$RING"
	next=$((next + 4001))
	wait_for "the whole line" eval '(($(grep -c "^the beginning of line$" "$T/seen") == round + 1))'
	last=$(tail -c +$(($(size_of "$T/seen") - $(size_of "$T/wanted") - 4)) "$T/seen")
	eq "what is there after the overrun" "$(< "$T/wanted")line" "$last"
done
all_told() { (($(size_of "$T/seen") + $(lost) == $(size_of "$MODEL"))); }
wait_for "what was seen and lost ($(size_of "$T/seen") + $(lost)) to be what was written ($(size_of "$MODEL"))" all_told
grep -v '^the beginning of line$' "$T/seen" > "$T/lines"
lines check --gaps "$T/lines" > "$T/which"
end_bg "$FOLLOW"
stop
