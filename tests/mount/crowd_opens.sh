# SPDX-License-Identifier: MIT
# More threads of one user open a ring at once than the daemon sends round for nodes of their own: nobody is told ESTALE, and others get
# theirs.
. "$(dirname "$0")/lib.sh"
need_second_user
ulimit -S -n 4000 2> "$T/which" || skip "a process may not have 4000 descriptors here"
start size=64K,allow_other
echo line > "$RING"
chmod 644 "$RING"
open_many() { exec "${@:3}" "$HELPERS/open_many" "$RING" "$1" > "$T/$2"; }
# All are in front of the daemon before it looks at the first.
kill -STOP "${DAEMON[$MNT]}"
: > "$T/crowd"
: > "$T/others"
bg open_many 3000 crowd setpriv --reuid=65534 --regid=65534 --clear-groups
crowd=$BGPID
started_or_gone() { has_text "$T/crowd" started || gone "$crowd"; }
wait_for "the crowd" started_or_gone
has_text "$T/crowd" started || skip "a process may not have 3000 threads here"
bg open_many 50 others
others=$BGPID
wait_for "the others" has_text "$T/others" started
kill -CONT "${DAEMON[$MNT]}"
wait "$crowd" "$others"
eq "the others" "50 opened, 0 ESTALE" "$(tail -n 1 "$T/others")"
eq "the crowd" "3000 opened, 0 ESTALE" "$(tail -n 1 "$T/crowd")"
before=$(metric ringfs_canonical_fallbacks_total)
((before > 0)) || fail "the crowd was not large enough"
bg open_many 50 others
wait "$BGPID"
eq "the others afterwards" "50 opened, 0 ESTALE" "$(tail -n 1 "$T/others")"
eq "those of them without a node of their own" "$before" "$(metric ringfs_canonical_fallbacks_total)"
stop
