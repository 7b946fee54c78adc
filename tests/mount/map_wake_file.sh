# SPDX-License-Identifier: MIT
# Whatever waits on a file (read, poll, epoll, tail -f, readers and writers of a queue) wakes for what a mapped process does.
. "$(dirname "$0")/lib.sh"
start size=64K "$STORE"
py "$T" <<'PY'
import select
from maplib import *
path = make("waits", eof="wait")
tool = Tool(path)
fd = reader(path)
for n in range(20):
    waits = Child(lambda: os.read(fd, 100))
    wait_waiting(path, 1)
    tool.append("line%d" % n)
    eq("a read that waited", b"line%d" % n, waits.result())

def polled():
    # What is woken must find something; a descriptor of its own, without what was read.
    mine = os.open(path, os.O_RDONLY)
    os.read(mine, 65536)
    poller = select.epoll()
    poller.register(mine, select.EPOLLIN)
    os.write(ready, b"x")
    return poller.poll(DEADLINE)[0][1] == select.EPOLLIN and os.read(mine, 100)

told, ready = os.pipe()
child = Child(polled)
os.read(told, 1)
wait_for("epoll to sleep", lambda: state(child.pid) == "S")
tool.append("for epoll")
eq("what epoll was told of", b"for epoll", child.result())
eq("poll on the writer's side", select.POLLOUT, poll_now(writer(path), select.POLLIN | select.POLLOUT))
tool.end()

queue = make("queue", policy="bounded")
tool = Tool(queue)
waits = read_in(queue, 100)
wait_waiting(queue, 1)
tool.append("first")
eq("a consumer that waited", b"first", waits.result())
fd = writer(queue, os.O_NONBLOCK)
write_all(fd, b"#" * 65536)
waits = write_in(queue, b"second")
wait_waiting(queue, 1)
eq("poll for room", 0, poll_now(fd, select.POLLOUT))
polls = Child(lambda: poll_until(fd, select.POLLOUT))
wait_for("poll to sleep", lambda: state(polls.pid) == "S")
tool.ask("seek", "oldest")
eq("what the mapping has read", 60000, len(tool.read(60000)))
tool.ask("consume", 60000)
eq("poll when the mapping has consumed", select.POLLOUT, polls.result() & select.POLLOUT)
eq("a producer that waited", 6, waits.result())
eq("what is left", b"#" * 5536 + b"second", tool.read())
tool.end()

# tail -f asks for the size now and then; it is no sleeper.
log = make("log")
write_all(writer(log), b"begin\n")
tool = Tool(log)
out = os.path.join(sys.argv[2], "tail")
with open(out, "wb") as file:
    tail = subprocess.Popen(["tail", "-n", "+1", "-s", "0.05", "-f", log], stdout=file, preexec_fn=die_with_us)
for n in range(5):
    tool.append("mapped%d" % n)
    wait_for("tail -f to show it", lambda: open(out).read().endswith("mapped%d" % n))
tail.terminate()
tail.wait()
tool.end()
PY
stop
