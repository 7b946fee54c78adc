# SPDX-License-Identifier: MIT
# sed -i (a temporary ring that is renamed over the old one) leaves what it leaves on a plain file, mode included.
. "$(dirname "$0")/lib.sh"
start size=64K
mkdir "$T/plain"
for directory in "$T/plain" "$MNT"; do
	lines gen 1 800 > "$directory/app.log"
	chmod 640 "$directory/app.log"
	sed -i -e 's/abc/ABC/g' -e '/7 /d' "$directory/app.log"
done
diff -r "$T/plain" "$MNT" >&2 || fail "sed -i left something else than on a plain file"
eq "the mode" 640 "$(stat -c %a "$RING")"
stop
