# SPDX-License-Identifier: MIT
# Three producers and three consumers share a bounded ring, each in a shell pipeline of its own: every line arrives exactly once.
# Records of one size, read by that size: a read never ends inside one, so nobody needs a lock.
. "$(dirname "$0")/lib.sh"
start size=64K,policy=bounded
queue=$MNT/queue
each=8000
records() { # 64 bytes each
	awk -v who="$1" -v n="$each" 'BEGIN { for (i = 1; i <= n; i++) printf "producer %d record %06d %-38s\n", who, i, "" }'
}
for p in 1 2 3; do records $p > "$T/records.$p"; done
sort "$T"/records.? > "$T/wanted"
eq "the bytes of all records" $((3 * each * 64)) "$(size_of "$T/wanted")"
# An empty queue without a writer is at its end: one holds it open until all producers are done.
bg sleep 1000 >> "$queue"
keeper=$BGPID
for c in 1 2 3; do
	bg bash -o pipefail -c 'dd if="$1" bs=64 status=none | sed "s/^/consumer $2 /" > "$3"' consumer "$queue" "$c" "$T/got.$c"
	consumers+=("$BGPID")
done
for p in 1 2 3; do
	bg bash -o pipefail -c 'cat "$1" | dd bs=6400 iflag=fullblock status=none >> "$2"' producer "$T/records.$p" "$queue"
	producers+=("$BGPID")
done
for p in "${producers[@]}"; do wait "$p"; done
end_bg "$keeper"
for c in "${consumers[@]}"; do wait "$c"; done
sed 's/^consumer . //' "$T"/got.? | sort > "$T/all"
same "what all consumers got" "$T/wanted" "$T/all"
for c in 1 2 3; do # each producer's records come to a consumer in their order
	for p in 1 2 3; do
		{ grep "producer $p " "$T/got.$c" || true; } | sort -c || fail "consumer $c got producer $p's records out of order"
	done
done
eq "what is left" 0 "$(size_of "$queue")"
echo "$(wc -l < "$T/all") lines"
stop
