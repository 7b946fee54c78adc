# SPDX-License-Identifier: MIT
# A long write that a signal ends gives what is in the ring, and counts as a write.
. "$(dirname "$0")/lib.sh"
start policy=bounded,size=64K
py << 'PY'
from waitlib import *
def write_long(path):
    signal.signal(signal.SIGUSR1, lambda *_: None)
    return raw_write(os.open(path, os.O_WRONLY), b"x" * 100000)


path = make("queue")
child = Child(write_long, path)
wait_waiting(path, 1)
before = metric(MNT, "ringfs_writes_total")
child.signal(signal.SIGUSR1)
eq("the result of write", 65536, child.result())
eq("writes that were counted", before + 1, metric(MNT, "ringfs_writes_total"))
child = Child(write_long, path)
wait_waiting(path, 1)
child.signal(signal.SIGUSR1)
eq("with nothing written", "EINTR", child.result())
eq("writes that were counted then", before + 1, metric(MNT, "ringfs_writes_total"))
PY
stop
