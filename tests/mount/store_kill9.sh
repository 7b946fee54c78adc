# SPDX-License-Identifier: MIT
# The daemon is killed while two rings are written: after a remount every write that had returned is there, and nothing else.
. "$(dirname "$0")/lib.sh"
writer() {
	py "$1" "$2" << 'PY'
import os, sys
from ringlib import *
mount, name, first = sys.argv[1], sys.argv[2], int(sys.argv[3])
n = first
with open(os.environ["T"] + "/started." + name, "w") as started:
    try:
        fd = os.open(mount + "/" + name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        while True:
            eq("the result of write", len(line(n)), os.write(fd, line(n)))
            n += 1
            if n == first + 3000:
                started.write("3000 lines are written\n")
                started.flush()
    except OSError as error:
        holds("the error of a dead mount, not %s" % error, error.errno in (errno.ENOTCONN, errno.ECONNABORTED, errno.EIO))
print(n - 1)
PY
}
export T
declare -A next=([a]=0 [b]=0)
pids=()
for ((turn = 0; turn < 4; turn++)); do
	start size=128K "$STORE"
	for name in a b; do
		: > "$T/started.$name"
		bg writer "$name" "${next[$name]}" > "$T/last.$name"
		pids+=("$BGPID")
	done
	for name in a b; do
		wait_for "the writer of $name" has_text "$T/started.$name" 3000
	done
	daemon=${DAEMON[$MNT]}
	kill -KILL "$daemon"
	wait "$daemon" 2> "$T/which" || true
	for pid in "${pids[@]}"; do wait "$pid" || fail "a writer failed"; done
	pids=()
	unset "DAEMON[$MNT]"
	fusermount3 -u "$MNT" || fail "cannot unmount after the kill"
	start size=128K "$STORE"
	for name in a b; do
		cat "$MNT/$name" > "$T/seen"
		found=$(lines check "$T/seen")
		last=${found#* } returned=$(cat "$T/last.$name")
		((last == returned || last == returned + 1)) ||
			fail "turn $turn: line $returned of $name was the last that returned, line $last is the last there"
		next[$name]=$((last + 1))
		eq "the size of $name" 131072 "$(size_of "$MNT/$name")"
	done
	stop
done
