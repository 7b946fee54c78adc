# SPDX-License-Identifier: MIT
# When the daemon was killed follow ends, although somebody who has the ring mapped goes on appending.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=64K "$STORE"
: > "$RING"
mkfifo "$T/in"
writes "$T/in" "$RING"
bg yes "a line of a program that does not know" > "$T/in" 2> "$T/which"
wait_for "lines" has_text "$RING" "does not know"
bg "$RINGCTL" follow "$RING" < /dev/null > /dev/null 2> "$T/said"
FOLLOW=$BGPID
reads() { [[ $("$RINGCTL" stat --json -- "$RING") =~ \"readers\":\ [1-9] ]]; }
wait_for "the follower to read" reads
kill -KILL "${DAEMON[$MNT]}"
wait "${DAEMON[$MNT]}" 2> "$T/which" || true
ends "$FOLLOW" 1
has_text "$T/said" "the mount is dead" || fail "follow said: $(< "$T/said")"
gone "$WRITER" && fail "write has ended"
kill -TERM "$WRITER"
wait "$WRITER" || true
unset "DAEMON[$MNT]"
fusermount3 -uz "$MNT"
