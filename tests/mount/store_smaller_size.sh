# SPDX-License-Identifier: MIT
# A remount with another size= leaves the rings that exist as they are; new ones get the new size.
. "$(dirname "$0")/lib.sh"
start size=256K "$STORE"
write_lines 1 9000
expected 262144 > "$T/expected"
stop
for size in 64K 1M; do
	start "size=$size" "$STORE"
	cat "$RING" > "$T/seen"
	same "the old ring under size=$size" "$T/expected" "$T/seen"
	eq "its size under size=$size" 262144 "$(size_of "$RING")"
	write_lines 9001 9500
	expected 262144 > "$T/expected"
	cat "$RING" > "$T/seen"
	same "the old ring, written under size=$size" "$T/expected" "$T/seen"
	head -c 2000000 /dev/zero > "$MNT/new.$size"
	stop
done
start size=64K "$STORE"
eq "the capacity of a ring made under size=64K" 65536 "$(size_of "$MNT/new.64K")"
eq "the capacity of a ring made under size=1M" 1048576 "$(size_of "$MNT/new.1M")"
stop
