# SPDX-License-Identifier: MIT
# prog_rsyslog.sh inotify|polling: rsyslog's imfile follows a ring through many wraps: every line arrives, once and whole.
. "$(dirname "$0")/lib.sh"
. "$HERE/prog.sh"
start size=256K
write_lines 1 10
begin_rsyslog "$1"
arrived() { has_size "$T/seen" "$(size_of "$MODEL")"; }
wait_for "the first lines" arrived
# At most 220 of the ring's 256 KiB are ever ahead of rsyslog.
for ((n = 10; n < 60010; n += 4000)); do
	lines gen $((n + 1)) $((n + 4000)) >> "$MODEL"
	lines write $((n + 1)) $((n + 4000)) "$RING"
	wait_for "rsyslog to come to line $((n + 4000))" arrived
done
same "what rsyslog got" "$MODEL" "$T/seen"
(($(size_of "$MODEL") > 10 * 262144)) || fail "the ring did not wrap ten times"
end_rsyslog
eq "bytes that rsyslog missed" 0 "$(metric ringfs_lost_bytes_total)"
echo "$(wc -l < "$T/seen") lines"
stop
