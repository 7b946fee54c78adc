# SPDX-License-Identifier: MIT
# ringctl_follow_prompt.sh owner|none: mapped or not, follow shows each line when it is written, a prompt too, and nothing else.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start "size=64K,map=$1"
: > "$RING"
follow "$RING"
: > "$MODEL"
for ((n = 1; n <= 30; n++)); do
	echo "line $n of 30" | tee -a "$MODEL" >> "$RING"
	shows "line $n of 30"
done
printf 'prompt> ' | tee -a "$MODEL" >> "$RING"
shows "prompt> "
echo answer | tee -a "$MODEL" >> "$RING"
shows "prompt> answer"
same "what follow wrote" "$MODEL" "$T/seen"
says follow "$1"
end_bg "$FOLLOW"
stop
