# SPDX-License-Identifier: MIT
# tail -f goes on over resizes both ways: every line once, none missing where nothing was overwritten.
. "$(dirname "$0")/lib.sh"
need setfattr
start size=1M
write_lines 1 100
bg tail -n +1 -f -s 0.1 "$RING" > "$T/seen"
tail=$BGPID
next=101
for size in 2M 256K 64K 512K 128K 1M; do
	write_lines "$next" $((next + 199))
	next=$((next + 200))
	wait_for "line $((next - 1))" has_text "$T/seen" "$(printf '%08d ' $((next - 1)))"
	setfattr -n user.ring.capacity -v "$size" "$RING"
	tail -n 3 "$MODEL" > "$T/wanted"
	tail -n 3 "$RING" > "$T/got"
	same "tail after the resize to $size" "$T/wanted" "$T/got"
done
write_lines "$next" "$next"
wait_for "the last line" has_text "$T/seen" "$(printf '%08d ' "$next")"
same "what tail -f saw" "$MODEL" "$T/seen"
end_bg "$tail"
stop
