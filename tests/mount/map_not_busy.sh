# SPDX-License-Identifier: MIT
# A mapped ring does not keep the mount from being unmounted, nor does a hand-over that somebody has given up for longer than it waits.
. "$(dirname "$0")/lib.sh"
unmounts() { fusermount3 -u "$MNT" 2> "$T/which"; }
start size=64K "$STORE"
py "$T/go" <<'PY' &
from maplib import *
tools = [Tool(make("ring")), Tool(at("ring"), "ro")]
tools[0].append("kept")
open(sys.argv[2], "w").close()
for tool in tools:
    wait_for("the end of the mount", lambda: errno_of(lambda: tool.ask("status")))
    eq("the status after an unmount", "ESHUTDOWN", errno_of(lambda: tool.ask("status")))
    eq("what can be read still", b"kept", tool.read())
    eq("and then", "ESHUTDOWN", errno_of(tool.read))
eq("an append after an unmount", "ESHUTDOWN", errno_of(lambda: tools[0].append("no")))
open(sys.argv[2] + ".told", "w").close()
# The store is mounted again, on the same ring: the mapping goes on with it.
wait_for("the next mount", lambda: errno_of(lambda: tools[0].append("again")) is None)
eq("what a mapping of before reads", b"again", tools[1].read())
for tool in tools:
    tool.end()
PY
tool=$!
BG+=("$tool")
wait_for "rings to be mapped" test -e "$T/go"
stop # at the first attempt
wait_for "the processes to be told" test -e "$T/go.told"
start size=64K "$STORE"
stat "$MNT/ring" > "$T/which"
exec 4<"$MNT/ring" # which maps it
wait "$tool" || fail "the processes with a ring mapped"
eq "both mounts' bytes" keptagain "$(cat "$MNT/ring")"
exec 4<&-
stop

# Whoever asks and does not come, or is killed in between, or connects as a stranger again and again.
start size=64K
py <<'PY'
from maplib import *
path = make("ring")
for n in range(50):
    fd = os.open(path, os.O_RDONLY)
    ticket(fd)
    os.close(fd)
killed = []
for n in range(20):
    child = Child(lambda: (ticket(os.open(path, os.O_RDWR)), os.write(1, b""), time.sleep(600)))
    killed.append(child)
for child in killed:
    wait_for("a process to have asked", lambda: child.is_done() or state(child.pid) == "S")
    child.kill()
    child.reap()
PY
wait_for "the invitations to run out" unmounts
ended "$MNT"
