# SPDX-License-Identifier: MIT
# ringctl_write_prompt.sh owner|none: write appends each line when it comes, not before it is whole, and the rest at the end.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start "size=64K,map=$1"
: > "$RING"
mkfifo "$T/in"
writes "$T/in" "$RING"
exec 4> "$T/in"
for ((n = 1; n <= 20; n++)); do
	echo "line $n of 20" | tee -a "$MODEL" >&4
	wait_for "line $n" has_text "$RING" "line $n of 20"
done
printf 'first\nnot ' >&4
wait_for "the whole line" has_text "$RING" first
printf 'whole\nlast' >&4
wait_for "the next" has_text "$RING" "not whole"
printf 'first\nnot whole\n' >> "$MODEL"
same "what is whole" "$MODEL" "$RING"
exec 4>&-
ends "$WRITER" 0
printf 'last' >> "$MODEL"
same "all" "$MODEL" "$RING"
says write "$1"
stop
