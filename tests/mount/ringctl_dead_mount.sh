# SPDX-License-Identifier: MIT
# Of a mount whose daemon was killed ringctl says so, and how to be rid of it.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=64K "$STORE"
: > "$RING"
kill -KILL "${DAEMON[$MNT]}"
wait "${DAEMON[$MNT]}" 2> "$T/which" || true
refused 1 "stat: $MNT: the mount is dead; unmount it with fusermount3 -uz" stat "$MNT"
refused 1 "clear: $RING: the mount is dead; unmount it with fusermount3 -uz" clear "$RING"
refused 1 "create: $MNT/new: the mount is dead; unmount it with fusermount3 -uz" create "$MNT/new"
unset "DAEMON[$MNT]"
fusermount3 -u "$MNT"
