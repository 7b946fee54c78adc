# SPDX-License-Identifier: MIT
# A mountpoint that is missing, a file, inside the store, the store itself or already a ringfs.
. "$(dirname "$0")/lib.sh"
. "$HERE/refuse.sh"
mkdir "$T/other"
: > "$T/file"
refused 1 "$T/none" "$T/none"
refused 1 "$T/none" "$T/other" "$T/none"
refused 1 "$T/file" "$T/file"
refused 1 "$T/file/x" "$T/file/x"
start_at "$T/other" size=64K "$STORE"
mkdir "$T/other/inside"
stop "$T/other"
refused 1 "$STORE/.ringfs/rings/inside" "$STORE" "$STORE/.ringfs/rings/inside"
ln -s "$STORE/.ringfs/rings/inside" "$T/link"
refused 1 "$STORE/.ringfs/rings/inside" "$STORE" "$T/link"
refused 1 "$STORE" "$STORE" "$STORE"
refused 1 "$STORE" "$STORE/." "$STORE"
# SOURCE and MOUNTPOINT the wrong way round
refused 1 "$STORE" "$MNT" "$STORE"
eq "what became of the mountpoint" "" "$(ls -A "$MNT")"
start size=64K
refused 1 "$MNT" "$MNT"
refused 1 "$MNT" "$STORE" "$MNT"
write_lines 1 10
cat "$RING" > "$T/seen"
same "the mount that is there" "$MODEL" "$T/seen"
stop
