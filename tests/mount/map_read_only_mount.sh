# SPDX-License-Identifier: MIT
# A mount with ro has no place for the socket by which rings are handed over: EROFS, and follow reads through the mount.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=64K "$STORE"
write_lines 1 100
stop
start ro "$STORE"
py <<'PY'
from maplib import *
eq("mapping for reading", "EROFS", errno_of(lambda: Tool(at("app.log"), "ro")))
eq("mapping for writing", "EROFS", errno_of(lambda: Tool(at("app.log"), "rw")))
PY
follow --from oldest "$RING"
shows "$(tail -n 1 "$MODEL")"
same "what it shows" "$MODEL" "$T/seen"
eq "what it says" "ringctl: follow: $RING: cannot be mapped (the mount is read-only): reading through the mount" "$(< "$T/said")"
kill -TERM "$FOLLOW"
ends "$FOLLOW" 143
stop
