# SPDX-License-Identifier: MIT
# While the daemon waits for a mapped writer that has stopped with the lock of one ring, readers of another are woken by appends to its
# mapping, and rings are handed over.
. "$(dirname "$0")/lib.sh"
start size=64K,eof=wait "$STORE"
py <<'PY'
from maplib import *
other = make("other")
follows = reader(other)

def trial(n):
    """A writer waits for one that has stopped: was everything else done before it was let in?"""
    path = make("stuck-%d" % n, policy="bounded")
    fd = writer(path)
    stopped, taker = Tool(path), Tool(path)
    write_all(fd, b"x" * 65000)
    taker.read(60000)
    stopped.ask("reserve", 100)
    waits = Child(lambda: os.write(fd, b"y" * 1000))
    wait_for("a writer to wait", lambda: of_ring("waiting", path) == 1)
    os.kill(stopped.pid, signal.SIGSTOP)
    taker.ask("consume", 60000) # there is room now, but for the lock
    # The thread that watches rings has to see to both.
    appender = Tool(other)
    reads = Child(lambda: os.read(follows, 100))
    wait_for("a reader to wait", lambda: reads.is_done() or of_ring("waiting", other) == 1)
    appender.append("woken")
    eq("what the other ring's reader got", b"woken", reads.result())
    first = not waits.is_done()
    eq("the write behind the stopped writer", 1000, waits.result())
    for tool in stopped, taker, appender:
        tool.end(signal.SIGKILL)
    os.close(fd)
    return first

# A machine that is busy for a second may have done both before we look.
holds("another ring waited for the stopped writer, too", any(trial(n) for n in range(8)))
PY
grep -vE '^ringfs: the file .* is mapped by a process that has stopped with its lock, and was locked out$' "$T/mnt.err" && fail "the daemon said more"
: > "$T/mnt.err"
stop
