# SPDX-License-Identifier: MIT
# RLIMIT_FSIZE of a writer: the kernel counts its offset, on a log as on a plain file (EFBIG); a queue has none and goes on.
. "$(dirname "$0")/lib.sh"
start size=64K
py <<'PY'
import os, resource, signal, sys
from ringlib import *
os.chdir(sys.argv[1])
os.mkdir("queues")
os.setxattr("queues", "user.ring.policy", b"bounded")
pid = os.fork()
if pid == 0:
    try:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        for flags in (0, os.O_APPEND):
            fd = os.open("log%d" % flags, os.O_WRONLY | os.O_CREAT | flags)
            for _ in range(10):
                write_all(fd, bytes(100))
            with raises("a write behind the limit", errno.EFBIG):
                os.write(fd, b"x")
        fd = os.open("queues/queue", os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK)
        for _ in range(50):
            write_all(fd, bytes(100))
    except BaseException as error:
        print(error, file=sys.stderr)
        os._exit(1)
    os._exit(0)
eq("the limited writer's status", 0, os.waitpid(pid, 0)[1])
eq("sizes", (1000, 1000, 5000), tuple(os.stat(name).st_size for name in ("log0", "log%d" % os.O_APPEND, "queues/queue")))
PY
stop
