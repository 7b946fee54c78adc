# SPDX-License-Identifier: MIT
# A shell loop with >> (an open per line) fills a ring past its capacity.
. "$(dirname "$0")/lib.sh"
start size=64K
for ((n = 0; n < 3000; n++)); do
	printf 'line %05d of a shell loop ............\n' "$n" >> "$RING"
done
for ((n = 0; n < 3000; n++)); do
	printf 'line %05d of a shell loop ............\n' "$n"
done > "$MODEL"
expected 65536 > "$T/expected"
cat "$RING" > "$T/seen"
same "the ring" "$T/expected" "$T/seen"
stop
