# SPDX-License-Identifier: MIT
# truncate -s 0 clears the ring; it takes bytes again.
. "$(dirname "$0")/lib.sh"
start size=64K
write_lines 1 5000
truncate -s 0 "$RING"
eq "the size after truncate -s 0" 0 "$(size_of "$RING")"
cat "$RING" > "$T/seen"
eq "bytes after truncate -s 0" 0 "$(size_of "$T/seen")"
: > "$MODEL"
write_lines 5001 5010
cat "$RING" > "$T/seen"
same "the lines after the clear" "$MODEL" "$T/seen"
eq "the size of the new lines" "$(size_of "$MODEL")" "$(size_of "$RING")"
stop
