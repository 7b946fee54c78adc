# SPDX-License-Identifier: MIT
# Views opened by 24 threads beside 9 stat callers and 6 writers: no error, no fallback, each with the path's st_ino.
. "$(dirname "$0")/lib.sh"
start size=64K
seconds=${RINGFS_STRESS_SECONDS:-5}
opened=$(timeout $((seconds + 200)) "$HELPERS/stress_views" "$MNT" "$seconds")
echo "views opened without error: $opened"
say "views opened without error: $opened"
((opened >= 2400)) || fail "only $opened views were opened"
eq "fallbacks to the ring's own inode" 0 "$(metric ringfs_canonical_fallbacks_total)"
eq "views the daemon counted" "$opened" "$(metric ringfs_views_opened_total)"
eq "what is left in the mount" "ring-0 ring-1 ring-2 ring-3" "$(cd "$MNT" && echo *)"
stop
