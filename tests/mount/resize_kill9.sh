# SPDX-License-Identifier: MIT
# The daemon is killed in the middle of resizes of a ring that is written: after a remount it has the old capacity or the new
# one, every byte of every write that had returned and fits, and no other.
. "$(dirname "$0")/lib.sh"
work() {
	py "$1" << 'PY'
import os, random, sys, threading
from ringlib import *
mount, turn = sys.argv[1], int(sys.argv[2])
path = mount + "/app.log"
random.seed(turn)
dead = (errno.ENOTCONN, errno.ECONNABORTED, errno.EIO)
state = {"line": 0, "bytes": 0, "sizes": [256 << 10], "tail": 0}
fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

def until_dead(function):
    def run():
        try:
            while True:
                function()
        except OSError as error:
            if error.errno not in dead:
                state["error"] = str(error)
        except BaseException as error:
            state["error"] = repr(error)
    return threading.Thread(target=run)

def write():
    n = state["line"]
    write_all(fd, line(n))
    state["line"] = n + 1
    state["bytes"] += len(line(n))

def resize():
    size = random.choice((64, 128, 256, 1024, 8192)) << 10
    state["sizes"] = state["sizes"][-1:] + [size]
    os.setxattr(path, "user.ring.capacity", b"%d" % size)
    # What was beyond the old size until now, or is beyond the new one, has given way: no more (but for a write just under way).
    state["tail"] = max(state["tail"], state["bytes"] - min(state["sizes"]))
    state["n"] = state.get("n", 0) + 1
    if state["n"] == random.randrange(20, 25) or state["n"] == 25:
        with open(os.environ["T"] + "/started", "w") as started:
            started.write("resizes are under way\n")

threads = [until_dead(write), until_dead(resize)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
holds("an error: %s" % state.get("error"), "error" not in state)
print(state["line"], state["tail"], *state["sizes"])
PY
}
export T
for ((turn = 0; turn < 3; turn++)); do
	start size=256K,align=byte "$STORE"
	rm -f "$RING"
	: > "$T/started"
	bg work "$turn" > "$T/last"
	worker=$BGPID
	wait_for "the resizes" has_text "$T/started" way
	daemon=${DAEMON[$MNT]}
	kill -KILL "$daemon"
	wait "$daemon" 2> "$T/which" || true
	wait "$worker" || fail "a writer failed"
	unset "DAEMON[$MNT]"
	fusermount3 -u "$MNT" || fail "cannot unmount after the kill"
	start size=64K,align=byte "$STORE"
	py "$T/last" << 'PY'
import os, sys
from ringlib import *
path = sys.argv[1] + "/app.log"
with open(sys.argv[2]) as file:
    count, given_way, *sizes = map(int, file.read().split())
capacity = int(os.getxattr(path, "user.ring.capacity"))
holds("a capacity of %d, not one of %s" % (capacity, sizes), capacity in sizes)
all_lines = b"".join(line(n) for n in range(count + 1))
returned = len(all_lines) - len(line(count))
head, tail = (int(os.getxattr(path, "user.ring." + name)) for name in ("head", "tail"))
holds("the head is at a write that returned or the one after it", head in (returned, len(all_lines)))
seen = read_path(path)
eq("every byte from the tail", all_lines[tail:head], seen)
# A write that was cut short may cost its own length, and so may one beside a resize.
least = max(given_way, head - min(sizes), 0)
holds("the tail is %d, although only what is below %d had to give way" % (tail, least), tail <= least + 256)
fd = os.open(path, os.O_WRONLY)
write_all(fd, b"more\n")
eq("and it goes on", b"more\n", read_path(path)[-5:])
os.setxattr(path, "user.ring.capacity", b"2M")
eq("and can be resized", (seen + b"more\n")[-65536:], read_path(path)[-65536:])
PY
	stop
	# What the killed one had begun is given back.
	used=$(($(stat -c %b "$STORE/.ringfs/rings/app.log") * 512))
	((used <= (8 << 20) + (256 << 10))) || fail "the store holds $used bytes after turn $turn"
done
