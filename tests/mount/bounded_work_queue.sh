# SPDX-License-Identifier: MIT
# A bounded ring as a work queue of shells: 4 producers, 4 consumers, every line exactly once, through a ring that is full all the time.
. "$(dirname "$0")/lib.sh"
need getfattr
start policy=bounded,size=64K
queue=$MNT/queue
produce() {
	local n
	for ((n = $1; n < $1 + $2; n++)); do
		printf '%08d %s\n' "$n" "$PAD"
	done > "$queue"
}
consume_lines() {
	local row
	while read -r row; do printf '%s\n' "$row"; done < "$queue"
}
consume_blocks() { cat "$queue"; }
all_open() { [[ $(getfattr --only-values -n user.ring.readers "$queue" 2> "$T/which") == "$1" ]]; }
for how in lines blocks; do
	PAD=$(printf '%60s' '')
	count=100
	[[ $how == lines ]] || count=2000
	# Keeps the queue open until all producers have had their turn.
	bg sleep 1000 > "$queue"
	keeper=$BGPID
	consumers=() producers=()
	for n in 0 1 2 3; do
		bg "consume_$how" > "$T/taken.$n"
		consumers+=("$BGPID")
	done
	wait_for "4 consumers" all_open 4
	for n in 0 1 2 3; do
		bg produce $((n * 10000)) "$count"
		producers+=("$BGPID")
	done
	for pid in "${producers[@]}"; do wait "$pid" || fail "a producer of $how failed"; done
	end_bg "$keeper"
	for pid in "${consumers[@]}"; do wait "$pid" || fail "a consumer of $how failed"; done
	for n in 0 1 2 3; do seq -f %08.0f $((n * 10000)) $((n * 10000 + count - 1)); done > "$T/wanted"
	cut -c 1-8 "$T"/taken.[0-3] | sort > "$T/got"
	same "the lines of all consumers ($how)" "$T/wanted" "$T/got"
	eq "whole lines ($how)" "$((4 * count))" "$(cat "$T"/taken.[0-3] | grep -cE "^[0-9]{8}( {61})?$")"
done
stop
