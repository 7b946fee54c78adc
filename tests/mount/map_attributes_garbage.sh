# SPDX-License-Identifier: MIT
# Attributes that no ring can have, as a process that may map it for writing can put into its file, count as not set.
. "$(dirname "$0")/lib.sh"
start size=64K,lost=mark "$STORE"
py <<'PY'
from maplib import *

def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff

for word in range(3, 16):
    path = make("ring%d" % word)
    tool = Tool(path)
    file = os.open(tool.fd_path(), os.O_RDWR)
    line = bytearray(os.pread(file, 128, 0))
    struct.pack_into("<Q", line, 0x68, int("%x" % word * 16, 16))
    struct.pack_into("<I", line, 0x7c, crc32c(line[:0x7c]))
    os.pwrite(file, line, 0)
    os.close(file)
    tool.end()
PY
# Read afresh: what a daemon knows of a ring stays as it is until the last handle is closed, which takes its time.
stop
start size=64K,lost=mark "$STORE"
py <<'PY'
from maplib import *

for word in range(3, 16):
    path = at("ring%d" % word)
    for name, is_set in (("align", "line"), ("full", "block"), ("eof", "end"), ("lost", "error" if word == 3 else "mark"),
                         ("map", {3: "ro", 4: "rw"}.get(word, "owner"))):
        eq("%s=%d" % (name, word), is_set, get_attr(path, name))
    with open(path, "r+b", 0) as file:
        file.write(b"x")
    eq("the ring with attributes of %d" % word, b"x", read_path(path))
PY
"$RINGCTL" ls "$MNT" > "$T/which"
stop
