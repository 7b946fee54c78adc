# SPDX-License-Identifier: MIT
# stat and fstat give the bytes that are still to be read, to writers and readers alike.
. "$(dirname "$0")/lib.sh"
start policy=bounded,size=64K,align=byte
py << 'PY'
from waitlib import *
path = make("queue")
out, first, second = writer(path), reader(path), reader(path)
written = taken = 0
for n in range(1, 40):
    write_all(out, b"x" * (n * 41))
    written += n * 41
    taken += len(os.read(first if n % 2 else second, n * 29))
    for what, st in (("stat", os.stat(path)), ("fstat of the writer", os.fstat(out)), ("of a reader", os.fstat(second))):
        eq(what, written - taken, st.st_size)
eq("the head", str(written), get_attr(path, "head"))
eq("the tail", str(taken), get_attr(path, "tail"))
eq("readers", "2", get_attr(path, "readers"))
eq("writers", "1", get_attr(path, "writers"))
PY
stop
