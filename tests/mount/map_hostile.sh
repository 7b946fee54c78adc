# SPDX-License-Identifier: MIT
# Processes that have a ring mapped for writing and put garbage into its header, geometry, locks and file while the daemon serves: every
# request ends, the daemon lives, and another ring keeps every byte. Four seconds, or RINGFS_STRESS_SECONDS.
. "$(dirname "$0")/lib.sh"
scratch_tmpfs "$STORE" 64M
start size=64K "$STORE"
py "${RINGFS_STRESS_SECONDS:-4}" <<'PY'
import random
from maplib import *
seconds = float(sys.argv[2])
end = time.monotonic() + seconds
ALLOWED = {errno.EIO, errno.EAGAIN, errno.EBUSY, errno.ENOSPC, errno.EFBIG, errno.ENXIO, errno.ERANGE, errno.EINVAL, errno.EUSERS,
           errno.EMSGSIZE, errno.ETIMEDOUT, errno.EPERM, errno.ESPIPE, errno.EACCES,
           errno.ECONNREFUSED, errno.ENOMEM,
           errno.ENOENT, errno.EEXIST} # the last two while an attacker makes a new ring
holds("no attacker", os.access(HELPERS + "/map_hostile", os.X_OK))
REQUEST = 20 # seconds that no request may take

def until_end(do, *args):
    """Again and again, each time within the deadline."""
    def body():
        close_opened()
        n = failed = 0
        slowest = 0.0
        while time.monotonic() < end:
            start = time.monotonic()
            try:
                n += 1
                do(n, *args)
            except OSError as error:
                if error.errno not in ALLOWED:
                    fail("%s: %s" % (do.__name__, error))
                failed += 1
            slowest = max(slowest, time.monotonic() - start)
            if slowest > REQUEST:
                fail("%s took %.1f s" % (do.__name__, slowest))
        return do.__name__, n, failed, round(slowest, 1)
    return Child(body)

def use(n, path):
    fd = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    try:
        action = random.randrange(10)
        if action < 3:
            os.write(fd, line(n) * random.choice((1, 10, 1000)))
        elif action < 6:
            os.read(fd, random.choice((10, 65536, 1 << 20)))
        elif action == 6:
            poll_now(fd)
        elif action == 7:
            os.lseek(fd, random.choice((0, 1000, 1 << 40)), random.choice((os.SEEK_DATA, os.SEEK_HOLE)))
        elif action == 8:
            os.ftruncate(fd, 0)
        else:
            os.fsync(fd)
    finally:
        os.close(fd)

def look(n, path):
    os.stat(path)
    for name in "head", "tail", "capacity", "overwritten", "map":
        get_attr(path, name)
    metrics(MNT)
    read_path(MNT + "/.ringfs/version")

def change(n, path):
    time.sleep(0.05)
    action = random.randrange(4)
    if action == 0:
        set_attr(path, "capacity", random.choice(("64K", "128K", "192K")))
    elif action == 1:
        set_attr(path, "eof", random.choice(("wait", "end")))
    elif action == 2:
        os.truncate(path, 0)
    else:
        os.utime(path)

def ask(n, path):
    """Asks for the ring, and comes for it or not."""
    fd = os.open(path, random.choice((os.O_RDONLY, os.O_RDWR)))
    try:
        name = ticket(fd)
        if n % 3 == 0:
            connect(MNT, name).close()
        elif n % 3 == 1:
            sock = connect(MNT, name)
            for got in take(sock):
                os.close(got)
            sock.close()
    finally:
        os.close(fd)

def wait(n, path):
    """Waits in a read or a write until it is killed."""
    child = Child(lambda: (close_opened(), os.read(os.open(path, os.O_RDONLY), 100) if n % 2 else
                           os.write(os.open(path, os.O_WRONLY), b"x" * 30000)))
    time.sleep(random.random() / 10)
    child.kill()
    child.reap()

def innocent():
    """All that is written here comes out, through the file and through a mapping, in order."""
    path = make("innocent", capacity="1M")
    fd, follows = writer(path), reader(path)
    mapped, n, slowest = Tool(path), 0, 0.0
    def do():
        nonlocal n, slowest
        while time.monotonic() < end:
            start = time.monotonic()
            if n % 2:
                write_all(fd, line(n))
            else:
                mapped.append(line(n)[:-1].decode())
                write_all(fd, b"\n")
            eq("the innocent ring", line(n), os.read(follows, 100))
            eq("the innocent mapping", line(n), mapped.read(100))
            slowest = max(slowest, time.monotonic() - start)
            n += 1
        if slowest > REQUEST:
            fail("the innocent ring took %.1f s" % slowest)
        return "innocent", n, 0, round(slowest, 1)
    return do

def attack(n, path):
    """One after the other, each killed in the middle of something."""
    process = subprocess.Popen([HELPERS + "/map_hostile", path, str(n + os.getpid())], preexec_fn=die_with_us)
    time.sleep(random.random())
    process.kill()
    if process.wait() == 3: # a ring that nobody can map any more
        os.unlink(path)
        make(os.path.basename(path), policy="bounded" if "bounded" in path else "overwrite", eof="wait")

children = [Child(innocent())]
for policy in "overwrite", "bounded":
    path = make("hostile-" + policy, policy=policy, eof="wait")
    children += [until_end(do, path) for do in (attack, attack, use, look, change, ask, wait)]
for child in children:
    remaining = end + 4 * REQUEST - time.monotonic()
    wait_end = time.monotonic() + max(remaining, DEADLINE)
    while not child.is_done():
        if time.monotonic() > wait_end:
            fail("a request hangs")
        time.sleep(0.05)
    print("%-10s %7d times, %6d errors, slowest %.1f s" % tuple(child.result()))
for policy in "overwrite", "bounded":
    os.unlink(at("hostile-" + policy))
os.close(os.open(at("after"), os.O_WRONLY | os.O_CREAT))
PY
# Of the spoilt rings it says that they are, and of writers that seemed to have stopped.
noise='\(is damaged\|is no ring\|needs a newer version\|was made by another version .*\|is mapped by a process that has stopped .*\)'
grep -v "^ringfs: the file with inode [0-9]* in the store $noise$" "$T/mnt.err" > "$T/noise" || true
n_lines=$(wc -l < "$T/mnt.err")
((n_lines <= 10 * (2 + ${RINGFS_STRESS_SECONDS:-4} / 10 + 2))) || fail "the daemon said $n_lines lines"
eq "what else the daemon said" "" "$(head -n 5 "$T/noise")"
: > "$T/mnt.err"
unmounts() { fusermount3 -u "$MNT" 2> "$T/which"; }
wait_for "the last hand-overs to be given up" unmounts
ended "$MNT"
