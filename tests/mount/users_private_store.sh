# SPDX-License-Identifier: MIT
# With a store in memory: allow_other lets others reach the rings but never the store; without it they reach nothing.
. "$(dirname "$0")/lib.sh"
need_second_user
other() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
start size=64K,allow_other
echo public > "$RING"
echo secret > "$MNT/private"
chmod 600 "$MNT/private"
eq "a public ring" public "$(other cat "$RING")"
eq "the names" "app.log private" "$(other ls "$MNT" | xargs)"
! other cat "$MNT/private" > "$T/seen" 2>&1 || fail "another user reads a ring of mode 600"
private=${PRIVATE[$MNT]}
[[ -d $private ]] || fail "no private store"
! other ls "$private" > "$T/seen" 2>&1 || fail "another user lists the store in memory"
! other cat "$private/app.log" > "$T/seen" 2>&1 || fail "another user reads the store in memory"
stop
start size=64K
echo public > "$RING"
! other cat "$RING" > "$T/seen" 2>&1 || fail "another user reads a ring without allow_other"
has_text "$T/seen" "Permission denied" || fail "without allow_other cat said: $(cat "$T/seen")"
stop
