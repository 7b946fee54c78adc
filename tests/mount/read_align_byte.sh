# SPDX-License-Identifier: MIT
# align=byte: a view starts at the tail, a full ring shows exactly its capacity, an overrun goes on at the oldest byte.
. "$(dirname "$0")/lib.sh"
start size=64K,align=byte
py <<'PY'
import os, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
model = Model(65536, "byte")
writer = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
write_all(writer, model.write(line(0)))
early = os.open(path, os.O_RDONLY)
eq("five bytes", line(0)[:5], os.read(early, 5))
for n in range(1, 5001):
    write_all(writer, model.write(line(n)))
holds("the tail is inside a line", model.data[model.tail - 1:model.tail] != b"\n")
view = os.open(path, os.O_RDONLY)
eq("the size of a view", 65536, os.fstat(view).st_size)
eq("the bytes", model.live(), read_to_end(view))
eq("after an overrun", model.live(), read_to_end(early))
PY
stop
