# SPDX-License-Identifier: MIT
# When the daemon is killed under write, it goes on, and the next mount of the store has all of it.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=64K "$STORE"
mkfifo "$T/in"
: > "$RING"
writes "$T/in" "$RING"
exec 4> "$T/in"
lines gen 1 20 | tee -a "$MODEL" >&4
wait_for "line 20" has_text "$RING" "$(lines gen 20 20)"
kill_daemon
lines gen 21 40 | tee -a "$MODEL" >&4
# A daemon that had the other end of the FIFO would keep it open.
start size=64K "$STORE" 4>&-
wait_for "line 40" has_text "$RING" "$(lines gen 40 40)"
lines gen 41 60 | tee -a "$MODEL" >&4
exec 4>&-
ends "$WRITER" 0
same "the ring" "$MODEL" "$RING"
says write owner
stop
