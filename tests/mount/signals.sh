# SPDX-License-Identifier: MIT
# SIGTERM and SIGHUP end the daemon with status 0, unmounted and with nothing left behind, also while rings are open.
. "$(dirname "$0")/lib.sh"
for signal in TERM HUP; do
	for state in idle busy; do
		start size=64K
		write_lines 1 3000
		if [[ $state == busy ]]; then exec 3< "$RING" 4>> "$RING"; fi
		kill "-$signal" "${DAEMON[$MNT]}"
		ended "$MNT"
		if [[ $state == busy ]]; then
			status=0
			cat <&3 > "$T/seen" 2> "$T/cat.err" || status=$?
			eq "cat of a ring whose daemon has ended" 1 "$status"
			exec 3<&- 4>&-
		fi
	done
done
start size=64K "$STORE"
write_lines 3001 6000
kill -TERM "${DAEMON[$MNT]}"
ended "$MNT"
lines gen 3001 6000 > "$MODEL"
expected 65536 > "$T/expected"
start size=64K "$STORE"
cat "$RING" > "$T/seen"
same "a store after SIGTERM" "$T/expected" "$T/seen"
stop
