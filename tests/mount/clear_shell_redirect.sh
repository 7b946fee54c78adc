# SPDX-License-Identifier: MIT
# > file clears the ring, and a first line that does not start at the tail of old bytes is shown whole.
. "$(dirname "$0")/lib.sh"
start size=64K
write_lines 1 5000
: > "$RING"
eq "the size after >" 0 "$(size_of "$RING")"
echo "first" > "$RING"
eq "after echo >" "first" "$(cat "$RING")"
echo "second" > "$RING"
eq "after a second echo >" "second" "$(cat "$RING")"
stop
