# SPDX-License-Identifier: MIT
# Without -f the parent returns once the mount is there, silently and with 0; the daemon keeps neither the terminal, the
# pipes nor the directory it was started in, and ends when unmounted.
. "$(dirname "$0")/lib.sh"
need pgrep
mkdir "$T/cwd"
daemons() { # processes that run this daemon for this mountpoint
	local pid
	for pid in $(pgrep -f -- "$1( |\$)" || true); do
		[[ $(readlink "/proc/$pid/exe") != "$(realpath "$RINGFS")" ]] || echo "$pid"
	done
}
none_left() { [[ -z $(daemons "$MNT") ]]; }
trouble() { ! mounted "$MNT" || fusermount3 -uz "$MNT"; }
AT_EXIT+=(trouble)
[[ -w /dev/fuse ]] || skip "/dev/fuse cannot be opened"
for way in unmount terminate; do
	output=$(cd "$T/cwd" && timeout "$DEADLINE" "$RINGFS" "$MNT" -o size=64K 2>&1) || fail "it returned $?: $output"
	eq "what it said" "" "$output"
	mounted "$MNT" || fail "the parent returned and nothing is mounted"
	write_lines 1 5000
	expected 65536 > "$T/expected"
	cat "$RING" > "$T/seen"
	same "the ring" "$T/expected" "$T/seen"
	: > "$MODEL"
	pid=$(daemons "$MNT")
	eq "one daemon, not '$pid'" 1 "$(wc -w <<< "$pid")"
	eq "its directory" / "$(readlink "/proc/$pid/cwd")"
	eq "its session is its own" "$pid" "$(cut -d ' ' -f 6 "/proc/$pid/stat")"
	for fd in 0 1 2; do
		eq "its descriptor $fd" /dev/null "$(readlink "/proc/$pid/fd/$fd")"
	done
	private=$(find "/proc/$pid/fd" -lname '/dev/shm/ringfs-*' -printf '%l\n' | grep -o '^/dev/shm/ringfs-[^/]*' | head -n 1)
	[[ -d $private ]] || fail "no private store is open in the daemon"
	eq "the mode of the private store" 700 "$(stat -c %a "$private")"
	if [[ $way == unmount ]]; then
		fusermount3 -u "$MNT"
	else
		kill -TERM "$pid"
	fi
	wait_for "the daemon to end ($way)" none_left
	! mounted "$MNT" || fail "still mounted after $way"
	[[ ! -e $private ]] || fail "$private was left behind after $way"
done
