# SPDX-License-Identifier: MIT
# While a write to a queue stands still with its disk, those who wait for the queue are killed, and requests for other rings are
# answered.
. "$(dirname "$0")/lib.sh"
need_root "freezes an ext4"
need mkfs.ext4
truncate -s 24M "$T/image"
mkfs.ext4 -q -F "$T/image" > "$T/which" 2>&1
mount -o loop "$T/image" "$STORE" 2> "$T/which" || skip "no loop device or no ext4 here"
SCRATCH+=("$STORE")
start size=64K "$STORE"
py "$STORE" "${DAEMON[$MNT]}" <<'PY'
import fcntl, re, threading
from waitlib import *
store, daemon = sys.argv[2:4]
FIFREEZE, FITHAW = 0xc0045877, 0xc0045878
disk = os.open(store, os.O_RDONLY | os.O_DIRECTORY)
queue = make("queue", policy="bounded")
fd = writer(queue, os.O_SYNC)
write_all(writer(at("other")), line(0))
readers = [read_in(queue, 100) for _ in range(4)]
wait_waiting(queue, len(readers))

def stands_still():
    """Does a thread of the daemon wait for the disk?"""
    for task in os.listdir("/proc/%s/task" % daemon):
        with open("/proc/%s/task/%s/stat" % (daemon, task)) as file:
            if re.sub(r".*\) ", "", file.read())[0] == "D":
                return True
    return False

def ask():
    """Not by another process: one that is being made closes what it has inherited, and asks the daemon for that."""
    for _ in range(50): # until the daemon has heard of the signals
        eq("another ring's bytes", line(0), read_path(at("other")))

signal.signal(signal.SIGTERM, lambda *_: sys.exit(1)) # so that the disk goes on whatever happens
thread = threading.Thread(target=os.write, args=(fd, line(1)))
fcntl.ioctl(disk, FIFREEZE, 0)
try:
    thread.start()
    wait_for("the write to stand still in the daemon", stands_still)
    for reader in readers:
        reader.kill()
    answered = threading.Thread(target=ask)
    answered.start()
    wait_for("answers to others", lambda: not answered.is_alive())
finally:
    fcntl.ioctl(disk, FITHAW, 0)
thread.join()
for reader in readers:
    reader.reap()
PY
stop
