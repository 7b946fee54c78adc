# SPDX-License-Identifier: MIT
# SEEK_DATA and SEEK_HOLE answer while the ring is given one capacity after the other.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, sys, threading
from ringlib import *
path = sys.argv[1] + "/app.log"
with open(path, "wb") as file:
    file.write(line(1))
end = len(line(1))
done, wrong = threading.Event(), []

def seek():
    fd = os.open(path, os.O_RDONLY)
    while not done.is_set():
        got = os.lseek(fd, 0, os.SEEK_DATA), os.lseek(fd, 0, os.SEEK_HOLE)
        if got != (0, end):
            wrong.append(got)

threads = [threading.Thread(target=seek) for _ in range(3)]
for thread in threads:
    thread.start()
try:
    for n in range(400):
        os.setxattr(path, "user.ring.capacity", b"128K" if n % 2 == 0 else b"64K")
finally:
    done.set()
    for thread in threads:
        thread.join()
eq("other places than the first byte and the end", [], wrong)
PY
stop
