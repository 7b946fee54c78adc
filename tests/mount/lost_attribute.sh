# SPDX-License-Identifier: MIT
# lost set on a ring or its directory counts before the mount's option, also for readers that are open, and can be unset.
. "$(dirname "$0")/lib.sh"
start size=64K,lost=error
py << 'PY'
from waitlib import *
def overrun(path, change=None):
    """What a reader that is overrun gets first."""
    sink = writer(path)
    write_all(sink, line(0))
    fd = reader(path)
    for n in range(1, 3000):
        write_all(sink, line(n))
    if change:
        change()
    try:
        return os.read(fd, 11)
    except BrokenPipeError:
        return "EPIPE"
    finally:
        os.close(fd)


eq("the mount's", "EPIPE", overrun(make("plain")))
eq("the ring's", b"--- ringfs:", overrun(make("ring", lost="mark")))
make_dir("directory", lost="mark")
eq("the directory's", b"--- ringfs:", overrun(make("directory/ring")))
eq("the ring's before the directory's", "EPIPE", overrun(make("directory/other", lost="error")))
path = make("changed")
eq("set while a reader is open", b"--- ringfs:", overrun(path, lambda: set_attr(path, "lost", "mark")))
eq("unset", "EPIPE", overrun(path, lambda: os.removexattr(path, "user.ring.lost")))
eq("what counts", "error", get_attr(path, "lost"))
with raises("no such value", errno.EINVAL):
    set_attr(path, "lost", "maybe")
eq("unchanged", "error", get_attr(path, "lost"))
PY
stop
