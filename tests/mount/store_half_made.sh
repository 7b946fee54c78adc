# SPDX-License-Identifier: MIT
# A store whose making was cut short by a kill, at each step, is completed by the next start.
. "$(dirname "$0")/lib.sh"
for step in 1 2 3; do
	mkdir -m 700 "$STORE/.ringfs"
	((step < 2)) || : > "$STORE/.ringfs/store"
	((step < 3)) || echo "ringfs store 1" > "$STORE/.ringfs/store"
	start size=64K "$STORE"
	echo "step $step" >> "$RING"
	eq "a ring in it" "step $step" "$(cat "$RING")"
	stop
	rm -r "$STORE/.ringfs"
done
