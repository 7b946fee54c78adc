# SPDX-License-Identifier: MIT
# An overrun adds POLLPRI for the reader that it happened to, never POLLERR, until it has read; it wakes who asked for it.
. "$(dirname "$0")/lib.sh"
start size=64K,eof=wait
py << 'PY'
from waitlib import *
IN, OUT, HUP, PRI, ERR = select.POLLIN, select.POLLOUT, select.POLLHUP, select.POLLPRI, select.POLLERR

for lost in ("skip", "mark", "error"):
    path = make("log." + lost, lost=lost)
    sink, slow = writer(path), reader(path, os.O_NONBLOCK)
    write_all(sink, line(1))
    eq(lost + ": no overrun yet", IN, poll_now(slow, IN | PRI))
    wait = Child(poll_until, slow, PRI)
    for n in range(2, 3000):
        write_all(sink, line(n))
    eq(lost + ": who asked for POLLPRI is woken", PRI, wait.result() & (PRI | ERR))
    eq(lost + ": overrun", IN | PRI, poll_now(slow, IN | PRI))
    fast = reader(path)
    eq(lost + ": a new reader", IN, poll_now(fast, IN | PRI))
    if lost == "error":
        with raises("the read", errno.EPIPE):
            os.read(slow, 100)
    else:
        holds("bytes", os.read(slow, 100))
    eq(lost + ": told", IN, poll_now(slow, IN | PRI))
PY
stop
