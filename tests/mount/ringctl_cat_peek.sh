# SPDX-License-Identifier: MIT
# ringctl cat --peek prints what is in a bounded ring and leaves it there for its readers.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=1M
cd "$MNT"
silent create -a policy=bounded queue
ctl 0 cat --peek queue
eq "an empty queue" "" "$(< "$T/ctl.out")"
lines gen 1 15000 | tee "$T/queued" > queue
for _ in 1 2; do
	ctl 0 cat --peek queue
	same "a look at it" "$T/queued" "$T/ctl.out"
done
exec 3< queue
head -c 64 <&3 > "$T/first"
ctl 0 cat --peek queue
size=$(stat -c %s queue)
tail -c "$size" "$T/queued" > "$T/rest"
same "a look at what a reader has left" "$T/rest" "$T/ctl.out"
cat <&3 > "$T/got"
exec 3<&-
same "what the reader gets" "$T/rest" "$T/got"
cd /
stop
