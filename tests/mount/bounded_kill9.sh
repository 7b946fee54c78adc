# SPDX-License-Identifier: MIT
# The daemon is killed while readers and writers of bounded rings wait and work: they get an error, and after a remount every
# acknowledged byte that no reader got is there, in order.
. "$(dirname "$0")/lib.sh"
export T
work() {
	py << 'PY'
from waitlib import *
dead = ("ENOTCONN", "ECONNABORTED", "EIO")


def produce(path, first):
    """The number of lines that were acknowledged before the mount died."""
    close_opened()
    fd, n = writer(path), first
    try:
        while True:
            write_all(fd, line(n))
            n += 1
    except OSError as error:
        holds("the error of a dead mount, not %s" % error, errno.errorcode[error.errno] in dead)
    return n - first


def consume(path):
    close_opened()
    fd, got = reader(path), b""
    try:
        while True:
            part = os.read(fd, 4096)
            holds("no end of file while there is a writer", part)
            got += part
    except OSError as error:
        holds("the error of a dead mount, not %s" % error, errno.errorcode[error.errno] in dead)
    return got


busy, full, empty = make("busy"), make("full"), make("empty")
producer, stuck = Child(produce, busy, 0), Child(produce, full, 0)
keep = writer(empty)
idle = [Child(consume, empty) for _ in range(3)]
wait_waiting(empty, 3)
wait_waiting(full, 1)
consumer = Child(consume, busy)
wait_for("work", lambda: int(get_attr(busy, "tail")) > 100000)
with open(os.environ["T"] + "/ready", "w") as file:
    file.write("ready")
for child in idle:
    eq("a reader that waited", b"", child.result())
with open(os.environ["T"] + "/result", "wb") as file:
    pickle.dump((producer.result(), stuck.result(), consumer.result()), file)
PY
}
: > "$T/ready"
start policy=bounded,size=64K "$STORE"
bg work
wait_for "readers and writers" has_text "$T/ready" ready
daemon=${DAEMON[$MNT]}
kill -KILL "$daemon"
wait "$daemon" 2> "$T/which" || true
unset "DAEMON[$MNT]"
wait "$BGPID" || fail "those who waited and worked"
fusermount3 -u "$MNT" || fail "cannot unmount after the kill"
start policy=bounded,size=64K "$STORE"
py << 'PY'
from waitlib import *
with open(os.environ["T"] + "/result", "rb") as file:
    acknowledged, stuck, got = pickle.load(file)
left = read_to_end(reader(at("busy")))
# The write in flight may be in, and what the last read was given may be there still.
wanted = b"".join(line(n) for n in range(acknowledged + 1))
written = len(wanted) - len(line(acknowledged))
for total in (len(wanted), written):
    start = total - len(left)
    if 0 <= start <= len(got) and wanted[start:total] == left:
        break
else:
    fail("an acknowledged byte is missing: %d written, %d read, %d left" % (written, len(got), len(left)))
eq("what was read", wanted[:len(got)], got)
holds("at most one read is given again", len(got) - start <= 4096)
left = read_to_end(reader(at("full")))
eq("the full ring", b"".join(line(n) for n in range(stuck)), left)
eq("the empty ring", b"", read_to_end(reader(at("empty"))))
PY
stop
