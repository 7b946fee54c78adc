# SPDX-License-Identifier: MIT
# A disk that stands still holds those who write to it, and nobody else: with more of them than the daemon has threads to begin
# with, stat, readdir and reads of the mount are answered; when the disk goes on, every write is there.
. "$(dirname "$0")/lib.sh"
need_root "freezes an ext4"
need mkfs.ext4
truncate -s 24M "$T/image"
mkfs.ext4 -q -F "$T/image" > "$T/which" 2>&1
mount -o loop "$T/image" "$STORE" 2> "$T/which" || skip "no loop device or no ext4 here"
SCRATCH+=("$STORE")
start size=64K "$STORE"
py "$STORE" "${DAEMON[$MNT]}" <<'PY'
import fcntl, os, re, signal, subprocess, sys, threading
from ringlib import *
mount, store, daemon = sys.argv[1:4]
N = 16 # the daemon begins with 10 threads
FIFREEZE, FITHAW = 0xc0045877, 0xc0045878 # not by fsfreeze(8): a child that closes what it inherited asks the daemon, too
disk = os.open(store, os.O_RDONLY | os.O_DIRECTORY)
fds = [os.open("%s/%d" % (mount, n), os.O_WRONLY | os.O_CREAT, 0o644) for n in range(N)]
done = [None] * N
for n, fd in enumerate(fds):
    write_all(fd, line(n))
with open(mount + "/other", "wb", buffering=0) as file:
    file.write(line(0))
reader = os.open(mount + "/other", os.O_RDONLY)

def write_synced(n):
    done[n] = os.write(fds[n], line(N + n))
    os.fsync(fds[n])

def standing_still():
    """How many threads of the daemon wait for the disk."""
    count = 0
    for task in os.listdir("/proc/%s/task" % daemon):
        with open("/proc/%s/task/%s/stat" % (daemon, task)) as file:
            count += re.sub(r".*\) ", "", file.read())[0] == "D"
    return count

signal.signal(signal.SIGTERM, lambda *_: sys.exit(1)) # so that the disk goes on whatever happens
threads = [threading.Thread(target=write_synced, args=(n,)) for n in range(N)]
fcntl.ioctl(disk, FIFREEZE, 0)
try:
    for thread in threads:
        thread.start()
    wait_for("all writers to stand still in the daemon", lambda: standing_still() == N)
    eq("nobody's write is done", [None] * N, done)
    asked = subprocess.run(["timeout", "30", "sh", "-c", 'stat "$1/other" && ls -l "$1" && cat "$1/.ringfs/version"', "sh", mount],
                           stdout=subprocess.PIPE, check=True)
    holds("names and facts", b"other" in asked.stdout and b"ringfs " in asked.stdout)
    eq("another ring's bytes", line(0), os.read(reader, 1000))
finally:
    fcntl.ioctl(disk, FITHAW, 0)
for thread in threads:
    thread.join()
for n in range(N):
    eq("ring %d" % n, line(n) + line(N + n), read_path("%s/%d" % (mount, n)))
PY
stop
