# SPDX-License-Identifier: MIT
# A user with more requests that wait for one ring than the daemon has threads: others are answered all the same, and who is killed is
# gone before it was its turn.
. "$(dirname "$0")/lib.sh"
need_second_user
ulimit -S -n 2000 2> "$T/which" || skip "a process may not have 2000 descriptors here"
start size=64K,allow_other
py <<'PY'
import mmap, threading
from maplib import *
CROWD, ROUNDS = 1000, 60
path = make("large", capacity="64M")
fd = writer(path)
for _ in range(64):
    write_all(fd, b"x" * (1 << 20))
os.close(fd)
os.chown(path, 65534, 65534)
other = make("other")
rounds = mmap.mmap(-1, 4)
asked = mmap.mmap(-1, CROWD)

def crowd():
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    die_with_us() # another user: it is not told by itself any more
    threading.stack_size(65536)
    fds = [os.open(path, os.O_RDONLY) for _ in range(CROWD)]
    def resize(n):
        while True:
            asked[n] = 1
            os.setxattr(fds[n], "user.ring.capacity", b"65M" if rounds[0] % 2 else b"64M")
            rounds[0] = (rounds[0] + 1) % 256
    for n in range(CROWD):
        threading.Thread(target=resize, args=(n,)).start()
    time.sleep(1000)

child = Child(crowd)
wait_for("the crowd", lambda: child.is_done() or sum(asked[:]) == CROWD)
before, answered = rounds[0], 0
while (rounds[0] - before) % 256 < ROUNDS and not child.is_done():
    os.stat(other)
    answered += 1
child.kill()
child.reap()
# Without a limit it is hundreds of rounds for each; with one, the turn of others does not depend on the crowd's.
holds("only %d answers to others in %d rounds of the crowd" % (answered, ROUNDS), answered > ROUNDS // 12)
PY
stop
