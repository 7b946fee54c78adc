# SPDX-License-Identifier: MIT
# Shell loops as producers and consumers of a bounded ring, lines of any length: read(1) takes byte by byte, so the consumers
# take turns by flock(1) on the ring itself. Every line arrives exactly once.
. "$(dirname "$0")/lib.sh"
need flock
start size=64K,policy=bounded
queue=$MNT/queue
each=60
produce() {
	local i
	for ((i = 1; i <= each; i++)); do
		printf 'producer %d line %d %.*s\n' "$1" "$i" $((i % 37)) aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
	done >> "$queue"
}
consume() {
	local line
	while
		flock 9
		IFS= read -r line
	do
		flock -u 9
		printf '%s\n' "$line"
	done < "$queue" 9< "$queue"
}
# An empty queue without a writer is at its end: one holds it open until all producers are done.
bg sleep 1000 >> "$queue"
keeper=$BGPID
for c in 1 2; do
	bg consume > "$T/got.$c"
	consumers+=("$BGPID")
done
for p in 1 2; do
	bg produce $p
	producers+=("$BGPID")
done
for p in "${producers[@]}"; do wait "$p"; done
end_bg "$keeper"
for c in "${consumers[@]}"; do wait "$c"; done
for p in 1 2; do queue=/dev/stdout produce $p; done | sort > "$T/wanted"
sort "$T"/got.? > "$T/all"
same "what all consumers got" "$T/wanted" "$T/all"
echo "$(wc -l < "$T/all") lines"
stop
