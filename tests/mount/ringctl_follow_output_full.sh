# SPDX-License-Identifier: MIT
# An output that takes nothing more is one line and exit status 1, also one that is closed.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=64K
write_lines 1 10
status=0
"$RINGCTL" follow "$RING" > /dev/full 2> "$T/said" || status=$?
eq "/dev/full" "1 ringctl: follow: standard output: No space left on device" "$status $(< "$T/said")"
status=0
"$RINGCTL" follow "$RING" >&- 2> "$T/said" || status=$?
eq "closed" "1 ringctl: follow: standard output: Bad file descriptor" "$status $(< "$T/said")"
status=0
"$RINGCTL" follow "$RING" >> "$RING" 2> "$T/said" || status=$?
eq "the ring itself" "1 ringctl: follow: $RING: is standard output itself" "$status $(< "$T/said")"
same "the ring" "$MODEL" "$RING"
stop
