# SPDX-License-Identifier: MIT
# Ten and fifty idle followers do not keep the mount from answering, and all of them get the next line (peers 19).
. "$(dirname "$0")/lib.sh"
start size=64K
write_lines 1 4000
all_have() {
	local n
	for ((n = 0; n < $1; n++)); do has_text "$T/seen.$n" "$2" || return 1; done
}
followers=()
for count in 10 50; do
	echo "line before $count" >> "$RING"
	while ((${#followers[@]} < count)); do
		bg tail -n 1 -f -s 0.5 "$RING" > "$T/seen.${#followers[@]}"
		followers+=("$BGPID")
	done
	wait_for "$count followers" all_have "$count" "line before $count"
	for ((n = 0; n < 20; n++)); do
		timeout "$DEADLINE" stat "$RING" > "$T/which" || fail "stat beside $count followers"
		timeout "$DEADLINE" ls -l "$MNT" > "$T/which" || fail "ls beside $count followers"
		timeout "$DEADLINE" tail -n 1 "$RING" > "$T/which" || fail "tail beside $count followers"
	done
	echo "line for $count" >> "$RING"
	wait_for "the line in all $count" all_have "$count" "line for $count"
done
for pid in "${followers[@]}"; do kill "$pid"; done
for pid in "${followers[@]}"; do wait "$pid" || true; done
stop
