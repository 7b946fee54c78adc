# SPDX-License-Identifier: MIT
# busybox's tools read a ring that has wrapped as they read a plain file with its lines, and its tail follows.
. "$(dirname "$0")/lib.sh"
need busybox
start size=64K
write_lines 1 3000
expected 65536 > "$T/app.log"
for how in 'cat' 'tail -n 7' 'tail -n +100' 'tail -c 999' 'head -n 3' 'tac' 'wc' 'md5sum' 'grep -c 7' 'sed -n $p' 'less' 'sort -r'; do
	read -ra words <<< "$how"
	(cd "$T" && busybox "${words[@]}" app.log) > "$T/wanted"
	(cd "$MNT" && busybox "${words[@]}" app.log) > "$T/got"
	same "busybox $how" "$T/wanted" "$T/got"
done
bg busybox tail -n +1 -f -s 1 "$RING" > "$T/seen" 2> "$T/tail.err"
tail=$BGPID
for ((n = 3000; n < 6000; n += 1000)); do
	wait_for "busybox tail to come to line $n" has_size "$T/seen" "$(size_of "$T/app.log")"
	write_lines $((n + 1)) $((n + 1000))
	cat "$T/chunk" >> "$T/app.log"
done
wait_for "busybox tail to come to the end" has_size "$T/seen" "$(size_of "$T/app.log")"
same "what busybox tail printed" "$T/app.log" "$T/seen"
eq "its stderr" "" "$(cat "$T/tail.err")"
end_bg "$tail"
stop
