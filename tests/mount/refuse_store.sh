# SPDX-License-Identifier: MIT
# A store that is missing, a file, not writable, not empty and not ringfs's, or already in use.
. "$(dirname "$0")/lib.sh"
. "$HERE/refuse.sh"
: > "$T/file"
refused 1 "$T/none" "$T/none" "$MNT"
refused 1 "$T/none" "$MNT" -o "store=$T/none"
refused 1 "$T/file" "$T/file" "$MNT"
refused 1 "$T/file/x" "$T/file/x" "$MNT"
mkdir "$T/foreign"
echo "somebody's letter" > "$T/foreign/letter"
refused 1 "$T/foreign" "$T/foreign" "$MNT"
eq "a foreign directory is left alone" "somebody's letter" "$(cat "$T/foreign/letter")"
# A store of another version, and one in which something else has the place of what is ringfs's.
damaged() { # WORD
	refused 1 "$T/damaged: $1" "$T/damaged" "$MNT"
	rm -r "$T/damaged"/.ringfs
}
mkdir "$T/damaged" "$T/elsewhere"
for text in "ringfs store 2" "something else" "ringfs store"; do
	mkdir -p "$T/damaged/.ringfs/rings"
	echo "$text" > "$T/damaged/.ringfs/store"
	damaged "of another version or damaged (.ringfs/store)"
done
ln -s "$T/elsewhere" "$T/damaged/.ringfs"
damaged "damaged (.ringfs is no directory)"
eq "where the link leads" "" "$(ls -A "$T/elsewhere")"
mkfifo "$T/damaged/.ringfs"
damaged "damaged (.ringfs is no directory)"
for what in "mkdir" "mkfifo" "ln -s $T/elsewhere/file"; do
	mkdir "$T/damaged/.ringfs"
	$what "$T/damaged/.ringfs/store"
	damaged "damaged (.ringfs/store is no regular file)"
done
for what in "touch" "ln -s $T/elsewhere"; do
	mkdir "$T/damaged/.ringfs"
	echo "ringfs store 1" > "$T/damaged/.ringfs/store"
	$what "$T/damaged/.ringfs/rings"
	damaged "damaged (.ringfs/rings is no directory)"
done
eq "where the links lead" "" "$(ls -A "$T/elsewhere")"
mkdir "$T/hidden"
: > "$T/hidden/.hidden"
refused 1 "$T/hidden" "$T/hidden" "$MNT"
if ((EUID == 0)); then
	mkdir "$T/sealed"
	scratch_tmpfs "$T/sealed" 4M
	mount -o remount,ro "$T/sealed"
	refused 1 "$T/sealed" "$T/sealed" "$MNT"
	umount "$T/sealed"
	SCRATCH=()
else
	mkdir -m 555 "$T/sealed"
	refused 1 "$T/sealed" "$T/sealed" "$MNT"
	chmod 755 "$T/sealed"
fi
mkdir "$T/mnt2"
start_at "$T/mnt2" size=64K "$STORE"
write_lines 1 10 "$T/mnt2/app.log"
refused 1 "$STORE" "$STORE" "$MNT"
refused 1 "$STORE" "$MNT" -o "store=$STORE/."
write_lines 11 20 "$T/mnt2/app.log"
cat "$T/mnt2/app.log" > "$T/seen"
same "the mount that has the store" "$MODEL" "$T/seen"
kill_daemon "$T/mnt2"
start size=64K "$STORE"
cat "$RING" > "$T/seen"
same "the store of a killed daemon is free again" "$MODEL" "$T/seen"
stop
