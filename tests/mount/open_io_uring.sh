# SPDX-License-Identifier: MIT
# Opens and reads through io_uring give the whole ring.
. "$(dirname "$0")/lib.sh"
start size=64K
write_lines 1 5000
expected 65536 > "$T/expected"
for n in 1 2 3; do
	status=0
	timeout "$DEADLINE" "$HELPERS/uring_cat" "$RING" > "$T/seen" || status=$?
	((status != 77)) || skip "io_uring cannot be used here"
	eq "the helper's status" 0 "$status"
	same "through io_uring" "$T/expected" "$T/seen"
done
stop
