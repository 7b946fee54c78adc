# SPDX-License-Identifier: MIT
# The words of fstab are taken and do nothing; the usual mount flags work; the mount has its type and source.
. "$(dirname "$0")/lib.sh"
words=nofail,_netdev,user,users,nouser,auto,noauto,defaults,owner,group,comment=logs,x-systemd.automount
words=$words,relatime,norelatime,strictatime,nostrictatime,diratime,nodiratime,lazytime,nolazytime
start "size=64K,$words,fsname=,noatime,nosuid,nodev" "$STORE"
eq "type and source" "fuse.ringfs $STORE" "$(findmnt -n -o FSTYPE,SOURCE "$MNT" | xargs)"
findmnt -n -o OPTIONS "$MNT" > "$T/options"
for word in nosuid nodev noatime; do
	has_text "$T/options" "$word" || fail "the mount lacks $word: $(cat "$T/options")"
done
! grep -qE 'nofail|_netdev|x-systemd|comment' "$T/options" || fail "words of fstab reached the kernel: $(cat "$T/options")"
write_lines 1 100
cat "$RING" > "$T/seen"
same "the ring" "$MODEL" "$T/seen"
stop
start "fsname=rings,store=$STORE,rw"
eq "type and source with fsname=" "fuse.ringfs rings" "$(findmnt -n -o FSTYPE,SOURCE "$MNT" | xargs)"
cat "$RING" > "$T/seen"
same "the ring with store=" "$MODEL" "$T/seen"
stop
