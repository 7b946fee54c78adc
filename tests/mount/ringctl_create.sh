# SPDX-License-Identifier: MIT
# ringctl create makes empty rings that have the attributes given, the directory's and the mount's others, and the umask's mode.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=64K
silent create -a capacity=100K -a policy=bounded --attribute full=error "$MNT/queue"
has "$MNT/queue" capacity=131072 policy=bounded full=error align=line eof=end lost=skip head=0 readers=0 writers=0
eq "mode" 644 "$(stat -c %a "$MNT/queue")"
mkdir "$MNT/dir"
silent set lost=mark align=byte "$MNT/dir"
cd "$MNT/dir"
umask 027
silent create -a align=line one -- -a two
eq "names" "-a one two" "$(echo *)"
eq "modes" "640 640 640" "$(echo $(stat -c %a -- *))"
silent create -a align=byte ./eof=wait -- full=error
has ./eof=wait align=byte eof=end
has ./full=error align=byte full=block
rm ./eof=wait ./full=error
has one capacity=65536 policy=overwrite lost=mark align=line
umask 777
silent create -a lost=error closed
eq "mode of a closed ring" 0 "$(stat -c %a closed)"
cd /
umask 022
long=$(printf 'x%.0s' {1..255})
silent create -a eof= "$MNT/$long"
rm "$MNT/$long"
lines gen 1 10000 > "$T/lines"
cat "$T/lines" >> "$MNT/dir/two"
[[ $(stat -c %s "$MNT/dir/two") == 65536 ]] || fail "a created ring does not wrap at its capacity"
eq "names at the end" "dir queue" "$(cd "$MNT" && echo *)"
eq "hidden names at the end" "" "$(find "$MNT" -name '.*' ! -path "$MNT")"
stop
