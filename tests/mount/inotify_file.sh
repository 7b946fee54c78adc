# SPDX-License-Identifier: MIT
# inotify on the file reports every write, also with views opened and closed between them.
. "$(dirname "$0")/lib.sh"
need inotifywait
start size=64K
write_lines 1 3000
bg inotifywait -m -e modify --format '%e %w%f' "$RING" > "$T/events" 2> "$T/inotify.err"
watcher=$BGPID
wait_for "the watch" has_text "$T/inotify.err" "Watches established."
events() { [[ $(wc -l < "$T/events") -ge $1 ]]; }
exec 3>> "$RING"
wanted=0
for ((n = 0; n < 20; n++)); do
	echo "by name" >> "$RING"
	wait_for "event $((++wanted))" events "$wanted"
	cat "$RING" > "$T/seen"
	echo "held open" >&3
	wait_for "event $((++wanted))" events "$wanted"
	tail -n 1 "$RING" > "$T/seen"
done
eq "all events" "$wanted" "$(grep -c "^MODIFY $RING\$" "$T/events")"
eq "other events" "$wanted" "$(wc -l < "$T/events")"
exec 3>&-
end_bg "$watcher"
stop
