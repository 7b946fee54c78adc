# SPDX-License-Identifier: MIT
# A capacity for which the store has no room, be it less than before, is refused with the reason, and the ring is as it was.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
scratch_tmpfs "$STORE" 1M
start size=512K,align=byte "$STORE"
lines gen 1 10000 > "$RING"
cat "$RING" > "$T/before"
head -c 2M /dev/zero > "$STORE/ballast" 2> "$T/which" || true
for capacity in 64K 768K; do
	refused 1 "set: $RING: capacity '$capacity': no room in the store, which for a moment holds the ring twice" \
		set "capacity=$capacity" "$RING"
done
has "$RING" capacity=524288
same "the ring" "$T/before" "$RING"
rm "$STORE/ballast"
silent set capacity=64K "$RING"
has "$RING" capacity=65536 held=65536
stop
