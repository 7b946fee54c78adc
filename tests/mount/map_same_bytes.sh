# SPDX-License-Identifier: MIT
# Programs that map a ring and programs that use its file see the same bytes at the same positions, sizes, times and losses.
. "$(dirname "$0")/lib.sh"
start size=64K,align=byte "$STORE"
py <<'PY'
from maplib import *
path = make("log")
tool, model = Tool(path), Model(65536, "byte")

def same(what):
    head, tail, capacity, _ = (int(word) for word in tool.ask("state").split())
    eq(what + ": head, tail and capacity of the mapping", (model.head, model.tail, 65536), (head, tail, capacity))
    eq(what + ": head and tail of the file", (str(head), str(tail)), (get_attr(path, "head"), get_attr(path, "tail")))
    eq(what + ": stat's size", head - tail, os.stat(path).st_size)
    eq(what + ": the file's bytes", model.live(), read_path(path))
    tool.ask("seek", "oldest")
    eq(what + ": the mapping's bytes", model.live(), tool.read() if model.live() else b"")

fd = writer(path)
for n in range(40):
    before = os.stat(path).st_mtime_ns
    text = line(n)[:-1]
    if n % 2:
        write_all(fd, model.write(text))
    else:
        eq("an append's result", len(text), tool.append(text.decode()))
        model.write(text)
    holds("an append that stat's mtime does not tell of", os.stat(path).st_mtime_ns > before)
same("both in turn")
for n in range(3000):
    tool.append(line(n)[:-1].decode())
    model.write(line(n)[:-1])
same("wrapped by the mapping")
write_all(fd, model.write(b"".join(line(n) for n in range(3000))))
same("wrapped by the file")

# Both readers stand at the same place and are overrun by the same bytes.
view = reader(path)
eq("a read of the file", model.live()[:100], os.read(view, 100))
tool.ask("seek", "oldest")
eq("a read of the mapping", model.live()[:100], tool.read(100))
gap = 65536 - 100 + 4321
tool.ask("append", "*50000")
write_all(fd, b"#" * (gap - 50000 + 100))
place = model.tail + 100
model.write(b"*" * 50000 + b"#" * (gap - 50000 + 100))
lost = model.tail - place
eq("the mapping's overrun", "EPIPE", errno_of(lambda: tool.read(100)))
eq("the mapping goes on with the oldest byte", model.live()[:100], tool.read(100))
eq("so does the file", model.live()[:100], os.read(view, 100))
eq("the reader's loss", str(lost), os.getxattr(view, "user.ring.lost_bytes").decode())
os.truncate(path, 0)
model.clear()
same("cleared")
tool.end()
PY
stop
