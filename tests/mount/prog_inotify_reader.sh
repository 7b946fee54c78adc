# SPDX-License-Identifier: MIT
# prog_inotify_reader.sh watchdog|pyinotify: a reader that reads only when an event says so gets every line through many wraps.
. "$(dirname "$0")/lib.sh"
. "$HERE/prog.sh"
# Debian's packages belong to Debian's Python, whichever runs the rest.
debian=/usr/bin/python3
"$debian" -W ignore -c "import $1" 2> "$T/which" || skip "no $1 for $debian here"
start size=64K
: > "$RING"
bg "$debian" -W ignore "$HERE/prog_inotify_reader.py" "$1" "$RING" > "$T/seen" 2> "$T/reader.err"
reader=$BGPID
ON_TIMEOUT=(cat "$T/reader.err")
wait_for "the reader to watch" has_text "$T/reader.err" ready
arrived() { has_size "$T/seen" "$(size_of "$MODEL")"; }
for ((n = 0; n < 6000; n += 1000)); do
	lines gen $((n + 1)) $((n + 1000)) >> "$MODEL"
	lines write $((n + 1)) $((n + 1000)) "$RING"
	wait_for "the reader to come to line $((n + 1000))" arrived
done
same "what the reader got" "$MODEL" "$T/seen"
eq "the reader's stderr" ready "$(cat "$T/reader.err")"
end_bg "$reader"
stop
