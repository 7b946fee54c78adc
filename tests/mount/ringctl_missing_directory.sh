# SPDX-License-Identifier: MIT
# Of a path that cannot be walked ringctl names the directory that is missing, or what is in its place, whatever the verb.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=64K
cd "$MNT"
mkdir dir
: > file
ln -s nowhere dangling
for verb in create "set align=byte" stat clear cat follow write; do
	refused 1 "${verb%% *}: no/such/ring: there is no directory 'no'" $verb no/such/ring
	refused 1 "${verb%% *}: $MNT/dir/no/ring: there is no directory '$MNT/dir/no'" $verb "$MNT/dir/no/ring"
	refused 1 "${verb%% *}: dangling/ring: there is no directory 'dangling'" $verb dangling/ring
	refused 1 "${verb%% *}: file/ring: 'file' is no directory" $verb file/ring
done
refused 1 "ls: no/such: there is no directory 'no'" ls no/such
refused 1 "ls: no: No such file or directory" ls no
refused 1 "stat: a\\012b/ring: there is no directory 'a\\012b'" stat $'a\nb/ring'
eq "names" "dangling dir file" "$(echo *)"
cd /
stop
