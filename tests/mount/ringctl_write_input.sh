# SPDX-License-Identifier: MIT
# An input that is closed or a directory is one line and exit status 1; an empty one is well.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=64K
echo kept > "$RING"
status=0
"$RINGCTL" write "$RING" <&- 2> "$T/said" || status=$?
eq "closed" "1 ringctl: write: standard input: Bad file descriptor" "$status $(< "$T/said")"
status=0
"$RINGCTL" write "$RING" < "$T" 2> "$T/said" || status=$?
eq "a directory" "1 ringctl: write: standard input: Is a directory" "$status $(< "$T/said")"
status=0
"$RINGCTL" write "$RING" < "$RING" 2> "$T/said" || status=$?
eq "the ring itself" "1 ringctl: write: $RING: is standard input itself" "$status $(< "$T/said")"
silent write "$RING"
eq "the ring" kept "$(< "$RING")"
stop
