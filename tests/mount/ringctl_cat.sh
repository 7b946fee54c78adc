# SPDX-License-Identifier: MIT
# ringctl cat prints what a ring holds now, and never waits for more; of a bounded ring it takes what it prints.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=64K
cd "$MNT"
write_lines 1 5000
for options in "" --peek; do
	ctl 0 cat $options app.log
	same "a log that has wrapped" <(expected 65536) "$T/ctl.out"
done
silent set eof=wait app.log
ctl 0 cat -- app.log
same "with eof=wait" <(expected 65536) "$T/ctl.out"
silent create -a policy=bounded -- -queue
exec 3<> ./-queue
ctl 0 cat -- -queue
eq "an empty queue with a writer" "" "$(< "$T/ctl.out")"
lines gen 1 500 | tee "$T/queued" >&3
ctl 0 cat -- -queue
same "a queue" "$T/queued" "$T/ctl.out"
ctl 0 cat -- -queue
eq "the queue after that" "" "$(< "$T/ctl.out")"
exec 3>&-
mkdir dir
refused 1 "cat: dir: is a directory: expected a ring" cat dir
refused 1 "cat: nowhere: No such file or directory" cat nowhere
refused 1 "cat: .ringfs/metrics: is neither a ring nor a directory for rings" cat .ringfs/metrics
status=0
"$RINGCTL" cat app.log > /dev/full 2> "$T/ctl.err" || status=$?
eq "status with a full disk" 1 "$status"
eq "stderr with a full disk" "ringctl: cat: standard output: No space left on device" "$(< "$T/ctl.err")"
cd /
stop
