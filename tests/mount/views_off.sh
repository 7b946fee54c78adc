# SPDX-License-Identifier: MIT
# views=off: readers are served on the ring's own inode, from the origin of their open, and no view is opened.
. "$(dirname "$0")/lib.sh"
start size=64K,views=off
write_lines 1 5000
expected 65536 > "$T/expected"
for tool in cat sort tac "wc -l" "grep -c 0"; do
	$tool < "$T/expected" > "$T/wanted"
	$tool < "$RING" > "$T/seen"
	same "$tool" "$T/wanted" "$T/seen"
done
exec 3< "$RING"
head -c 1000 <&3 > "$T/start"
head -c 1000 "$T/expected" > "$T/wanted"
same "the first bytes of a held open" "$T/wanted" "$T/start"
write_lines 5001 9000
expected 65536 > "$T/expected"
cat <&3 > "$T/rest"
tail -c "$(size_of "$T/expected")" "$T/rest" > "$T/seen"
same "the rest of a held open that was overrun" "$T/expected" "$T/seen"
eq "fstat of an open" 65536 "$(stat -L -c %s /dev/fd/3)"
exec 3<&-
eq "views opened" 0 "$(metric ringfs_views_opened_total)"
stop
