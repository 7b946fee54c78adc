# SPDX-License-Identifier: MIT
# dd with blocks from 1 byte to more than the capacity: all is appended.
. "$(dirname "$0")/lib.sh"
start size=64K
lines gen 1 100 > "$T/small"
lines gen 101 9000 > "$T/large"
append() { # FILE DD_ARGUMENTS...
	local file=$1
	shift
	dd if="$file" of="$RING" conv=notrunc status=none "$@"
	cat "$file" >> "$MODEL"
	expected 65536 > "$T/expected"
	dd if="$RING" of="$T/seen" status=none
	same "after dd $*" "$T/expected" "$T/seen"
}
append "$T/small" bs=1 oflag=append
append "$T/large" bs=777
append "$T/small" bs=512 oflag=append
append "$T/large" bs=4096
append "$T/large" bs=64K
append "$T/large" bs=1M
append "$T/small" bs=1000 conv=notrunc,fsync
stop
