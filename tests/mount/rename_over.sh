# SPDX-License-Identifier: MIT
# rename over an existing ring: the name shows the other ring, the old one lives on for those who have it open.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, sys
from ringlib import *
a, b = sys.argv[1] + "/a", sys.argv[1] + "/b"
old, new = Model(65536), Model(65536)
old_writer = os.open(a, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
new_writer = os.open(b, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
for n in range(3000):
    write_all(old_writer, old.write(line(n)))
    write_all(new_writer, new.write(line(10000 + n)))
old_reader, new_reader = os.open(a, os.O_RDONLY), os.open(b, os.O_RDONLY)
ino = os.stat(b).st_ino
os.rename(b, a)
with raises("stat of the name that moved", errno.ENOENT):
    os.stat(b)
eq("the inode number behind the name", ino, os.stat(a).st_ino)
eq("the bytes behind the name", new.live(), read_path(a))
eq("the old ring through its old view", old.live(), read_to_end(old_reader))
eq("the new ring through its old view", new.live(), read_to_end(new_reader))
write_all(old_writer, line(1))
write_all(new_writer, line(2))
eq("the old ring's next line", line(1), os.read(old_reader, 1000))
eq("the new ring's next line", line(2), os.read(new_reader, 1000))
with open(a, "ab", buffering=0) as writer:
    writer.write(line(3))
eq("a line written by name", line(3), os.read(new_reader, 1000))
eq("the old ring got nothing more", b"", os.read(old_reader, 1000))
PY
stop
