# SPDX-License-Identifier: MIT
# Times before 1970 and after what 64 bits of nanoseconds hold become the nearest that can be kept.
. "$(dirname "$0")/lib.sh"
start size=64K
echo x > "$RING"
touch -d '2040-02-03 04:05:06 UTC' "$RING"
eq "a time to come" "$(date -d '2040-02-03 04:05:06 UTC' +%s)" "$(stat -c %Y "$RING")"
touch -d '2600-01-01 UTC' "$RING"
eq "a time beyond 2262" 9223372036 "$(stat -c %Y "$RING")"
touch -d '1960-01-01 UTC' "$RING"
eq "a time before 1970" 0 "$(stat -c %Y "$RING")"
echo y >> "$RING"
(($(stat -c %Y "$RING") > 1700000000)) || fail "a write did not bring the time back"
stop
