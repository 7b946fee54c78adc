# SPDX-License-Identifier: MIT
# A second user who may write a ring but not read it writes through the mount, lines whole.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
need_second_user
start size=64K,allow_other
: > "$RING"
chmod 622 "$RING"
other=(setpriv --reuid=65534 --regid=65534 --clear-groups)
"${other[@]}" test -x "$RINGCTL" || skip "a second user cannot run ringctl"
lines gen 1 100 | tee "$MODEL" | "${other[@]}" "$RINGCTL" write "$RING" 2> "$T/said"
same "the ring" "$MODEL" "$RING"
says write none
status=0
chmod 600 "$RING"
"${other[@]}" "$RINGCTL" write "$RING" < "$MODEL" 2> "$T/said" || status=$?
eq "without rights" "1 ringctl: write: $RING: Permission denied" "$status $(< "$T/said")"
stop
