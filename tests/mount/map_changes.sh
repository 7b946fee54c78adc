# SPDX-License-Identifier: MIT
# A ring that is resized, given another policy, cleared, renamed, replaced or removed under a mapping: each handle is told, and
# those that can go on go on with the same bytes.
. "$(dirname "$0")/lib.sh"
start size=64K "$STORE"
py <<'PY'
from maplib import *
path = make("log")
tools = [Tool(path), Tool(path, "ro")]
tool = tools[0]
text = "".join("%06d" % n for n in range(10000))
tool.append(text)

def go_on(what):
    """Both are told and find the ring again, with all there was."""
    for each in tools:
        eq(what + ": the status", "ESTALE", errno_of(lambda: each.ask("status")))
        eq(what + ": a read", "ESTALE", errno_of(lambda: each.read(10)))
    eq(what + ": an append", "ESTALE", errno_of(lambda: tool.append("no")))
    for each in tools:
        each.ask("reattach")
        each.ask("status")
        each.ask("seek", "oldest")
        eq(what + ": the bytes", text.encode(), each.read(1000000))

for each in tools:
    each.ask("seek", "newest")
    each.sleeps("wait", 600000)
set_attr(path, "capacity", "192K")
for each in tools:
    eq("a sleeper when the ring is resized", "ESTALE", errno_of(each.answer))
go_on("larger")
set_attr(path, "capacity", "64K")
go_on("smaller")
# Who has it mapped was promised this policy, as who has it open.
eq("another policy under a mapping", "EBUSY", errno_of(lambda: set_attr(path, "policy", "bounded")))
set_attr(path, "eof", "wait")
tool.ask("status")
os.rename(path, at("renamed"))
tool.append("on")
text += "on"
eq("under its new name", text.encode(), Child(lambda: os.read(os.open(at("renamed"), os.O_RDONLY), 100000)).result())
os.link(at("renamed"), at("second"))
os.unlink(at("renamed"))
for each in tools:
    each.ask("status")
path = at("second")
os.truncate(path, 0)
eq("a read of the cleared ring", "EPIPE", errno_of(lambda: tools[1].read(1000)))
eq("and then", "EAGAIN", errno_of(lambda: tools[1].read(1000)))
tool.append("last")
os.close(os.open(at("other"), os.O_WRONLY | os.O_CREAT))
os.rename(at("other"), path)
for each in tools:
    eq("the status of a ring that was replaced", "EIDRM", errno_of(lambda: each.ask("status")))
    if each is not tool:
        eq("what is left to read", b"last", each.read())
        eq("and then", "EIDRM", errno_of(each.read))
eq("an append to it", "EIDRM", errno_of(lambda: tool.append("no")))
tool.ask("close")
tool.attach(path)
tool.ask("seek", "newest")
tool.sleeps("wait", 600000)
os.unlink(path)
eq("a sleeper when the ring is removed", "EIDRM", errno_of(tool.answer))
# A process that was changing its shape meanwhile has written over that, and was killed.
path = make("changing")
tool.ask("close")
tool.attach(path)
file = os.open(tool.fd_path(), os.O_RDWR)
fcntl.fcntl(file, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, (1 << 40) + 64, 1, 0))
os.pwrite(file, struct.pack("<I", 1), 0x11c) # the state: moved
os.unlink(path)
tool.ask("status")
os.close(file)
wait_for("the end to be told", lambda: errno_of(lambda: tool.ask("status")) == "EIDRM")
for each in tools:
    each.end()
PY
stop
