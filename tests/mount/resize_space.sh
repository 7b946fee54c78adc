# SPDX-License-Identifier: MIT
# The store does not grow over many resizes, each way and in any order: what it holds is what the ring's bytes need.
. "$(dirname "$0")/lib.sh"
start size=128K "$STORE"
py "$STORE" <<'PY'
import os, random, sys
from ringlib import *
mount, store = sys.argv[1:3]
path, backing = mount + "/app.log", store + "/.ringfs/rings/app.log"
random.seed(5)
fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
block = b"".join(line64(n) for n in range(1024))
used = lambda: os.stat(backing).st_blocks * 512
SLACK = 128 * 1024 # header, and the file system's own blocks and rounding
for turn in range(150):
    capacity = random.choice((64, 128, 192, 256, 512, 1024, 3072, 4096)) << 10
    os.setxattr(path, "user.ring.capacity", b"%d" % capacity)
    held = os.stat(path).st_size
    holds("turn %d: %d bytes in %d, and the store holds %d" % (turn, held, capacity, used()), used() <= held + SLACK)
    for _ in range(random.randrange(6)):
        write_all(fd, block)
    held = os.stat(path).st_size
    holds("turn %d, written: %d bytes in %d, and the store holds %d" % (turn, held, capacity, used()),
          used() <= capacity + SLACK)
    eq("turn %d: st_blocks" % turn, os.stat(backing).st_blocks, os.stat(path).st_blocks)
for turn in range(150): # between two sizes without an end
    os.setxattr(path, "user.ring.capacity", (b"64K", b"1M")[turn % 2])
    holds("swing %d: the store holds %d" % (turn, used()), used() <= os.stat(path).st_size + SLACK)
holds("the file has not grown either: %d" % os.stat(backing).st_size, os.stat(backing).st_size <= 32 << 20)
PY
stop
