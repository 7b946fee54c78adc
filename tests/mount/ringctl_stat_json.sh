# SPDX-License-Identifier: MIT
# ringctl stat --json is one JSON array whose numbers are those of the ring, errors or not.
. "$(dirname "$0")/lib.sh"
. "$HERE/ctl.sh"
start size=64K
py <<'PY'
import json, os, subprocess, sys
from ringlib import *
os.chdir(sys.argv[1])
ringctl = os.environ["RINGCTL"]

def stat(*paths, status=0):
    run = subprocess.run([ringctl, "stat", "--json", *paths], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    eq("status (%r)" % run.stderr, status, run.returncode)
    return json.loads(run.stdout.decode("utf-8")), run.stderr

model = Model(65536)
writer = os.open("app.log", os.O_WRONLY | os.O_CREAT, 0o644)
reader = os.open("app.log", os.O_RDONLY)
os.read(reader, 10)
os.mkdir("dir")
os.setxattr("dir", "user.ring.capacity", b"3M")
os.setxattr("dir", "user.ring.lost", b"mark")
write_all(writer, model.write(line(0)))
os.read(reader, 10)
for n in range(1, 5000):
    write_all(writer, model.write(line(n)))
read_to_end(reader)
ring = {"path": "app.log", "type": "ring", "capacity": 65536, "policy": "overwrite", "align": "line", "full": "block", "eof": "end",
        "lost": "skip", "map": "owner", "head": model.head, "tail": model.tail, "held": 65536, "overwritten": model.tail,
        "lost_bytes": model.oldest - len(line(0)), "readers": 1, "writers": 1}
found, _ = stat("app.log")
holds("a loss was counted: %d" % found[0]["lost_bytes"], 0 < found[0]["lost_bytes"] < model.oldest)
ring["lost_bytes"] = found[0]["lost_bytes"]
eq("a ring", [ring], found)
eq("the order of its members", list(ring), list(found[0]))
directory = {"path": "dir", "type": "directory", "capacity": 3 << 20, "policy": None, "align": None, "full": None, "eof": None,
             "lost": "mark", "map": None}
found, errors = stat("dir", "nowhere", "app.log", "/", status=1)
eq("those that are there", [directory, ring], found)
eq("the others", b"ringctl: stat: nowhere: No such file or directory\nringctl: stat: /: is not on a ringfs mount\n", errors)
eq("nothing", ([], b"ringctl: stat: nowhere: No such file or directory\n"), stat("nowhere", status=1))
pid = os.fork()
if pid == 0:
    while True:
        write_all(writer, line(7) * 20)
try:
    for _ in range(100):
        now = stat("app.log")[0][0]
        eq("held", now["head"] - now["tail"], now["held"])
        holds("what is held fits while it is written to", 0 <= now["held"] <= now["capacity"])
finally:
    os.kill(pid, 9)
    os.waitpid(pid, 0)
PY
stop
