# SPDX-License-Identifier: MIT
# A mapped writer that has stopped in the middle of an append is locked out, while stat, reads and other rings go on; one that was killed
# there holds up nobody.
. "$(dirname "$0")/lib.sh"
start size=64K "$STORE"
py <<'PY'
from maplib import *

def others_go_on(path, until):
    """What does not write this ring never waits for it."""
    other, n = writer(at("other")), 0
    while not until():
        os.stat(path)
        get_attr(path, "head")
        os.close(os.open(path, os.O_RDONLY))
        write_all(other, line(n))
        eq("another ring", line(n), os.read(follows, 100))
        n += 1
    os.close(other)
    return n

make("other")
follows = reader(at("other"))
for policy in "overwrite", "bounded":
    path = make(policy, policy=policy)
    fd = writer(path)
    write_all(fd, b"before")
    for what in ("write", "clear", "capacity", "mapped") if policy == "overwrite" else ("write",):
        tool, peer = Tool(path), Tool(path)
        tool.ask("reserve", 1000)
        os.kill(tool.pid, signal.SIGSTOP)
        eq("a peer that does not wait as long", "EBUSY", errno_of(lambda: peer.ask("reserve", 10)))
        start = time.monotonic()
        if what == "write":
            child = Child(lambda: os.write(fd, b"after"))
        elif what == "clear":
            child = Child(lambda: os.truncate(path, 0))
        elif what == "capacity":
            child = Child(lambda: set_attr(path, "capacity", "128K"))
        else:
            child = Child(lambda: errno_of(lambda: peer.append("peer")))
        n = others_go_on(path, child.is_done)
        eq("%s behind a stopped writer of a ring that is %s" % (what, policy),
           {"write": 5, "mapped": "EBUSY"}.get(what), child.result())
        holds("a writer that lives was given up at once", time.monotonic() - start >= 0.9)
        holds("only %d requests of others went on meanwhile" % n, n > 20)
        if what != "mapped":
            eq("a peer that finds it locked out", "ESTALE", errno_of(lambda: peer.append("peer")))
        os.kill(tool.pid, signal.SIGCONT)
        # Nobody has locked it out but for the mount.
        eq("its commit", None if what == "mapped" else "ESTALE", errno_of(lambda: tool.ask("commit", 1000)))
        source = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        holds("its bytes were let in", what == "mapped" or b"+" not in drain(source))
        os.close(source)
        if what == "mapped":
            os.truncate(path, 0)
        elif what != "capacity":
            tool.ask("reattach")
            eq("it comes back", 4, tool.append("back"))
        tool.end()
        peer.end()
PY
# The daemon says each time that it has locked out somebody: that is all it may say.
eq "what the daemon said" 4 "$(grep -c '^ringfs: the file .* is mapped by a process that has stopped with its lock, and was locked out$' "$T/mnt.err")"
eq "the lines it said" 4 "$(wc -l < "$T/mnt.err")"
: > "$T/mnt.err"
# One that has the shape lock, too, cannot be locked out. Who is in its way is told so, and others can look at the ring all the time.
py <<'PY'
from maplib import *
path = make("shaped")
tool, peer = Tool(path), Tool(path)
file = os.open(peer.fd_path(), os.O_RDWR)
fcntl.fcntl(file, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, (1 << 40) + 64, 1, 0))
tool.ask("reserve", 1000)
os.kill(tool.pid, signal.SIGSTOP)
for what, do in (("capacity", lambda: set_attr(path, "capacity", "128K")), ("eof", lambda: set_attr(path, "eof", "wait")),
                 ("clear", lambda: os.truncate(path, 0))):
    start, slowest = time.monotonic(), 0.0
    child = Child(lambda: errno_of(do))
    while not child.is_done():
        before = time.monotonic()
        os.stat(path)
        get_attr(path, "head")
        slowest = max(slowest, time.monotonic() - before)
    took = time.monotonic() - start
    eq(what + " of it", True, child.result() in ("EBUSY", "EIO"))
    holds("%s: a look took %.2f s of %.2f s" % (what, slowest, took), slowest < took / 4)
os.close(file)
os.truncate(path, 0)
os.kill(tool.pid, signal.SIGCONT)
eq("its commit", "ESTALE", errno_of(lambda: tool.ask("commit", 1000)))
tool.end()
peer.end()
PY
: > "$T/mnt.err"
py <<'PY'
from maplib import *
for policy in "overwrite", "bounded":
    path = make("killed-" + policy, policy=policy)
    fd = writer(path)
    for n in range(20):
        tool = Tool(path)
        tool.ask("reserve", 1000)
        tool.end(signal.SIGKILL)
        write_all(fd, line(n))
    eq("what was written behind the dead", b"".join(line(n) for n in range(20)), os.read(reader(path), 65536))
PY
stop # which fails if the daemon has locked out a writer that was dead
