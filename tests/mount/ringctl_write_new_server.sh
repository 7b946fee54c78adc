# SPDX-License-Identifier: MIT
# When the daemon was killed under write and another serves the store, it comes to know of write: as a writer, and that it has to end when
# the ring is removed.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=64K "$STORE"
mkfifo "$T/in"
: > "$RING"
: > "$MNT/other.log"
writes "$T/in" "$RING"
exec 4> "$T/in"
echo first >&4
wait_for "a line" has_text "$RING" first
kill_daemon
start size=64K "$STORE" 4>&-
feeds() { # COMMAND...: does it hold once write has had something to write?
	echo more >&4
	"$@"
}
is_known() { [[ $("$RINGCTL" stat --json -- "$RING") =~ \"writers\":\ 1 ]]; }
wait_for "the new daemon to know of the writer" feeds is_known
rm "$RING"
trap '' PIPE
is_gone() { gone "$WRITER" || { sleep 0.1; ! echo more >&4; }; } 2> "$T/which"
wait_for "write to end" is_gone
exec 4>&-
ends "$WRITER" 1
has_text "$T/said" "the ring was removed" || fail "write said: $(< "$T/said")"
stop
