# SPDX-License-Identifier: MIT
# tail -n1 gives each new line although the size of the full ring stands still: no stale page, no stale size (peers 4).
. "$(dirname "$0")/lib.sh"
start size=64K
write_lines 1 4000
for ((n = 0; n < 60; n++)); do
	echo "last line $n" >> "$RING"
	eq "tail -n1" "last line $n" "$(tail -n1 "$RING")"
	eq "the size of the full ring" 65536 "$(size_of "$RING")"
done
stop
