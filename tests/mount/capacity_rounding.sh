# SPDX-License-Identifier: MIT
# Capacities of 1 byte, a page and one less or more, and around 64 KiB: rounded up to 64 KiB, and every byte usable (peers 17).
. "$(dirname "$0")/lib.sh"
page=$(getconf PAGESIZE)
lines gen 1 12000 > "$T/many"
try() { # SIZE CAPACITY
	start "size=$1,align=byte"
	dd if="$T/many" of="$RING" bs=999 status=none
	eq "the capacity of size=$1" "$2" "$(size_of "$RING")"
	tail -c "$2" "$T/many" > "$T/expected"
	cat "$RING" > "$T/seen"
	same "the bytes with size=$1" "$T/expected" "$T/seen"
	stop
}
try 1 65536
try $((page - 1)) 65536
try "$page" 65536
try $((page + 1)) 65536
try 65535 65536
try 65536 65536
try 65537 131072
try 64K 65536
try 65k 131072
try 196608 196608
head -c 3000000 /dev/zero > "$T/many"
try 1M 1048576
start align=byte
cat "$T/many" > "$RING"
eq "the capacity without size=" 1048576 "$(size_of "$RING")"
stop
