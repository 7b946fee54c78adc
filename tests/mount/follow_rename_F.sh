# SPDX-License-Identifier: MIT
# tail -F goes over to the new ring when the old one is renamed away and a new one takes its name.
. "$(dirname "$0")/lib.sh"
start size=64K
write_lines 1 2000
bg tail -n 0 -F -s 0.05 "$RING" > "$T/seen" 2> "$T/tail.err"
tail=$BGPID
follows() {
	echo "probe" >> "$RING"
	has_text "$T/seen" probe
}
wait_for "tail to follow" follows
echo "last of the old" >> "$RING"
wait_for "the old ring's last line" has_text "$T/seen" "last of the old"
mv "$RING" "$RING.1"
echo "first of the new" > "$RING"
wait_for "the new ring's first line" has_text "$T/seen" "first of the new"
echo "second of the new" >> "$RING"
wait_for "the new ring's second line" has_text "$T/seen" "second of the new"
eq "lines but probes" "last of the old first of the new second of the new" "$(grep -v '^probe$' "$T/seen" | xargs)"
end_bg "$tail"
stop
