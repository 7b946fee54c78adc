# SPDX-License-Identifier: MIT
# ringctl_write_full_error.sh owner|none: a full ring with full=error ends write with 1 and the number of bytes it could not write.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start "size=64K,policy=bounded,full=error,map=$1"
silent create "$RING"
lines gen 1 3000 > "$MODEL"
status=0
"$RINGCTL" write "$RING" < "$MODEL" 2> "$T/said" || status=$?
eq "the exit status" 1 "$status"
held=$(size_of "$RING")
((held > 45000)) || fail "only $held bytes are there"
says write "$1" "the ring is full: $(($(size_of "$MODEL") - held)) bytes were read and not written"
cat "$RING" > "$T/out"
head -c "$held" "$MODEL" > "$T/wanted"
same "what was written" "$T/wanted" "$T/out"
eq "a whole line" "" "$(tail -c 1 "$T/out")"
stop
