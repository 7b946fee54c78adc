# SPDX-License-Identifier: MIT
# A thousand processes that have mapped a ring and gone leave no descriptor, mapping or node in the daemon; nor do those that gave up.
. "$(dirname "$0")/lib.sh"
start size=64K "$STORE"
py "${DAEMON[$MNT]}" <<'PY'
from maplib import *
path, pid = make("ring"), sys.argv[2]

def held():
    with open("/proc/%s/maps" % pid) as maps:
        mapped = sum("/rings/" in text for text in maps)
    return len(os.listdir("/proc/%s/fd" % pid)), mapped, metric(MNT, "ringfs_handles")

def has_few_nodes():
    return metric(MNT, "ringfs_nodes") <= nodes + 1 # the kernel may keep a reader's until the next one opens

nodes = metric(MNT, "ringfs_nodes")
tool = Tool()
def churn(n):
    for how in "rw", "ro":
        tool.ask("churn", n, how, path)
    for n in range(20):
        fd = os.open(path, os.O_RDWR)
        ticket(fd)
        os.close(fd)
    for n in range(20):
        fd = os.open(path, os.O_RDONLY)
        connect(MNT, ticket(fd)).close()
        os.close(fd)

churn(2) # the threads of the first time
wait_for("the invitations to run out", has_few_nodes)
before = held()
churn(500)
wait_for("the daemon to hold no more than before, which was %s" % (before,), lambda: held() == before)
wait_for("the kernel to forget the sockets", has_few_nodes)
tool.end()
PY
stop
