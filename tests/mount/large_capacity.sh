# SPDX-License-Identifier: MIT
# A capacity of 5 GiB takes only what was written; filled beyond 4 GiB its size and its bytes are right (peers 11).
. "$(dirname "$0")/lib.sh"
need_root "mounts a tmpfs"
available=$(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo)
((available > 7 * 1024 * 1024)) || skip "needs 7 GiB of free memory, $((available / 1024)) MiB are free"
# Huge pages, where the kernel has them: a page fault for every 4 KiB of 4 GiB would take most of the time.
scratch_tmpfs "$STORE" 6G huge=always 2> "$T/huge.err" || scratch_tmpfs "$STORE" 6G
start size=5G "$STORE"
echo "small" > "$MNT/small"
used=$(du -s --block-size=1 "$STORE" | cut -f 1)
((used < 64 * 1024 * 1024)) || fail "a ring of 5 GiB with one line takes $used bytes"
py <<'PY'
import os, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
big = bytearray(b"".join(line64(n) for n in range(1 << 14)))
head = 0
while head <= (1 << 32):
    big[0:20] = b"%019d\n" % head
    write_all(fd, big)
    head += len(big)
size = os.stat(path).st_size
eq("the size by path", head, size)
view = os.open(path, os.O_RDONLY)
eq("the size of a view", head, os.fstat(view).st_size)
for at in (0, 1 << 20, 1 << 31, (1 << 32) - (1 << 20), 1 << 32):
    eq("the block at %d" % at, b"%019d\n" % at, os.pread(view, 20, at))
eq("across 4 GiB", bytes(big[-100:]) + b"%019d\n" % (1 << 32), os.pread(view, 120, (1 << 32) - 100))
eq("SEEK_HOLE", head, os.lseek(view, 0, os.SEEK_HOLE))
holds("st_blocks beyond 4 GiB", os.stat(path).st_blocks * 512 >= head)
PY
eq "tail -n 1" "$(tail -c 64 "$RING")" "$(tail -n 1 "$RING")"
stop
