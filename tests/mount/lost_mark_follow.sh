# SPDX-License-Identifier: MIT
# lost=mark and tail -f, eof=wait and a mark as the only thing to read: followers see the mark, then go on.
. "$(dirname "$0")/lib.sh"
start size=64K,lost=mark,eof=wait
py << 'PY'
from waitlib import *
model = Model(65536)
path = at("log")
sink = writer(path)
write_all(sink, model.write(line(0)))
fd = reader(path)
eq("the line", line(0), os.read(fd, 100))
wait = Child(os.read, fd, 100)
wait_waiting(path, 1)
wait.signal(signal.SIGSTOP)
wait_for("the stop", lambda: state(wait.pid) == "T")
for n in range(1, 3000):
    write_all(sink, model.write(line(n)))
wait.signal(signal.SIGCONT)
lost = model.oldest - len(line(0))
mark = b"--- ringfs: %d bytes lost ---\n" % lost
got = wait.result() # Python tries again after EINTR
eq("the mark first", mark, got[:len(mark)])
eq("then the oldest line", (mark + model.live())[:100], got)
PY
stop
