# SPDX-License-Identifier: MIT
# On a store without room for a new ring write says so once and waits, as it does for one that is there; when there is
# room, every line is there, and the ring has the attributes that were given. Told to stop, it has read nothing.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
scratch_tmpfs "$STORE" 1M
start size=128K "$STORE"
lines gen 1 3000 > "$MODEL"
head -c 2M /dev/zero > "$STORE/ballast" 2> "$T/which" || true
refused 1 "create: $RING: No space left on device" create "$RING"
writes "$MODEL" "$RING"
wait_for "it to say so" has_text "$T/said" "No space left on device"
kill -TERM "$WRITER"
ends "$WRITER" 143
eq "what it said" "ringctl: write: $RING: No space left on device: waiting
ringctl: write: $RING: told to stop: nothing was read" "$(< "$T/said")"
writes "$MODEL" -a capacity=256K -a eof=wait "$RING"
wait_for "it to say so" has_text "$T/said" "No space left on device"
eq "names" "" "$(ls -A "$MNT")"
rm "$STORE/ballast"
ends "$WRITER" 0
says write owner "No space left on device: waiting"
has "$RING" capacity=262144 eof=wait "head=$(size_of "$MODEL")"
silent set eof=end "$RING"
same "the ring" "$MODEL" "$RING"
eq "names" app.log "$(ls -A "$MNT")"
refused 1 "write: $MNT/large: capacity '1G': larger than the store can hold" write -a capacity=1G "$MNT/large"
stop
