# SPDX-License-Identifier: MIT
# What is no ring, or on a mount whose daemon has died, cannot be mapped: an errno each, at once.
. "$(dirname "$0")/lib.sh"
start size=64K "$STORE"
py "$T" <<'PY'
from maplib import *
here = sys.argv[2]
path = make("ring")
os.mkdir(at("dir"))
os.mkfifo(at("fifo"))
os.symlink("nowhere", at("dangling"))
open(here + "/plain", "w").write("no ring")
for name, how, wanted in ((at("dir"), "ro", "ENOMSG"), (at("dir"), "rw", "EISDIR"), (at("fifo"), "ro", "ENOMSG"),
                          (at("dangling"), "ro", "ENOENT"), (at("none"), "rw", "ENOENT"), (at("ring/x"), "ro", "ENOTDIR"),
                          (at(".ringfs/metrics"), "ro", "ENOMSG"), (here + "/plain", "rw", "ENOMSG"), ("/dev/null", "rw", "ENOMSG"),
                          (here + "/" + "x" * 300, "ro", "ENAMETOOLONG")):
    eq("attaching %s %s" % (how, name[-30:]), wanted, errno_of(lambda: Tool(name, how)))
PY
py "$T" "${DAEMON[$MNT]}" <<'PY'
from maplib import *
path = at("ring")
tools = [Tool(path), Tool(path), Tool(path, "ro")]
tools[2].sleeps("wait", 600000)
os.kill(int(sys.argv[3]), signal.SIGKILL)
wait_for("the daemon's death", lambda: errno_of(lambda: os.stat(path)) == "ENOTCONN")
eq("a sleeper when the daemon is killed", "ENOTCONN", errno_of(tools[2].answer))
for tool in tools:
    eq("the status", "ENOTCONN", errno_of(lambda: tool.ask("status")))
# The ring itself works on for all who have it mapped.
tools[0].append("from one")
eq("to another", b"from one", tools[1].read())
eq("to one that only reads", b"from one", tools[2].read())
eq("attaching on a dead mount", "ENOTCONN", errno_of(lambda: Tool(path)))
for tool in tools:
    tool.end()
PY
wait "${DAEMON[$MNT]}" 2> "$T/which" || true
unset "DAEMON[$MNT]"
fusermount3 -u "$MNT"
start size=64K "$STORE"
eq "what they wrote without a daemon" "from one" "$(cat "$MNT/ring")"
stop
