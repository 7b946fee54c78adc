# SPDX-License-Identifier: MIT
# A signal ends a waiting read and write with EINTR, leaves no trace, and the next one is served; SA_RESTART does not restart them.
. "$(dirname "$0")/lib.sh"
start policy=bounded,size=64K
py << 'PY'
from waitlib import *
path = make("queue", align="byte")
keep = os.open(path, os.O_RDWR)


def waits(do, restart, hits):
    signal.signal(signal.SIGUSR1, lambda *args: hits.append(1))
    signal.siginterrupt(signal.SIGUSR1, not restart)
    try:
        return do()
    except InterruptedError:
        return "EINTR after %d" % len(hits)


for restart in (False, True):
    wait = Child(waits, lambda: raw_read(reader(path), 10), restart, [])
    wait_waiting(path, 1)
    wait.signal(signal.SIGUSR1)
    eq("read", "EINTR after 1", wait.result())
    wait_waiting(path, 0)
write_all(keep, b"x" * 65536)
for restart in (False, True):
    wait = Child(waits, lambda: raw_write(writer(path), b"y" * 20), restart, [])
    wait_waiting(path, 1)
    wait.signal(signal.SIGUSR1)
    eq("write", "EINTR after 1", wait.result())
    wait_waiting(path, 0)
eq("what is there", b"x" * 65536, os.read(keep, 70000))
# One of three is interrupted; the others are served in their order.
fds = [reader(path) for _ in range(3)]
waiting = []
for n, fd in enumerate(fds):
    waiting.append(Child(waits, lambda: raw_read(fd, 2), False, []))
    wait_waiting(path, n + 1)
waiting[0].signal(signal.SIGUSR1)
eq("the first", "EINTR after 1", waiting[0].result())
write_all(keep, b"abcd")
eq("the second", b"ab", waiting[1].result())
eq("the third", b"cd", waiting[2].result())
# A signal that is ignored or blocked does not end the wait.
signal.signal(signal.SIGUSR2, signal.SIG_IGN)
wait = read_in(path, 10)
wait_waiting(path, 1)
wait.signal(signal.SIGUSR2)
write_all(keep, b"after")
eq("an ignored signal", b"after", wait.result())
PY
stop
