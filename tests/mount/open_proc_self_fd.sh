# SPDX-License-Identifier: MIT
# Opens through /proc/self/fd/N of a reader, a writer and an O_PATH descriptor give the whole ring.
. "$(dirname "$0")/lib.sh"
start size=64K
write_lines 1 5000
expected 65536 > "$T/expected"
exec 3< "$RING" 4>> "$RING" 5<> "$RING"
for fd in 3 4 5; do
	cat "/proc/self/fd/$fd" > "$T/seen"
	same "through /proc/self/fd/$fd" "$T/expected" "$T/seen"
done
py "$T/expected" <<'PY'
import os, sys
from ringlib import *
path, wanted = sys.argv[1] + "/app.log", open(sys.argv[2], "rb").read()
held = os.open(path, os.O_PATH)
for turn in range(3):
    eq("through an O_PATH descriptor", wanted, read_path("/proc/self/fd/%d" % held))
directory = os.open(sys.argv[1], os.O_RDONLY)
fd = os.open("app.log", os.O_RDONLY, dir_fd=directory)
eq("openat", wanted, read_to_end(fd))
PY
exec 3<&- 4>&- 5>&-
stop
