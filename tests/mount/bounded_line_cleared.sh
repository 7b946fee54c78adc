# SPDX-License-Identifier: MIT
# Who has read a line in part, and stops there, keeps nothing from others when the rest of the line is thrown away.
. "$(dirname "$0")/lib.sh"
start policy=bounded,size=64K
py << 'PY'
from waitlib import *
path = make("queue")
fd, first, second = writer(path), reader(path), reader(path, os.O_NONBLOCK)
write_all(fd, line(1))
eq("the begin of a line", line(1)[:5], os.read(first, 5))
with raises("the rest of it, for another reader", errno.EAGAIN):
    os.read(second, 100)
eq("what poll says to that one", 0, poll_now(second, select.POLLIN))
os.truncate(path, 0)
write_all(fd, line(2))
eq("what poll says after a clear", select.POLLIN, poll_now(second, select.POLLIN))
eq("the next line, for another reader", line(2), os.read(second, 100))
write_all(fd, line(3) + line(4))
eq("the begin of a line", line(3)[:5], os.read(first, 5))
eq("its rest", line(3)[5:], os.read(first, len(line(3)) - 5))
eq("the line behind it", line(4), os.read(second, 100))
PY
stop
