# SPDX-License-Identifier: MIT
# A directory that is moved out of the store under the mount keeps nobody waiting: what is made in it is made where it is now.
. "$(dirname "$0")/lib.sh"
start size=64K "$STORE"
mkdir "$MNT/dir"
cd "$MNT/dir"
mv "$STORE/.ringfs/rings/dir" "$T/moved"
bg touch ring
wait_for "the ring to be made" gone "$BGPID"
eq "what is in the directory" ring "$(ls "$T/moved")"
cd /
stop
