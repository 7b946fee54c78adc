# SPDX-License-Identifier: MIT
# ringctl create that fails says why, leaves nothing behind, leaves what is there alone, and goes on with the next file.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=64K
cd "$MNT"
mkdir dir
ln -s nowhere dangling
lines gen 1 100 | tee "$T/lines" > old
inode=$(stat -c %i old)
refused 1 "create: old: File exists" create -a policy=bounded old
refused 1 "create: dangling: File exists" create dangling
refused 1 "create: dir: File exists" create dir
refused 1 "create: dir/: Is a directory" create dir/
refused 1 "create: dir/..: Is a directory" create dir/..
refused 1 "create: : No such file or directory" create ""
refused 1 "create: nowhere/new: there is no directory 'nowhere'" create nowhere/new
refused 1 "create: old/new: 'old' is no directory" create old/new
refused 1 "create: .ringfs: File exists" create .ringfs
refused 1 "create: .ringfs/new: is neither a ring nor a directory for rings" create .ringfs/new
long=$(printf 'x%.0s' {1..256})
refused 1 "create: $long: File name too long" create "$long"
refused 1 "create: new: capacity '16384G': larger than the store can hold" create -a policy=bounded -a capacity=16384G new
refused 2 "create: new: colour 'red': no such attribute: expected capacity, policy, align, full, eof, lost or map" \
	create -a align=byte -a colour=red new
refused 2 "create: new: and 1 more: align 'lines': expected line or byte" create -a align=lines new newer
eq "names" "dangling dir old" "$(echo *)"
eq "hidden names" "" "$(find . -name '.?*')"
refused 1 "create: old: File exists" create -a align=byte a old b
eq "those that could be made" "a b dangling dir old" "$(echo *)"
has a align=byte
has old policy=overwrite align=line
eq "the old ring's inode" "$inode" "$(stat -c %i old)"
same "the old ring" "$T/lines" old
cd /
stop
