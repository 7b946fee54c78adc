# SPDX-License-Identifier: MIT
# poll on an overwrite ring: readable while there are bytes or an end of file to read, always writable; with eof=wait only bytes count.
. "$(dirname "$0")/lib.sh"
start size=64K
py << 'PY'
from waitlib import *
IN, OUT, HUP, PRI, ERR = select.POLLIN, select.POLLOUT, select.POLLHUP, select.POLLPRI, select.POLLERR

path = make("log")
sink, source = writer(path), reader(path)
both = os.open(path, os.O_RDWR)
eq("empty: a read gives end of file at once", IN, poll_now(source, IN | OUT | PRI))
eq("a writer", OUT, poll_now(sink, IN | OUT | PRI))
eq("both", IN | OUT, poll_now(both, IN | OUT | PRI))
set_attr(path, "eof", "wait")
eq("eof=wait: a read would wait", 0, poll_now(source, IN | OUT | PRI))
wait = Child(poll_until, source, IN)
write_all(sink, b"line\n")
eq("woken", IN, wait.result())
eq("the line", b"line\n", os.read(source, 10))
eq("at the end again", 0, poll_now(source, IN))
wait = Child(poll_until, source, IN)
set_attr(path, "eof", "end")
eq("woken by eof=end", IN, wait.result())
for _ in range(100):
    write_all(sink, b"x" * 10000)
eq("a ring that is always full of newer bytes takes more", OUT, poll_now(sink, OUT))
os.truncate(path, 0)
set_attr(path, "eof", "wait")
eq("cleared: nothing to read, and nothing lost", 0, poll_now(source, IN | PRI))
PY
stop
