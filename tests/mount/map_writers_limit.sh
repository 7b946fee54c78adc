# SPDX-License-Identifier: MIT
# Beside the daemon 63 can have a ring mapped for writing; one more is EUSERS, and writes and reads through the mount go on.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
from maplib import *
path = make("ring")
tools = [Tool(path) for _ in range(63)]
eq("one more", "EUSERS", errno_of(lambda: Tool(path)))
tools[62].append("mapped,")
with open(path, "a") as ring:
    ring.write("written,")
reader = Tool(path, "ro")
eq("the bytes", b"mapped,written,", reader.read())
tools[0].end()
wait_for("the place of one that has ended", lambda: errno_of(lambda: tools.append(Tool(path))) is None)
for tool in tools[1:] + [reader]:
    tool.end()
PY
stop
