# SPDX-License-Identifier: MIT
# sendfile goes into a bounded ring; out of it the kernel would read pages, which consume nothing: sendfile and splice give EINVAL,
# for which programs fall back to read, and a private mapping SIGBUS.
. "$(dirname "$0")/lib.sh"
export T
start policy=bounded,size=256K
py << 'PY'
from waitlib import *
import mmap
path = make("queue", align="byte")
data = b"".join(line(n) for n in range(3000))
out = writer(path)
write_all(out, data)
source = reader(path)
with open(os.environ["T"] + "/copy", "w+b") as file:
    # The kernel does not send from what cannot be sought; programs fall back to read and write.
    with raises("sendfile out of the ring", errno.EINVAL):
        os.sendfile(file.fileno(), source, None, 50000)
    eq("the bytes", data, os.read(source, 1 << 20))
    file.write(data)
    file.flush()
    file.seek(0)
    sent = 0
    with open(path, "wb", buffering=0) as target: # not with O_APPEND
        while sent < len(data):
            sent += os.sendfile(target.fileno(), file.fileno(), None, len(data) - sent)
eq("sendfile into the ring", len(data), os.stat(path).st_size)
end, feed = os.pipe()
with raises("splice out of the ring", errno.EINVAL):
    os.splice(source, feed, 30000)
child = Child(lambda: mmap.mmap(source, 4096, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)[0])
wait_for("the end of who reads a mapping", lambda: state(child.pid) == "Z")
eq("its end", signal.SIGBUS, os.WTERMSIG(os.waitpid(child.pid, 0)[1]))
eq("nothing was consumed by a mapping", len(data), os.stat(path).st_size)
PY
stop
