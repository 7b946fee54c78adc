# SPDX-License-Identifier: MIT
# ringctl clear empties rings of both kinds, and who has them open goes on.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=64K
cd "$MNT"
write_lines 1 3000
silent create -a policy=bounded queue
lines gen 1 100 > queue
exec 3>> app.log
silent clear app.log queue
has app.log writers=1
eq "sizes" "0 0" "$(echo $(stat -c %s app.log queue))"
eq "the log" "" "$(< app.log)"
echo more >&3
exec 3>&-
eq "the log goes on" more "$(< app.log)"
ctl 0 cat queue
eq "the queue" "" "$(< "$T/ctl.out")"
mkdir dir
refused 1 "clear: dir: is a directory: expected a ring" clear dir app.log
eq "the one behind the error" 0 "$(stat -c %s app.log)"
# A consumer that waits goes on waiting: clearing is not a writer that comes and goes.
exec 3<> queue
bg timeout "$DEADLINE" bash -c 'exec head -c 5 <&3' > "$T/got"
waits() { has_text .ringfs/metrics 'ringfs_ring_waiting{ring="queue"} 1'; }
wait_for "the consumer to wait" waits
silent clear queue
waits || fail "clearing ended the wait of a consumer"
echo word >&3
wait "$BGPID"
eq "what the consumer got" word "$(< "$T/got")"
exec 3>&-
cd /
stop
