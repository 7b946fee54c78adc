# SPDX-License-Identifier: MIT
# ringctl set that cannot set one attribute changes none of that ring or directory, names it, and goes on with the next.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=64K
cd "$MNT"
mkdir dir
silent create one two
silent create -a policy=bounded -a capacity=256K queue
head -c 100000 /dev/zero > queue
silent set policy=bounded align=byte dir

unchanged() {
	has one capacity=65536 policy=overwrite align=line full=block
	has two capacity=65536 policy=overwrite align=line full=block
	has queue capacity=262144 policy=bounded align=line full=block
	has dir capacity= policy=bounded align=byte full=
}
names="expected capacity, policy, align, full, eof, lost or map"
number="expected a number above 0 with K, M, G or nothing behind it"
refused 2 "set: one: capacity 'x': $number" set align=byte capacity=x one
refused 2 "set: one: and 1 more: capacity '0': $number" set align=byte capacity=0 one two
refused 2 "set: one: colour 'red': no such attribute: $names" set align=byte colour=red one
refused 2 "set: one: head '5': can only be read: $names" set align=byte head=5 one
refused 2 "set: one: full 'blok': expected block or error" set align=byte full=blok one
refused 2 "set: one: align 'line': given twice: expected one value" set align=byte align=line one
refused 2 "set: one: capacity '16385G': larger than a ring can be: expected at most 16384G" set align=byte capacity=16385G one
refused 1 "set: one: policy '': every ring has its own: expected overwrite or bounded" set align=byte policy= one
unchanged
for path in one dir; do
	refused 1 "set: $path: capacity '16384G': larger than the store can hold" \
		set align=line full=error policy=bounded capacity=16384G "$path"
done
refused 1 "set: queue: capacity '64K': the ring holds more than that; read or clear it first" \
	set align=byte capacity=64K full=error queue
unchanged
exec 3>> one
refused 1 "set: one: policy 'bounded': the ring is open; close it first" set align=byte capacity=1M policy=bounded one
exec 3>&-
unchanged
refused 1 "set: nowhere: No such file or directory" set full=error one nowhere two
has one full=error
has two full=error
cd /
stop
