# SPDX-License-Identifier: MIT
# logrotate with copytruncate, on a ring whose writer keeps its descriptor and its offset: rotated files and ring together hold
# every line, in order, and no NULs. The rotated files are rings too, beside it.
. "$(dirname "$0")/lib.sh"
. "$HERE/prog.sh"
need logrotate gzip
start size=256K
cat > "$T/logrotate.conf" <<CONF
"$RING" {
	copytruncate
	rotate 10
	compress
}
CONF
# Not O_APPEND: its offset grows for ever, also over a truncation, where a plain file would get a hole.
exec 8> "$RING"
for ((turn = 0; turn < 4; turn++)); do
	first=$((turn * 3000 + 1))
	lines gen "$first" $((first + 2999)) | tee -a "$MODEL" >&8
	logrotate --force --state "$T/state" "$T/logrotate.conf" > "$T/logrotate.out" 2>&1 || fail "$(cat "$T/logrotate.out")"
	eq "what logrotate said" "" "$(cat "$T/logrotate.out")"
	eq "the ring's size when it was rotated" 0 "$(size_of "$RING")"
done
lines gen 12001 12500 | tee -a "$MODEL" >&8
exec 8>&-
for ((turn = 4; turn > 0; turn--)); do gzip -dc "$RING.$turn.gz"; done > "$T/all"
cat "$RING" >> "$T/all"
same "rotated files and ring" "$MODEL" "$T/all"
stop
