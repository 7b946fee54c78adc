# SPDX-License-Identifier: MIT
# ringctl_follow_daemon_killed.sh owner|none: when the daemon was killed follow says that the mount is dead, and exits with 1.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start "size=64K,map=$1" "$STORE"
write_lines 1 10
follow "$RING"
shows "$(lines gen 10 10)"
if [[ $1 == owner ]]; then # what is mapped can be read still
	kill -STOP "$FOLLOW"
	write_lines 11 300
fi
kill -KILL "${DAEMON[$MNT]}"
wait "${DAEMON[$MNT]}" 2> "$T/which" || true
[[ $1 == none ]] || kill -CONT "$FOLLOW" # the other one may have ended
ends "$FOLLOW" 1
same "what follow wrote" "$MODEL" "$T/seen"
says follow "$1" "the mount is dead; unmount it with fusermount3 -uz"
unset "DAEMON[$MNT]"
fusermount3 -u "$MNT"
