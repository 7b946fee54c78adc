# SPDX-License-Identifier: MIT
# write makes the ring that is missing, with the attributes it is given, and leaves those of a ring that is there alone.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=128K
mkdir "$MNT/dir"
silent set capacity=192K eof=wait "$MNT/dir"
umask 027
echo one | "$RINGCTL" write -a capacity=64K --attribute align=byte "$RING"
has "$RING" capacity=65536 align=byte
eq "its mode" 640 "$(stat -c %a "$RING")"
echo two | "$RINGCTL" write -a capacity=1M "$RING"
has "$RING" capacity=65536
eq "contents" "one two" "$(echo $(cat "$RING"))"
echo three | "$RINGCTL" write "$MNT/dir/log"
has "$MNT/dir/log" capacity=196608 eof=wait
: | "$RINGCTL" write "$MNT/empty"
has "$MNT/empty" capacity=131072 head=0
writers=()
for n in 1 2 3 4; do
	echo "writer $n" > "$T/in.$n"
	writes "$T/in.$n" -a capacity=64K "$MNT/raced"
	writers+=("$WRITER")
done
for pid in "${writers[@]}"; do ends "$pid" 0; done
eq "of four who make it" "1 2 3 4" "$(echo $(sed 's/writer //' "$MNT/raced" | sort))"
eq "names" "app.log dir empty raced" "$(echo $(ls -A "$MNT"))"
stop
