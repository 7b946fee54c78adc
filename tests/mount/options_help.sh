# SPDX-License-Identifier: MIT
# --help and --version go to stdout, exit 0 and mount nothing.
. "$(dirname "$0")/lib.sh"
for option in --help -h --version -V; do
	status=0
	"$RINGFS" "$option" > "$T/out" 2> "$T/err" || status=$?
	eq "the exit status of $option" 0 "$status"
	eq "stderr of $option" "" "$(cat "$T/err")"
	[[ -s $T/out ]] || fail "$option prints nothing"
done
"$RINGFS" --help > "$T/out"
for word in Usage: MOUNTPOINT size= align= store= allow_other --help --version; do
	has_text "$T/out" "$word" || fail "--help does not speak of $word"
done
"$RINGFS" --help "$MNT" > "$T/out"
! mounted "$MNT" || fail "--help with a mountpoint has mounted"
"$RINGFS" --version > "$T/out"
grep -q '^ringfs.* [0-9]\+\.[0-9]\+\.[0-9]\+' "$T/out" || fail "--version prints: $(cat "$T/out")"
