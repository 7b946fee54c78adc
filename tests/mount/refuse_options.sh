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
refused 2 "store" "$MNT" -o store=
refused 2 "mountpoint" ""
refused 2 "arguments" "$STORE" "$MNT" third
refused 2 "store" "$STORE" "$MNT" -o "store=$STORE"
