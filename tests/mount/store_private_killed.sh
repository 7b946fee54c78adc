# SPDX-License-Identifier: MIT
# The store in memory of a daemon that was killed stays, can be mounted by its name with all that was written, and is kept then.
. "$(dirname "$0")/lib.sh"
start size=64K
write_lines 1 3000
expected 65536 > "$T/expected"
store=${PRIVATE[$MNT]}
AT_EXIT+=('rm -rf --one-file-system "$store"')
kill_daemon
for turn in 1 2; do
	start size=1M "$store"
	PRIVATE[$MNT]=
	cat "$RING" > "$T/seen"
	same "the ring, mounted anew for the ${turn}. time" "$T/expected" "$T/seen"
	stop
	[[ -d $store/.ringfs ]] || fail "a store that was named was removed"
done
