# SPDX-License-Identifier: MIT
# O_TRUNC (`> queue`) keeps what others have put in; truncate(0) and ftruncate(0) throw it away and make room; other lengths are EINVAL.
. "$(dirname "$0")/lib.sh"
start policy=bounded,size=64K,align=byte
py << 'PY'
from waitlib import *
import subprocess
path = make("queue")
fd = writer(path)
write_all(fd, b"a" * 100)
subprocess.run(["bash", "-c", 'echo line > "$1"', "bash", path], check=True)
with open(path, "w") as file:
    file.write("more\n")
eq("the size after two opens with O_TRUNC", 110, os.stat(path).st_size)
with raises("truncate to another length", errno.EINVAL):
    os.truncate(path, 50)
os.truncate(path, 110)
eq("still there", 110, os.stat(path).st_size)
os.truncate(path, 0)
eq("the size after truncate(0)", 0, os.stat(path).st_size)
source = reader(path, os.O_NONBLOCK)
with raises("nothing to read", errno.EAGAIN):
    os.read(source, 10)
write_all(fd, b"b" * 65536)
wait = write_in(path, b"c" * 40)
wait_waiting(path, 1)
os.ftruncate(fd, 0)
eq("the writer that waited", 40, wait.result())
eq("what is there", b"c" * 40, drain(source))
PY
stop
