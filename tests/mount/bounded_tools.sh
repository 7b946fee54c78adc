# SPDX-License-Identifier: MIT
# dd, cat, tee, while read and a here-document on a bounded ring do what they do on a FIFO.
. "$(dirname "$0")/lib.sh"
start policy=bounded,size=64K
queue=$MNT/queue
write_lines 1 1000 "$queue"
cat "$queue" > "$T/seen"
same "cat" "$MODEL" "$T/seen"
eq "cat of the empty queue" "" "$(cat "$queue")"
for bs in 1 100 65536; do
	: > "$MODEL"
	write_lines 1 100 "$queue"
	dd if="$queue" of="$T/seen" bs="$bs" status=none
	same "dd bs=$bs" "$MODEL" "$T/seen"
done
dd if=/dev/zero of="$queue" bs=1000 count=65 status=none
eq "dd into the queue" 65000 "$(size_of "$queue")"
dd if="$queue" of="$T/seen" bs=1000 count=1 status=none
eq "what dd has taken" 1000 "$(size_of "$T/seen")"
eq "what dd has left" 64000 "$(size_of "$queue")"
truncate -s 0 "$queue"
cat > "$queue" << 'TEXT'
first line
second line
third line
TEXT
while read -r a b; do echo "$b $a"; done < "$queue" > "$T/seen"
printf 'line first\nline second\nline third\n' > "$T/wanted"
same "while read" "$T/wanted" "$T/seen"
# Two reads by two programs: each goes on where the other has stopped.
printf 'one\ntwo\nthree\n' | tee "$queue" > "$T/which"
{ read -r a && read -r b; } < "$queue"
read -r c < "$queue"
eq "three reads" "one two three" "$a $b $c"
# A pipeline in parentheses shares the open file.
(seq 1 500; seq 501 1000) >> "$queue"
(read -r first; echo "$first"; cat) < "$queue" > "$T/seen"
seq 1 1000 > "$T/wanted"
same "read and cat in turn" "$T/wanted" "$T/seen"
stop
