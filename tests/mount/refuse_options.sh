# SPDX-License-Identifier: MIT
# Unknown options and values, missing and surplus arguments are usage errors.
. "$(dirname "$0")/lib.sh"
. "$HERE/refuse.sh"
refused 2 "mountpoint"
refused 2 "mountpoint" -o size=64K
refused 2 "bogus" "$MNT" -o bogus
refused 2 "bogus" "$MNT" -o bogus=1,size=64K
refused 2 "--bogus" "$MNT" --bogus
refused 2 "-Q" "$MNT" -Q
refused 2 "'lines'" "$MNT" -o align=lines
refused 2 "align" "$MNT" -o align=
refused 2 "'maybe'" "$MNT" -o views=maybe
refused 2 "views" "$MNT" -o views=
size="expected a number above 0 with K, M, G or nothing behind it"
for words in "size: $size" "capacity: $size" "policy: expected overwrite or bounded" "align: expected line or byte" \
	"full: expected block or error" "eof: expected end or wait" "lost: expected skip, mark or error" \
	"map: expected owner, none, ro or rw" "views: expected on or off" "store: expected the path of a directory"; do
	refused 2 "ringfs: ${words%%:*}: no value given:${words#*:}" "$MNT" -o "${words%%:*}"
done
refused 2 "policy: no value given" "$MNT" -o size=64K,policy,align=byte
refused 2 "--policy" "$MNT" --policy
refused 2 "remount: options stay what they are" "$MNT" -o rw,remount,size=64K
refused 2 "store" "$MNT" -o store=
refused 2 "mountpoint" ""
refused 2 "arguments" "$STORE" "$MNT" third
refused 2 "store" "$STORE" "$MNT" -o "store=$STORE"
