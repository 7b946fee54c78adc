# SPDX-License-Identifier: MIT
# --help of ringctl and of each verb, and --version, go to stdout and exit 0, mount or not.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
ctl 0 --help
cp "$T/ctl.out" "$T/help"
ctl 0 -h
same "-h" "$T/help" "$T/ctl.out"
for verb in create set stat ls clear cat follow write; do
	grep -q "^ *$verb " "$T/help" || fail "--help does not speak of $verb"
	for option in --help -h; do
		ctl 0 "$verb" "$option"
		has_text "$T/ctl.out" "Usage: ringctl $verb " || fail "$verb $option prints: $(< "$T/ctl.out")"
		eq "columns of $verb $option" "" "$(awk 'length($0) > 100' "$T/ctl.out")"
	done
	ctl 0 "$verb" /nowhere --help
done
for option in --version -V; do
	ctl 0 "$option"
	eq "$option" "ringctl $("$RINGFS" --version | sed -n 's/^ringfs //p')" "$(< "$T/ctl.out")"
done
