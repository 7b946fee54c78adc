# SPDX-License-Identifier: MIT
# A daemon that is killed while it makes a directory, a FIFO or a symbolic link leaves nobody one that is not his, and one that is
# killed while it removes a directory leaves its mode.
. "$(dirname "$0")/lib.sh"
. "$HERE/strace.sh"
need_second_user
chmod 755 "$T"
as_user() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
killed_in() { # SYSTEM_CALL[:when=N] COMMAND...: the daemon dies in it, and the store is mounted again
	traced "inject=$1:signal=KILL"
	shift
	as_user "$@" 2> "$T/which" && fail "$* did not fail"
	wait_for "the daemon to be killed" gone "${DAEMON[$MNT]}"
	wait "${DAEMON[$MNT]}" 2> "$T/which" || true
	unset "DAEMON[$MNT]"
	fusermount3 -u "$MNT" || fail "cannot unmount after the kill"
	untraced
	start size=64K,allow_other "$STORE"
}
start size=64K,allow_other "$STORE"
chmod 1777 "$MNT"
killed_in fchownat mkdir "$MNT/made"
[[ ! -e $MNT/made ]] || eq "the owner of a directory" 65534:65534 "$(stat -c %u:%g "$MNT/made")"
as_user mkdir -p "$MNT/made"
as_user touch "$MNT/made/ring"
killed_in fchownat mkfifo "$MNT/fifo"
[[ ! -e $MNT/fifo ]] || eq "the owner of a FIFO" 65534:65534 "$(stat -c %u:%g "$MNT/fifo")"
killed_in fchownat ln -s made "$MNT/link"
[[ ! -L $MNT/link ]] || eq "the owner of a link" 65534:65534 "$(stat -c %u:%g "$MNT/link")"
as_user mkdir "$MNT/closed"
as_user setfattr -n user.ring.capacity -v 128K "$MNT/closed"
as_user chmod 500 "$MNT/closed"
killed_in unlinkat:when=2 rmdir "$MNT/closed"
eq "the mode of a directory" 500 "$(stat -c %a "$MNT/closed")"
as_user rmdir "$MNT/closed"
stop
