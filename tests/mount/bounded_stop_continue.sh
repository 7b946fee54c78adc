# SPDX-License-Identifier: MIT
# SIGSTOP and SIGCONT while a read or write waits: FUSE sends an interrupt, so the call ends with EINTR, once it is continued, and nothing is lost.
. "$(dirname "$0")/lib.sh"
start policy=bounded,size=64K
py << 'PY'
from waitlib import *
path = make("queue")
keep = os.open(path, os.O_RDWR)
wait = Child(lambda: raw_read(reader(path), 10))
wait_waiting(path, 1)
wait.signal(signal.SIGSTOP)
wait_for("the stop", lambda: state(wait.pid) == "T")
write_all(keep, b"line\n")
wait.signal(signal.SIGCONT)
eq("read", "EINTR", wait.result())
eq("the line is still there", b"line\n", os.read(keep, 100))
write_all(keep, b"x" * 65536)
wait = Child(lambda: raw_write(writer(path), b"y"))
wait_waiting(path, 1)
wait.signal(signal.SIGSTOP)
wait_for("the stop", lambda: state(wait.pid) == "T")
wait_waiting(path, 0)
eq("room", 65536, len(os.read(keep, 65536)))
wait.signal(signal.SIGCONT)
eq("write", "EINTR", wait.result())
eq("nothing was written", 0, os.stat(path).st_size)
PY
stop
