# SPDX-License-Identifier: MIT
# inotify on the directory reports every write with the name of its ring, also with views opened and closed between them.
. "$(dirname "$0")/lib.sh"
need inotifywait
start size=64K
mkdir "$MNT/logs"
echo one >> "$MNT/logs/held"
exec 3>> "$MNT/logs/held"
bg inotifywait -m -e modify -e create --format '%e %f' "$MNT/logs" > "$T/events" 2> "$T/inotify.err"
watcher=$BGPID
wait_for "the watch" has_text "$T/inotify.err" "Watches established."
events() { [[ $(wc -l < "$T/events") -ge $1 ]]; }
wanted=0
event() { # KIND NAME
	echo "$1 $2" >> "$T/wanted"
	wanted=$((wanted + 1))
	wait_for "event $wanted ($1 $2)" events "$wanted"
}
: >> "$MNT/logs/fresh"
event CREATE fresh
for ((n = 0; n < 20; n++)); do
	echo "by name" >> "$MNT/logs/fresh"
	event MODIFY fresh
	cat "$MNT/logs/fresh" "$MNT/logs/held" > "$T/seen"
	echo "held open" >&3
	event MODIFY held
	tail -n 1 "$MNT/logs/held" > "$T/seen"
done
same "the events" "$T/wanted" "$T/events"
exec 3>&-
end_bg "$watcher"
stop
