# SPDX-License-Identifier: MIT
# A ring that is resized, cleared and written by others under write gets every line once.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=1M
: > "$RING"
mkfifo "$T/in"
writes "$T/in" "$RING"
exec 4> "$T/in"
next=1
for capacity in 4M 256K 1M 64K 2M; do
	lines gen "$next" $((next + 200)) | tee -a "$MODEL" >&4
	wait_for "line $((next + 200))" has_text "$RING" "$(lines gen $((next + 200)) $((next + 200)))"
	silent set "capacity=$capacity" "$RING"
	next=$((next + 201))
done
exec 4>&-
ends "$WRITER" 0
has "$RING" "head=$(size_of "$MODEL")"
expected 65536 > "$T/wanted"
tail -c "$(size_of "$T/wanted")" "$RING" > "$T/out"
same "the newest" "$T/wanted" "$T/out"
says write owner
stop
