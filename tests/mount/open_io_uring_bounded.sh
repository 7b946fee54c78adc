# SPDX-License-Identifier: MIT
# Opens and reads of a bounded ring through io_uring take its bytes, whatever their offsets.
. "$(dirname "$0")/lib.sh"
start size=64K,policy=bounded
for how in async sync; do
	: > "$MODEL"
	write_lines 1 600
	status=0
	timeout "$DEADLINE" "$HELPERS/uring_cat" "$RING" "$how" > "$T/seen" || status=$?
	((status != 77)) || skip "io_uring cannot be used here"
	eq "the helper's status" 0 "$status"
	same "through io_uring, $how" "$MODEL" "$T/seen"
	eq "what is left" 0 "$(size_of "$RING")"
done
stop
