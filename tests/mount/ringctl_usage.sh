# SPDX-License-Identifier: MIT
# ringctl called wrongly exits with 2 and one line that says what was expected; nothing is touched.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=64K
cd "$MNT"
lines gen 1 100 | tee "$T/lines" > app.log
verbs="expected create, set, stat, ls, clear, cat, follow or write"
names="expected capacity, policy, align, full, eof, lost or map"
refused 2 "no verb given: $verbs"
refused 2 "'frob': no such verb: $verbs" frob app.log
refused 2 "'--frob': no such option: $verbs" --frob
refused 2 "'--': no such option: $verbs" --
refused 2 "create: too few arguments: expected [-a ATTRIBUTE=VALUE]... FILE..." create
refused 2 "create: too few arguments: expected [-a ATTRIBUTE=VALUE]... FILE..." create -a align=byte
refused 2 "create: -a: expected ATTRIBUTE=VALUE behind it (see ringctl create --help)" create new -a
refused 2 "create: --attribute: expected ATTRIBUTE=VALUE behind it (see ringctl create --help)" create new --attribute
refused 2 "create: new: 'align': expected ATTRIBUTE=VALUE" create -a align new
refused 2 "create: new: and 1 more: 'align': expected ATTRIBUTE=VALUE" create -a align new newer
refused 2 "create: 'align=byte': attributes go behind -a (./align=byte for a file)" create align=byte new
refused 2 "create: 'align=byte': attributes go behind -a (./align=byte for a file)" create -a full=error new align=byte
refused 2 "write: 'align=byte': attributes go behind -a (./align=byte for a file)" write align=byte
refused 2 "create: --json: no such option (see ringctl create --help)" create --json new
refused 2 "set: too few arguments: expected ATTRIBUTE=VALUE... PATH..." set
refused 2 "set: no path given: expected ATTRIBUTE=VALUE... PATH..." set align=byte
refused 2 "set: 'app.log': expected ATTRIBUTE=VALUE" set app.log
refused 2 "set: 'app.log': expected ATTRIBUTE=VALUE" set app.log align=byte
refused 2 "set: 'align=byte': expected ATTRIBUTE=VALUE" set -- align=byte app.log
refused 2 "set: 'full=error': attributes go before paths (./full=error for a file)" set align=byte app.log full=error
refused 2 "set: -a: no such option (see ringctl set --help)" set -a align=byte app.log
refused 2 "set: app.log: policy 'Bounded': expected overwrite or bounded" set policy=Bounded app.log
refused 2 "set: app.log: lost 'no': expected skip, mark or error" set lost=no app.log
refused 2 "set: app.log: eof 'never': expected end or wait" set eof=never app.log
for value in 0 -1 +1 4X 4MB 1.5M ' 4M' '4M ' 0x10 K; do
	refused 2 "set: app.log: capacity '$value': expected a number above 0 with K, M, G or nothing behind it" \
		set "capacity=$value" app.log
done
refused 2 "set: app.log: capacity '99999999999999999999': larger than a ring can be: expected at most 16384G" \
	set capacity=99999999999999999999 app.log
refused 2 "set: app.log: a\\012b 'c': no such attribute: $names" set $'a\nb=c' app.log
refused 2 "stat: too few arguments: expected [--json] PATH..." stat --json
refused 2 "stat: -x: no such option (see ringctl stat --help)" stat -x app.log
refused 2 "stat: --peek: no such option (see ringctl stat --help)" stat --peek app.log
refused 2 "stat: --json=x: no such option (see ringctl stat --help)" stat --json=x app.log
refused 2 "ls: -x: no such option (see ringctl ls --help)" ls -Rx
refused 2 "ls: too many arguments, from 'b': expected [-R] [--json] [DIRECTORY]" ls a b
refused 2 "clear: too few arguments: expected FILE..." clear
refused 2 "clear: -R: no such option (see ringctl clear --help)" clear -R app.log
refused 2 "cat: too few arguments: expected [--peek] FILE" cat --
refused 2 "cat: too many arguments, from 'b': expected [--peek] FILE" cat --peek app.log b
follow="expected [-n N | --from oldest|newest|POSITION] FILE"
write="expected [-i] [-a ATTRIBUTE=VALUE]... FILE"
refused 2 "follow: too few arguments: $follow" follow
refused 2 "follow: too many arguments, from 'b': $follow" follow app.log b
refused 2 "follow: -n: expected a number of lines behind it (see ringctl follow --help)" follow app.log -n
refused 2 "follow: --lines: expected a number of lines behind it (see ringctl follow --help)" follow app.log --lines
refused 2 "follow: --from: expected oldest, newest or a position behind it (see ringctl follow --help)" follow app.log --from
for number in '' -1 +1 1K 1.5 ' 1' 0x10 18446744073709551616; do
	refused 2 "follow: --lines '$number': expected a number of lines" follow -n "$number" app.log
	refused 2 "follow: --from '$number': expected oldest, newest or a position in bytes" follow --from "$number" app.log
done
refused 2 "follow: --lines and --from: expected one of them" follow --lines 3 --from oldest app.log
refused 2 "follow: -i: no such option (see ringctl follow --help)" follow -i app.log
refused 2 "follow: --json: no such option (see ringctl follow --help)" follow --json app.log
refused 2 "write: too few arguments: $write" write
refused 2 "write: too many arguments, from 'b': $write" write app.log b
refused 2 "write: -n: no such option (see ringctl write --help)" write -n 3 app.log
refused 2 "write: --from: no such option (see ringctl write --help)" write --from oldest app.log
refused 2 "write: --from=oldest: no such option (see ringctl write --help)" write --from=oldest app.log
refused 2 "write: -n: no such option (see ringctl write --help)" write app.log -n
refused 2 "write: app.log: align 'no': expected line or byte" write -a align=no app.log
refused 2 "write: new: frob 'no': no such attribute: $names" write -a frob=no new
eq "names" app.log "$(echo *)"
has app.log capacity=65536 policy=overwrite align=line full=block eof=end lost=skip
same "contents" "$T/lines" app.log
cd /
stop
