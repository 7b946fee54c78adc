# SPDX-License-Identifier: MIT
# Many more files than the daemon may have descriptors: the kernel is asked to forget those that nobody uses, and no others.
. "$(dirname "$0")/lib.sh"
need prlimit inotifywait
# Older kernels cannot be asked, and only the daemon sees that: there is nothing else to tell them by.
[[ $(printf '%s\n' 6.18 "$(uname -r)" | sort -V | head -n 1) == 6.18 ]] || skip "Linux $(uname -r) does not forget on request"
RUNNER=(prlimit --nofile=600)
start size=64K "$STORE"
echo "first" > "$MNT/watched"
echo "first" > "$MNT/open"
exec 3< "$MNT/open"
bg inotifywait -q -m -e modify --format '%w %e' "$MNT/watched" > "$T/events"
watches() { grep -qs ^inotify "/proc/$1/fdinfo/"*; }
wait_for "the watch" watches "$BGPID"
if ((EUID == 0)); then
	echo "over" > "$T/over"
	echo "below" > "$MNT/covered"
	mkdir "$MNT/above"
	mount --bind "$T/over" "$MNT/covered"
	SCRATCH+=("$MNT/covered")
	scratch_tmpfs "$MNT/above" 1M
	echo "in the tmpfs" > "$MNT/above/file"
fi
py <<'PY'
from waitlib import *

def append(path, data):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.write(fd, data)
    os.close(fd)

for n in range(1000):
    os.mkdir(at("dir%d" % n))
    append(at("dir%d/ring" % n), line(n))
    append(at("ring%d" % n), line(n))
for n in range(1000):
    for path in at("dir%d/ring" % n), at("ring%d" % n):
        append(path, line(n + 1))
        eq(path, line(n) + line(n + 1), read_path(path))
# Rings, and a view of each.
wait_for("the kernel to forget", lambda: metric(MNT, "ringfs_nodes") < 2 * 330)
PY
echo "second" >> "$MNT/open"
eq "what is open" "$(printf 'first\nsecond')" "$(cat <&3)"
echo "second" >> "$MNT/watched"
wait_for "the event of what is watched" grep -q MODIFY "$T/events"
eq "what is watched" "$(printf 'first\nsecond')" "$(cat "$MNT/watched")"
if ((EUID == 0)); then
	eq "what is mounted over a ring" "over" "$(cat "$MNT/covered")"
	eq "what is mounted in a directory" "in the tmpfs" "$(cat "$MNT/above/file")"
	umount "$MNT/covered" "$MNT/above"
	SCRATCH=()
	eq "what was covered" "below" "$(cat "$MNT/covered")"
fi
exec 3<&-
end_bg "$BGPID"
stop
